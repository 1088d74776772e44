/** A provider's own configuration: what the engine sends, and what of it is a mistake. */
import type { Checked, Failure } from "../../engine/rpc/provider.ts";
import {
  type Bag,
  hasComputed,
  type Plain,
  type PlainBag,
  reveal,
  toPlain,
  withoutNulls,
} from "../../engine/rpc/values.ts";
import type { Cloud } from "./kind.ts";
import type { Shapes } from "./shapes.ts";

// What the engine puts into a provider's own settings.
const engineOwn = new Set(["version", "pluginDownloadURL", "__internal", "parameterization"]);

/** The settings in their own types: an SDK sends everything but texts as JSON in a text. Unknown ones are left out. */
export function configBag(config: Bag): PlainBag {
  const result: PlainBag = {};
  for (const [key, value] of Object.entries(withoutNulls(config))) {
    if (engineOwn.has(key) || hasComputed(value)) continue;
    result[key] = decoded(toPlain(reveal(value)));
  }
  return result;
}

function decoded(value: Plain): Plain {
  if (typeof value !== "string" || !/^(\[|\{|true$|false$)/.test(value)) return value;
  try {
    const parsed: Plain = JSON.parse(value);
    return parsed;
  } catch {
    return value;
  }
}

/** Unknown settings, and what the cloud itself refuses of them. */
export function checkConfig(
  { cloud, shapes, env }: { cloud: Cloud; shapes: Shapes; env: NodeJS.ProcessEnv },
  news: Bag,
): Checked {
  const known = Object.keys(shapes.types[`pulumi:providers:${cloud.provider}`]?.inputs ?? {});
  const failures: Failure[] = Object.keys(withoutNulls(news))
    .filter((key) => !engineOwn.has(key) && !known.includes(key))
    .map((key) => ({
      property: key,
      reason: `The provider ${cloud.provider} has no setting "${key}"; it has ${known.join(", ")}`,
    }));
  if (failures.length === 0) {
    const reasons = cloud.refuseConfig?.(configBag(news), env) ?? [];
    failures.push(...reasons.map((reason) => ({ property: "", reason })));
  }
  return { inputs: news, failures };
}
