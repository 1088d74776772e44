import { shortName } from "../../stacks/exportedState.ts";
import type { Settled } from "./index.ts";
import { notThere } from "./plan.ts";

/** What is shown after `make mend`: a line for each interrupted creation, and what is to be done next. */
export function describe(stack: string, settled: readonly Settled[]): string {
  if (settled.length === 0) return `Stack ${stack}: no creation was interrupted. Nothing to mend.`;
  const lines = settled.flatMap((one) => [
    `  ${one.outcome.padEnd(12)}  ${line(one)}`,
    ...further(stack, one),
  ]);
  const open = settled.some(({ outcome }) => outcome === "yours to say");
  const next = open
    ? "Nothing was changed yet."
    : `Now: pulumi preview --stack ${stack}, and pulumi up --stack ${stack}`;
  return [
    `Stack ${stack}: ${settled.length} ${settled.length === 1 ? "creation was" : "creations were"} interrupted.`,
    ...lines,
    next,
  ].join("\n");
}

function line(one: Settled): string {
  const name = shortName(one.resource);
  if (one.kind === "adopt") return `${name} (${one.id})`;
  return one.kind === "forget" ? `${name}: ${one.why}` : name;
}

function further(stack: string, one: Settled): string[] {
  if (one.kind === "adopt" || one.kind === "forget") return [];
  const pad = " ".repeat(16);
  const look = one.look === undefined ? [] : [`${pad}look: ${one.look}`];
  const ids = one.ids.join(", ");
  if (one.kind === "left")
    return [
      `${pad}made again since; what was made first is nobody's: ${ids}`,
      ...look,
      `${pad}delete it yourself, and run make mend STACK=${stack} again`,
    ];
  return [
    ids === "" ? `${pad}only the cloud knows its id` : `${pad}it may be any of ${ids}`,
    ...look,
    `${pad}then: make mend STACK=${stack} IDS='${shortName(one.resource)}=ID', or ${notThere} for the ID when it is not there`,
  ];
}

/** Ids by short name, as `IDS` gives them: `type::name=id`, several with spaces between. @throws for another form */
export function readIds(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    text
      .split(/\s+/)
      .filter((word) => word !== "")
      .map((word) => {
        const [, name, id] = /^([^=]+::[^=]+)=(.+)$/.exec(word) ?? [];
        if (name === undefined || id === undefined)
          throw new Error(
            `IDS=${word}: type::name=id; for example: IDS='aws:efs/mountTarget:MountTarget::platform-shared-0=fsmt-0123'`,
          );
        return [name, id] as const;
      }),
  );
}
