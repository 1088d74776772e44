import { randomInt } from "node:crypto";
import type { Failure } from "../rpc/provider.ts";
import type { PlainBag } from "../rpc/values.ts";

const upper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const lower = "abcdefghijklmnopqrstuvwxyz";
const numeric = "0123456789";
/** The special characters that the random provider documents as its default. */
const special = "!@#$%&*()-_=+[]{}<>:?";

function amount(inputs: PlainBag, key: string): number {
  const value = inputs[key];
  return typeof value === "number" ? value : 0;
}

type CharacterClass = { name: string; enabled: boolean; minimum: number; characters: string };

function classes(inputs: PlainBag): CharacterClass[] {
  const override = inputs.overrideSpecial;
  return [
    { name: "upper", enabled: inputs.upper === true, minimum: amount(inputs, "minUpper"), characters: upper },
    { name: "lower", enabled: inputs.lower === true, minimum: amount(inputs, "minLower"), characters: lower },
    {
      name: "numeric",
      enabled: inputs.numeric === true && inputs.number !== false,
      minimum: amount(inputs, "minNumeric"),
      characters: numeric,
    },
    {
      name: "special",
      enabled: inputs.special === true,
      minimum: amount(inputs, "minSpecial"),
      characters: typeof override === "string" && override !== "" ? override : special,
    },
  ];
}

/** Mistakes between the inputs of a RandomPassword or RandomString. */
export function refuseString(inputs: PlainBag): Failure[] {
  const all = classes(inputs);
  const failures: Failure[] = [];
  const length = amount(inputs, "length");
  const least = all.reduce((sum, { minimum }) => sum + minimum, 0);
  if (!Number.isInteger(length) || length < 1) {
    failures.push({
      property: "length",
      reason: `length is ${length}; it must be a whole number of at least 1`,
    });
  } else if (length < least) {
    failures.push({ property: "length", reason: `length is ${length}, the minima together need ${least}` });
  }
  if (!all.some(({ enabled }) => enabled)) {
    failures.push({
      property: "lower",
      reason: "All of upper, lower, numeric and special are off; turn one on",
    });
  }
  return failures;
}

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}

/** A random text by the rules of a RandomPassword or RandomString, from the system's secure source. */
export function randomText(inputs: PlainBag): string {
  const all = classes(inputs);
  const alphabet = all.map(({ enabled, characters }) => (enabled ? characters : "")).join("");
  const drawn = all.flatMap(({ minimum, characters }) =>
    Array.from({ length: minimum }, () => pick(characters)),
  );
  while (drawn.length < amount(inputs, "length")) drawn.push(pick(alphabet));
  return shuffled(drawn).join("");
}

/** A new array in a random order (Fisher and Yates). */
export function shuffled<Item>(
  items: readonly Item[],
  random: (below: number) => number = randomInt,
): Item[] {
  const rest = [...items];
  const drawn: Item[] = [];
  while (rest.length > 0) drawn.push(...rest.splice(random(rest.length), 1));
  return drawn;
}
