/** Chart values laid over one another, as Helm does: maps are merged, everything else is replaced. */
import { Output } from "@pulumi/pulumi";
import type { ChartValues } from "../apps/app.ts";
import type { Image } from "../providers/platform.ts";

export function mergeValues(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): ChartValues {
  const merged: ChartValues = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isMap(below) && isMap(value) ? mergeValues(below, value) : value;
  }
  return merged;
}

/** As every chart of this repository spells an image. */
export function imageValues({ repository, tag }: Image): Record<string, string> {
  return tag ? { repository, tag } : { repository };
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !Output.isInstance(value);
}
