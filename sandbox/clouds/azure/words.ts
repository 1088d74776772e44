/** Ids, names and rules that most of Azure Resource Manager shares. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import { type Kind, type Making, Refused, type Rule, type Settings, type World } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { t } from "./types.ts";

export { tenant } from "../backend/azure/names.ts";

// Nobody has it: where the configuration names none.
export const subscription = "99999999-0000-4000-8000-000000000001";

/** The text of an input. */
export function given({ inputs }: { inputs: PlainBag }, key: string): string {
  return textOf(inputs, key);
}

/** A UUID that is the same for the same parts. */
export function uuid(...parts: readonly string[]): string {
  const digits = digest(32, ...parts);
  return digits.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12})$/, "$1-$2-4$3-8$4-$5");
}

/** `/subscriptions/<id>/resourceGroups/<name>`. */
export function groupId({ account }: Settings, name: string): string {
  return `/subscriptions/${account}/resourceGroups/${name}`;
}

/** Id of what is in the resource group of the inputs; `parts` as `Microsoft.Network/virtualNetworks`, name, `subnets`, name. */
export function armId(world: Settings, inputs: PlainBag, ...parts: readonly string[]): string {
  return `${groupId(world, textOf(inputs, "resourceGroupName"))}/providers/${parts.join("/")}`;
}

/** Name of what has an id: its last part. */
export function lastPart(id: string): string {
  return id.split("/").at(-1) ?? "";
}

/** `Microsoft.Network/virtualNetworks/subnets` of an id. */
export function typeOfId(id: string): string {
  const [, rest] = id.split(/\/providers\/(?!.*\/providers\/)/);
  if (rest === undefined) return "Microsoft.Resources/resourceGroups";
  const [space = "", ...parts] = rest.split("/");
  return [space, ...parts.filter((_, at) => at % 2 === 0)].join("/");
}

/** What every tracked resource has: a group that must exist and goes with everything in it, and a place. */
export const tracked = {
  resourceGroupName: { refers: { to: t.resourceGroup, by: ["name"], atDelete: "leave" }, replaces: true },
  location: { replaces: true },
} as const satisfies Readonly<Record<string, Rule>>;

/** The same without a place of its own: a part of something. */
export const part = { resourceGroupName: tracked.resourceGroupName } as const;

/** The name of what something is a part of, in the same resource group, and with which it goes. */
export function partOf(type: string): Rule {
  const refers = { to: type, by: ["name"], within: "resourceGroupName", atDelete: "cascade" } as const;
  return { refers, replaces: true };
}

/** A name by the rules of Azure Resource Manager; a change of it makes a new resource. */
export function named(pattern: RegExp, says: string, most: number): Rule {
  return { pattern, says, range: [1, most], replaces: true };
}

/** Letters, digits, `.`, `_` and `-`, as most of the network's names. */
export function usualName(most: number): Rule {
  return named(
    /^[A-Za-z0-9]([\w.-]*\w)?$/,
    "letters, digits, . _ and -, and end in a letter, digit or _",
    most,
  );
}

/** The naming of a tracked resource within its group. */
export function inGroup(property: string, limit: number): NonNullable<Kind["naming"]> {
  return {
    property,
    scope: "account",
    within: "resourceGroupName",
    auto: { limit },
    taken: "cannot create already existing resource",
  };
}

/** Where a service of several records can be named by id: the one that the inputs name. */
export function found(world: World, type: string, key: string, value: string): CloudRecord | undefined {
  return world.store.living([type]).find((record) => record.outputs[key] === value);
}

const busy = new Set<string>();

/**
 * Works on something that takes one change at a time. @throws Refused while another change is under way; `retry` where the
 * real provider asks again
 */
export async function alone<Result>(
  id: string,
  code: string,
  retry: boolean,
  work: () => Promise<Result>,
): Promise<Result> {
  if (busy.has(id)) throw new Refused(`${code}: another change of "${id}" is under way`, retry);
  busy.add(id);
  try {
    return await work();
  } finally {
    busy.delete(id);
  }
}

/** An output that repeats an input under another key. */
export function input(key: string): (making: Making) => string {
  return (making) => given(making, key);
}
