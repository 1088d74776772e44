import { type Fact, gatherFacts } from "./facts.ts";

const marks = { good: "ok  ", note: "note", bad: "BAD " } as const;

/** The facts as lines; the remedy stands below what it mends. */
export function describeFacts(facts: readonly Fact[]): string {
  const width = Math.max(...facts.map((fact) => fact.subject.length));
  const lines = facts.flatMap((fact) => [
    `  ${marks[fact.state]} ${fact.subject.padEnd(width)}  ${fact.has}`,
    ...(fact.remedy === undefined ? [] : [`       ${"".padEnd(width)} → ${fact.remedy}`]),
  ]);
  const bad = facts.filter((fact) => fact.state === "bad").length;
  const end = bad === 0 ? "A drill can run here: make drill" : `${bad} to mend before a drill can run here.`;
  return [...lines, "", end, ""].join("\n");
}

/** `make doctor`: resolves to the exit code. */
export async function doctor(): Promise<number> {
  const facts = await gatherFacts();
  process.stdout.write(describeFacts(facts));
  return facts.some((fact) => fact.state === "bad") ? 1 : 0;
}
