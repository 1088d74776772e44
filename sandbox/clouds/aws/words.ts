/** Names and ids as AWS writes them. */
import type { Plain, PlainBag } from "../../engine/rpc/values.ts";
import type { Making, Settings } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf } from "../core/paths.ts";

/** `us-gov-` and `cn-` regions are partitions of their own. */
export function partitionOf(region: string): string {
  return region.startsWith("us-gov-") ? "aws-us-gov" : region.startsWith("cn-") ? "aws-cn" : "aws";
}

export function dnsSuffixOf(region: string): string {
  return region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
}

/** `arn:aws:service:region:account:rest`; a global service leaves region (and some the account) out. */
export function arn(
  { region, account }: Settings,
  service: string,
  rest: string,
  parts: "both" | "account" | "none" = "both",
): string {
  const place = parts === "both" ? region : "";
  return `arn:${partitionOf(region)}:${service}:${place}:${parts === "none" ? "" : account}:${rest}`;
}

let counter = 0;

/** A new random id such as `vpc-0a1b...`: 17 hexadecimal digits. */
export function freshId(prefix: string): string {
  counter += 1;
  return `${prefix}-0${digest(16, String(process.pid), String(Date.now()), String(Math.random()), String(counter))}`;
}

/** A fresh UUID that is the same for the same parts. */
export function uuid(...parts: readonly string[]): string {
  const digits = digest(32, ...parts);
  const [a, b, c, d, e] = [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ].map(([from, to]) => digits.slice(from, to));
  return `${a}-${b}-${c}-${d}-${e}`;
}

/** The account's own part of RDS and ElastiCache host names in a region, e.g. `c9akciq32rgt`. */
export function hostPart({ account, region }: Settings): string {
  return `c${digest(11, account, region)}`;
}

/** An output that repeats an input or another output. */
export function same(key: string): (making: Making) => Plain | undefined {
  return ({ outputs }) => outputs[key];
}

/** The text of an input. */
export function given({ inputs }: { inputs: PlainBag }, key: string): string {
  return textOf(inputs, key);
}

/** A time, given in ms since 1970, as AWS writes it. */
export function time(ms: number): string {
  return new Date(ms).toISOString();
}
