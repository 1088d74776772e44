/** docs/vocabulary.md, made from the same schemas that parse a stack file: `make schema`. */
import { z } from "zod";
import { stackFile } from "./vocabulary.ts";

interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Record<string, Node>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly items?: Node;
  readonly oneOf?: readonly Node[];
  readonly anyOf?: readonly Node[];
}

/** The whole page. */
export function referencePage(): string {
  // The generator's own type is wider than what is read here.
  const root = z.toJSONSchema(stackFile, { io: "input" }) as Node;
  const sections = Object.entries(root.properties ?? {}).map(([key, node]) => section(key, node));
  return [
    "# Vocabulary of a stack file",
    "",
    "Made by `make schema` from `stacks/vocabulary.ts`. Each key stands below `config:` as `portolan:<key>`. Unknown keys are errors. `stacks/schema.json` gives completion in editors.",
    "",
    ...sections,
  ].join("\n");
}

function section(key: string, node: Node): string {
  const members = node.oneOf ?? node.anyOf;
  const body = members ? members.map((member) => kind(key, member)).join("\n") : table(node);
  return `## portolan:${key}\n${node.description ?? ""}\n\n${body}\n`;
}

function kind(key: string, node: Node): string {
  const name = String(node.properties?.kind?.const);
  return `### ${key} kind \`${name}\`\n\n${table(node)}`;
}

function table(node: Node): string {
  const rows = rowsOf(node, "");
  if (rows.length === 0) return "";
  return `| key | value | default | |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

function rowsOf(node: Node, prefix: string): string[] {
  const required = new Set(node.required ?? []);
  const own = Object.entries(node.properties ?? {})
    .filter(([key]) => key !== "kind" || node.properties?.kind?.const === undefined)
    .flatMap(([key, child]) => [
      row(`${prefix}${key}`, child, required.has(key)),
      ...rowsOf(child, `${prefix}${key}.`),
    ]);
  const rest =
    typeof node.additionalProperties === "object"
      ? rowsOf(node.additionalProperties, `${prefix}<name>.`)
      : [];
  return [...own, ...rest];
}

function row(key: string, node: Node, required: boolean): string {
  const fallback =
    node.default === undefined ? (required ? "required" : "") : `\`${JSON.stringify(node.default)}\``;
  return `| \`${key}\` | ${typeOf(node)} | ${fallback} | ${node.description ?? ""} |`;
}

function typeOf(node: Node): string {
  if (node.enum) return node.enum.map((value) => `\`${String(value)}\``).join(", ");
  if (node.type === "array") return `list of ${node.items?.type ?? "values"}`;
  if (node.type === "object") return "map";
  return node.type ?? "any";
}
