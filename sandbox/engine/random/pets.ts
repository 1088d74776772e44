import { randomInt } from "node:crypto";

const animals = [
  "badger",
  "crane",
  "dolphin",
  "eagle",
  "falcon",
  "gecko",
  "heron",
  "ibis",
  "jackal",
  "koala",
  "lynx",
];
const qualities = [
  "able",
  "brave",
  "calm",
  "deft",
  "eager",
  "fair",
  "glad",
  "keen",
  "loyal",
  "merry",
  "noble",
  "quick",
];
const manners = [
  "boldly",
  "calmly",
  "deeply",
  "fairly",
  "gently",
  "kindly",
  "mostly",
  "openly",
  "safely",
  "truly",
];

function pick(words: readonly string[]): string {
  return words[randomInt(words.length)] ?? "";
}

/** Words of a pet name: manners, a quality, an animal. Fewer words than the real provider has: more repeats. */
export function petName(length: number): string[] {
  const front = Array.from({ length: Math.max(0, length - 2) }, () => pick(manners));
  return [...front, ...(length >= 2 ? [pick(qualities)] : []), pick(animals)];
}
