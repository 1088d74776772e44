/** What is known of each resource type: by which id its cloud knows it, so that an interrupted creation can be settled. */
import type { CloudKind } from "../../providers/platform.ts";
import { aws } from "./aws.ts";
import { azure } from "./azure.ts";
import { gcp } from "./gcp.ts";

/** What a resource was asked to be: texts are read, nothing else. */
export type Inputs = Readonly<Record<string, unknown>>;

/**
 * How an interrupted creation of one type is settled.
 *
 * - `id`: the id under which the provider imports it, as its documentation gives it; `{x}` stands for the input `x`, or
 *   for the provider's own setting `x`
 * - `again`: creating it a second time does no harm; the text says why
 * - `find`: only the cloud knows the id: it is looked for among what carries the stack's tags. `look` is the cloud's own
 *   command for a human
 */
export type Rule = { readonly id: string } | { readonly again: string } | { readonly find: Find };

/** `arn` has in its first group what `id` calls `{found}`; without one, only a human can look. */
export interface Find {
  readonly arn?: RegExp;
  /** By the input `name`, which the ARN ends in before six characters of the cloud's; else by the tags. */
  readonly named?: true;
  readonly id?: string;
  readonly look: string;
}

/** Providers that hold nothing outside of the cluster and the state. */
const providersWithout: Readonly<Record<string, string>> = {
  kubernetes: "objects and releases that are there are taken over",
  random: "nothing had been told of the value yet",
  tls: "nothing had been told of the value yet",
  pulumi: "it is in the state alone",
};

const clouds: Readonly<Record<CloudKind, Readonly<Record<string, Rule>>>> = { aws, azure, gcp };

/** The rule of a type; undefined for one that Portolan does not make. */
export function ruleOf(type: string): Rule | undefined {
  const [provider = ""] = type.split(":");
  const again = providersWithout[provider];
  if (again !== undefined) return { again };
  return Object.values(clouds)
    .map((rules) => rules[type])
    .find((rule) => rule !== undefined);
}

/** `template` with each `{x}` filled from the first that has it; undefined when one is missing. */
export function fill(template: string, ...from: readonly Inputs[]): string | undefined {
  let isWhole = true;
  const text = template.replaceAll(/\{(\w+)\}/g, (_, key: string) => {
    const value = from.map((bag) => bag[key]).find((one) => typeof one === "string" && one !== "");
    isWhole &&= value !== undefined;
    return String(value);
  });
  return isWhole ? text : undefined;
}
