import { z } from "zod";
import type { Plain, PlainBag } from "../../rpc/values.ts";
import { isPlainBag } from "../state.ts";
import { conditionOf, type Readiness, ready, waiting } from "./conditions.ts";

type Rule = (object: PlainBag) => Readiness;

const list = z.array(z.string()).min(1);

/**
 * Reads the annotation `pulumi.com/waitFor`: `condition=Type`, `condition=Type=False`, `jsonpath={.path}`,
 * `jsonpath={.path}=value`, or a JSON list of these, all of which must hold.
 * @throws when it is none of them.
 */
export function waitForRule(text: string): Rule {
  const texts = text.trim().startsWith("[") ? list.parse(JSON.parse(text)) : [text];
  const rules = texts.map(oneRule);
  return (object) => rules.map((rule) => rule(object)).find((readiness) => !readiness.ready) ?? ready;
}

function oneRule(text: string): Rule {
  const condition = /^condition=([^=]+)(?:=(.+))?$/.exec(text.trim());
  if (condition?.[1] !== undefined) return conditionRule(condition[1], condition[2] ?? "True");
  const path = /^jsonpath='?\{(.+?)\}'?(?:=(.*))?$/.exec(text.trim());
  if (path?.[1] !== undefined) return pathRule(path[1], path[2]);
  throw new Error(
    `pulumi.com/waitFor is ${JSON.stringify(text)}; allowed are condition=Type, condition=Type=Status, ` +
      "jsonpath={.path}, jsonpath={.path}=value, or a JSON list of these",
  );
}

function conditionRule(type: string, status: string): Rule {
  return (object) => {
    const found = conditionOf(object, type);
    if (found?.status.toLowerCase() === status.toLowerCase()) return ready;
    return waiting(`condition ${type} is ${found?.status ?? "not there"}, not ${status}`);
  };
}

function pathRule(path: string, expected: string | undefined): Rule {
  const steps = parsePath(path);
  return (object) => {
    const found = at(object, steps);
    if (found !== undefined && found !== null && (expected === undefined || String(found) === expected))
      return ready;
    return waiting(
      `${path} is ${JSON.stringify(found ?? null)}${expected === undefined ? "" : `, not ${expected}`}`,
    );
  };
}

type Step = { key: string } | { index: number } | { where: string; equals: string };

function parsePath(path: string): Step[] {
  const steps: Step[] = [];
  const pattern =
    /\.([\w-]+)|\[(\d+)\]|\[['"]([^'"\]]+)['"]\]|\[\?\(@\.([\w-]+)\s*==\s*['"]([^'"]*)['"]\)\]/gy;
  let end = 0;
  for (let match = pattern.exec(path); match !== null; match = pattern.exec(path)) {
    end = pattern.lastIndex;
    const [, key, index, quoted, where, equals] = match;
    if (where !== undefined) steps.push({ where, equals: equals ?? "" });
    else if (index !== undefined) steps.push({ index: Number(index) });
    else steps.push({ key: key ?? quoted ?? "" });
  }
  if (end !== path.length || steps.length === 0) {
    throw new Error(
      `pulumi.com/waitFor: the sandbox's stand-in cannot read the path ${path}; it knows .key, ["key"], [0] and [?(@.key=="value")]`,
    );
  }
  return steps;
}

function at(object: Plain, steps: readonly Step[]): Plain | undefined {
  let value: Plain | undefined = object;
  for (const step of steps) {
    if ("index" in step) value = Array.isArray(value) ? value[step.index] : undefined;
    else if ("where" in step) {
      value = Array.isArray(value)
        ? value.find((item) => isPlainBag(item) && String(item[step.where]) === step.equals)
        : undefined;
    } else value = isPlainBag(value) ? value[step.key] : undefined;
  }
  return value;
}
