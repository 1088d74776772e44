/** What is to be done about each interrupted creation: a pure function of the state and of what the cloud has. */
import { interrupted, isUnread, type Resource, type State, shortName } from "../../stacks/exportedState.ts";
import { type Find, fill, type Inputs, type Rule, ruleOf } from "./rules.ts";
import { providerOf, standing } from "./state.ts";

/** A thing in the cloud that carries the stack's tags. */
export interface Thing {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** What the cloud told. */
export interface Found {
  readonly things: readonly Thing[];
  readonly subscriptionId: string | undefined;
}

/**
 * - `adopt`: ask the cloud for it under this id, and take it over if it is there
 * - `forget`: nothing to look for; the next `pulumi up` does what is left to do
 * - `ask`: a human must say; `ids` are those that it may be
 * - `left`: made a second time since; the first stands in the cloud and belongs to nobody
 */
export type Step = { readonly resource: Resource } & (
  | { readonly kind: "adopt"; readonly id: string }
  | { readonly kind: "forget"; readonly why: string }
  | { readonly kind: "ask"; readonly ids: readonly string[]; readonly look: string | undefined }
  | { readonly kind: "left"; readonly ids: readonly string[]; readonly look: string | undefined }
);

/** How somebody says that a thing is not there. */
export const notThere = "none";

/** The resources for which the cloud has to be asked something: what carries their tags, or which subscription it is. */
export function searched(state: State): Resource[] {
  const { subscriptionId } = contextOf(state);
  return interrupted(state).filter((resource) => {
    const rule = ruleOf(resource.type);
    if (isUnread(resource) || rule === undefined) return false;
    const isNamed = "id" in rule && rule.id.includes("{subscriptionId}");
    return arnOf(rule) !== undefined || (isNamed && subscriptionId === undefined);
  });
}

function arnOf(rule: Rule | undefined): RegExp | undefined {
  return rule !== undefined && "find" in rule ? rule.find.arn : undefined;
}

/** `given`: ids that somebody named, by the resource's short name. */
export function plan(state: State, found: Found, given: Readonly<Record<string, string>>): readonly Step[] {
  return interrupted(state).map((resource) => step(state, resource, found, given[shortName(resource)]));
}

function step(state: State, resource: Resource, found: Found, said: string | undefined): Step {
  if (isUnread(resource)) return { resource, kind: "adopt", id: resource.id };
  if (said === notThere) return { resource, kind: "forget", why: "you said that it is not there" };
  if (said !== undefined) return { resource, kind: "adopt", id: said };
  const rule = ruleOf(resource.type);
  const now = standing(state, resource.urn);
  if (rule === undefined) return { resource, kind: "ask", ids: [], look: undefined };
  if ("again" in rule) return { resource, kind: "forget", why: rule.again };
  const settings = providerOf(state, resource)?.inputs ?? {};
  const known: Inputs[] = [resource.inputs, settings, contextOf(state), { ...found }];
  if ("find" in rule) return byTags({ state, resource, now, known }, rule.find, found.things);
  const id = fill(rule.id, ...known);
  // Two things cannot have one name: what the state has by now is all there is.
  if (now !== undefined) return { resource, kind: "forget", why: "it was made since" };
  return id === undefined
    ? { resource, kind: "ask", ids: [], look: `its id is ${partly(rule.id, known)}` }
    : { resource, kind: "adopt", id };
}

/** An id as far as it is known: what is missing stays as `{x}`. */
function partly(template: string, known: readonly Inputs[]): string {
  return template.replaceAll(/\{\w+\}/g, (hole) => fill(hole, ...known) ?? hole);
}

function byTags(
  at: { state: State; resource: Resource; now: Resource | undefined; known: readonly Inputs[] },
  { arn, named, id: template = "{found}", look }: Find,
  things: readonly Thing[],
): Step {
  const { state, resource, now, known } = at;
  const command = fill(look, ...known);
  const isIt = named ? hasName(resource) : hasTags(resource);
  if (arn === undefined || isIt === undefined) return { resource, kind: "ask", ids: [], look: command };
  const taken = new Set(state.deployment.resources.map((one) => one.id));
  const ids = things.flatMap((thing) => {
    const found = arn.exec(thing.arn)?.[1];
    const id = found !== undefined && isIt(thing) ? fill(template, { found }, ...known) : undefined;
    return id === undefined || taken.has(id) || taken.has(found) ? [] : [id];
  });
  const [first, ...others] = ids;
  if (now !== undefined)
    return first === undefined
      ? { resource, kind: "forget", why: "it was made since" }
      : { resource, kind: "left", ids, look: command };
  if (first === undefined) return { resource, kind: "forget", why: "nothing in the cloud carries its tags" };
  return others.length === 0
    ? { resource, kind: "adopt", id: first }
    : { resource, kind: "ask", ids, look: command };
}

/** Whether a thing carries every tag that was asked for; undefined where none was, which would be said of anything. */
function hasTags({ inputs: { tags } }: Resource): ((thing: Thing) => boolean) | undefined {
  const wanted = typeof tags === "object" && tags !== null ? Object.entries(tags) : [];
  return wanted.length === 0
    ? undefined
    : (thing) => wanted.every(([key, value]) => thing.tags[key] === value);
}

function hasName({ inputs: { name } }: Resource): ((thing: Thing) => boolean) | undefined {
  return typeof name === "string"
    ? ({ arn }) => arn.slice(0, -"-123456".length).endsWith(`:${name}`)
    : undefined;
}

/** What ids need and no input has: the subscription is part of every id in the state; the stack's tag is the provider's. */
function contextOf({ deployment }: State): Inputs {
  const ids = deployment.resources.map(({ id = "" }) => /^\/subscriptions\/([^/]+)\//.exec(id)?.[1]);
  const subscriptionId = ids.find((found) => found !== undefined);
  const stack = deployment.resources.map(stackTag).find((found) => found !== undefined);
  return { ...(subscriptionId ? { subscriptionId } : {}), ...(stack ? { stack } : {}) };
}

/** The stack that a provider of AWS tags everything with: a cell's is its base's. */
export function stackTag({ type, inputs }: Resource): string | undefined {
  if (type !== "pulumi:providers:aws") return undefined;
  return /"portolan:stack"\s*:\s*"([^"]+)"/.exec(
    JSON.stringify(inputs.defaultTags).replaceAll('\\"', '"'),
  )?.[1];
}
