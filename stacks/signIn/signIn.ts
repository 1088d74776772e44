/** Whether an `up` could sign in to a cloud from here: said before the run, instead of after a quarter of an hour. */
import type { Problem } from "../problems.ts";
import { isAttached, type Machine } from "./machine.ts";

/** What a cloud's provider, and the kubeconfig of its clusters, look for on a machine. Nothing is called. */
export interface SignIn {
  /** The cloud as people call it. */
  readonly cloud: string;
  /** `portolan:platform.kind`. */
  readonly kind: string;
  /** The provider's name in the engine. */
  readonly plugin: string;
  /** What would sign in, told in one sentence. */
  readonly ways: string;
  /** The command that mends it. */
  readonly remedy: string;
  /** Undefined when something is there to sign in with; else what there is of it, and what it lacks. */
  lacks(machine: Machine): string | undefined;
  /** Commands that must be on PATH: those the kubeconfig calls, and what these call in turn. */
  commands(machine: Machine): readonly Command[];
}

export interface Command {
  readonly name: string;
  readonly why: string;
  readonly remedy: string;
  /** Called only by the real thing: a provider that is attached brings a kubeconfig that does without. */
  readonly signsIn: boolean;
}

/** Everything that is missing, at once. */
export function checkSignIn(signIn: SignIn, machine: Machine): Problem[] {
  const attached = isAttached(machine, signIn.plugin);
  const lacks = attached ? undefined : signIn.lacks(machine);
  const missing = signIn
    .commands(machine)
    .filter(({ name, signsIn }) => !(attached && signsIn) && !machine.runs(name));
  const key = "portolan:platform.kind";
  return [
    ...(lacks === undefined
      ? []
      : [
          {
            key,
            value: signIn.kind,
            allowed: `a machine that is signed in to ${signIn.cloud}: ${signIn.ways}; here: ${lacks}`,
            remedy: signIn.remedy,
          },
        ]),
    ...missing.map(({ name, why, remedy }) => ({
      key,
      value: signIn.kind,
      allowed: `\`${name}\` on PATH: ${why}`,
      remedy,
    })),
  ];
}
