/** Mistakes in a stack file: collected, then told all at once. */
import { closest, distance } from "fastest-levenshtein";
import type { z } from "zod";

/** One mistake: the key, the value given, what is allowed and how to mend it. */
export interface Problem {
  readonly key: string;
  readonly value?: unknown;
  readonly allowed: string;
  readonly remedy: string;
}

export class StackFileError extends Error {
  readonly problems: readonly Problem[];
  constructor(problems: readonly Problem[]) {
    super(describe(problems));
    this.name = "StackFileError";
    this.problems = problems;
  }
}

/** The nearest known word, when it is near enough to be what was meant. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const candidate = closest(word.toLowerCase(), [...known]);
  return distance(word.toLowerCase(), candidate.toLowerCase()) <= Math.max(2, word.length / 3)
    ? candidate
    : undefined;
}

export function describe(problems: readonly Problem[]): string {
  const title =
    problems.length === 1
      ? "The stack's configuration has a mistake; nothing was changed."
      : `The stack's configuration has ${problems.length} mistakes; nothing was changed.`;
  return [title, ...problems.map(describeOne)].join("\n\n");
}

/** One mistake as a stack's user reads it. */
export function describeOne(problem: Problem): string {
  const lines = [`  ${problem.key}`];
  if (problem.value !== undefined) lines.push(`    value:   ${show(problem.value)}`);
  lines.push(`    allowed: ${problem.allowed}`, `    remedy:  ${problem.remedy}`);
  return lines.join("\n");
}

/** In one line, cut where it is long. What is below `tenantSecrets` never comes here: `fromIssue` leaves its value out. */
function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}

/** `["tenants", "bhc", "hosts", 0]` as a user writes it: `portolan:tenants.bhc.hosts[0]`. */
export function keyOf(path: readonly PropertyKey[]): string {
  const text = path.map((part) => (typeof part === "number" ? `[${part}]` : `.${String(part)}`)).join("");
  return `portolan:${text.replace(/^\./, "")}`;
}

/** One zod issue as problems: unknown keys give one each. */
export function fromIssue(
  issue: z.core.$ZodIssue,
  input: unknown,
  knownKeys: (path: PropertyKey[]) => string[],
): Problem[] {
  const key = keyOf(issue.path);
  const secret = issue.path[0] === "tenantSecrets";
  const given = secret ? undefined : valueAt(input, issue.path);
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys([...issue.path]);
    return issue.keys.map((name) => unknownKey(keyOf([...issue.path, name]), name, known));
  }
  if (issue.code === "invalid_value") {
    const values = issue.values.map(String);
    const meant = didYouMean(String(given), values);
    return [
      {
        key,
        value: given ?? null,
        allowed: values.join(" | "),
        remedy: meant ? `did you mean \`${meant}\`?` : "choose one of these",
      },
    ];
  }
  if (issue.code === "invalid_union" && typeof issue.discriminator === "string") {
    // The path ends in the discriminator; the kinds to choose from belong to what holds it.
    const kinds = knownKeys(issue.path.slice(0, -1));
    const meant = didYouMean(String(given), kinds);
    return [
      {
        key,
        value: given ?? null,
        allowed: kinds.join(" | "),
        remedy: meant ? `did you mean \`${meant}\`?` : "choose one of these",
      },
    ];
  }
  if (given === undefined && !secret) {
    return [
      {
        key,
        allowed: issue.message.replace(/, received undefined$/, ""),
        remedy: "add this key to the stack file",
      },
    ];
  }
  return [{ key, value: given, allowed: issue.message, remedy: "change the value" }];
}

export function unknownKey(key: string, name: string, known: readonly string[]): Problem {
  const meant = didYouMean(name, known);
  return {
    key,
    allowed: known.join(", "),
    remedy: meant ? `did you mean \`${meant}\`?` : "remove this key, or see docs/vocabulary.md",
  };
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
    input,
  );
}
