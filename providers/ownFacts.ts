/** Reads what only the provider itself wrote among a platform's facts. */
import type * as pulumi from "@pulumi/pulumi";
import { Refusal } from "./mistakes.ts";
import type { PlatformFacts } from "./platform.ts";

type Own = NonNullable<PlatformFacts<pulumi.Input<string>>["own"]>;

/** Throws where a base was made by another version of this provider. */
export function readOwn<K extends string>(
  { own = {}, stack }: PlatformFacts<pulumi.Input<string>>,
  required: readonly K[],
): Own & Readonly<Record<K, pulumi.Input<string>>> {
  if (hasAll(own, required)) return own;
  const missing = required.filter((key) => !(key in own));
  throw new Refusal(
    `the facts of base stack ${stack} lack ${missing.join(", ")}: \`pulumi up\` it with this version first`,
  );
}

/** A fact that a base writes as it stands in its stack file: text, never a promise. */
export function settled(value: pulumi.Input<string> | undefined): string {
  if (typeof value !== "string") throw new Error("a setting in the facts is text, never a promise");
  return value;
}

function hasAll<K extends string>(
  own: Own,
  keys: readonly K[],
): own is Own & Readonly<Record<K, pulumi.Input<string>>> {
  return keys.every((key) => key in own);
}
