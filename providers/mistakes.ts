/** What is wrong with something that the user brought, in the words of a stack file's mistakes. */
import * as pulumi from "@pulumi/pulumi";

/**
 * Ends the run in its own words alone. What an output fails with gets the name of every property on its way put before
 * its message by the SDK (serializeProperties), four of them for a kubeconfig, and they tell the user nothing.
 */
export class Refusal extends pulumi.RunError {
  constructor(text: string) {
    super(text);
    Object.defineProperty(this, "message", { get: () => text, set: () => undefined });
  }
}

export interface Mistake {
  /** Below `portolan:platform`. */
  readonly key: string;
  readonly value: unknown;
  readonly allowed: string;
  readonly remedy: string;
}

export function mistakeText(mistake: Mistake): string {
  return textOf(`platform.${mistake.key}`, mistake);
}

/** Of a tenant's entry, which is only known to be wrong when the platform's facts are there. */
export interface TenantMistake {
  /** Below `portolan:tenants.<slug>`; none: the entry itself. */
  readonly key?: string;
  readonly value?: unknown;
  readonly allowed: string;
  readonly remedy: string;
}

/** Ends the run, a preview too. */
export function refuseTenant(slug: string, mistake: TenantMistake): never {
  const key = ["tenants", slug, ...(mistake.key ? [mistake.key] : [])].join(".");
  throw refusalOf([textOf(key, mistake)]);
}

/** Ends the run, a preview too, with all of them at once; nothing when there are none. */
export function refuse(mistakes: readonly Mistake[]): void {
  if (mistakes.length > 0) throw refusalOf(mistakes.map(mistakeText));
}

/** Of a cell that is said to be elsewhere. By key: what its stack file says, and what its base's facts say. */
export function refuseElsewhere(
  places: Readonly<Record<string, readonly [said: string, base: unknown]>>,
): void {
  refuse(
    Object.entries(places).flatMap(([key, [value, base]]) =>
      value === base ? [] : [{ key, value, allowed: String(base), remedy: "a cell is where its base is" }],
    ),
  );
}

/** Some mistakes only show once the run has begun to ask the cloud. */
function refusalOf(texts: readonly string[]): Refusal {
  const count = texts.length === 1 ? "a mistake" : `${texts.length} mistakes`;
  const heading = `The stack's configuration has ${count}; nothing that hangs on it was made.`;
  return new Refusal([heading, ...texts].join("\n\n"));
}

function textOf(key: string, { value, allowed, remedy }: Omit<TenantMistake, "key">): string {
  return [
    `  portolan:${key}`,
    ...(value === undefined ? [] : [`    value:   ${JSON.stringify(value)}`]),
    `    allowed: ${allowed}`,
    `    remedy:  ${remedy}`,
  ].join("\n");
}
