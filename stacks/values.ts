/** Reads the `portolan:` keys of a stack's configuration into typed parts, collecting every mistake. */
import { z } from "zod";
import { fromIssue, keyOf, type Problem, unknownKey } from "./problems.ts";
import { type StackFile, stackFile, type TenantConfig, tenant, tenantSlug } from "./vocabulary.ts";

/** Parts that could be read; a part with a mistake is missing, so that the others are still checked. */
export type Parts = Partial<Omit<StackFile, "tenants">> & {
  readonly tenants: Readonly<Record<string, TenantConfig>>;
};

/** `raw`: configuration by full key, values as the engine hands them over: text, or JSON where the file had a map. */
export function readParts(raw: Readonly<Record<string, string>>): { parts: Parts; problems: Problem[] } {
  const problems: Problem[] = [];
  const input = inputOf(raw);
  const shape: Record<string, z.ZodType> = stackFile.shape;
  const known = Object.keys(shape);
  for (const key of Object.keys(input)) {
    if (!known.includes(key)) problems.push(unknownKey(`portolan:${key}`, key, known));
  }
  const parts: Record<string, unknown> = {};
  for (const key of known) {
    if (key === "tenants") continue;
    const schema = shape[key];
    if (!schema) continue;
    const value = read(schema, input[key], [key], problems);
    if (value !== undefined) parts[key] = value;
  }
  const tenants = readTenants(input.tenants, problems);
  // Each part was just parsed by its own schema.
  return { parts: { ...(parts as Partial<StackFile>), tenants }, problems };
}

function readTenants(input: unknown, problems: Problem[]): Record<string, TenantConfig> {
  const tenants: Record<string, TenantConfig> = {};
  const entries = read(z.record(z.string(), z.unknown()).default({}), input, ["tenants"], problems) ?? {};
  for (const [slug, entry] of Object.entries(entries)) {
    const named = tenantSlug.safeParse(slug);
    for (const issue of named.error?.issues ?? []) {
      problems.push({
        key: keyOf(["tenants", slug]),
        value: slug,
        allowed: issue.message,
        remedy: "choose another slug; it names the tenant's namespace and database for good",
      });
    }
    const value = read(tenant, entry, ["tenants", slug], problems);
    if (value !== undefined && named.success) tenants[slug] = value;
  }
  return tenants;
}

function read<T extends z.ZodType>(
  schema: T,
  input: unknown,
  path: PropertyKey[],
  problems: Problem[],
): z.infer<T> | undefined {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  for (const issue of result.error.issues) {
    const placed = { ...issue, path: [...path, ...issue.path] };
    problems.push(...fromIssue(placed, nest(path, input), knownKeys(nest(path, input))));
  }
  return undefined;
}

/** Text is JSON where the stack file had a map or list; everything else stays text, and `requireObject` is not asked. */
function inputOf(raw: Readonly<Record<string, string>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(raw)
      .filter(([key]) => key.startsWith("portolan:"))
      .map(([key, text]) => [key.slice("portolan:".length), parse(text)]),
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function nest(path: readonly PropertyKey[], value: unknown): unknown {
  return path.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
}

interface JsonSchema {
  readonly properties?: Record<string, JsonSchema>;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly items?: JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  readonly const?: unknown;
}

/** Keys allowed at a place, or the kinds to choose from, read off the same JSON Schema that editors use. */
function knownKeys(input: unknown): (path: PropertyKey[]) => string[] {
  return (path) => {
    // The generator's own type is wider than what is walked here.
    let schema = z.toJSONSchema(stackFile, { io: "input" }) as JsonSchema | undefined;
    let value = input;
    for (const part of path) {
      schema = childOf(chosen(schema, value), part);
      value = typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined;
    }
    const member = chosen(schema, value);
    const members = schema?.oneOf ?? schema?.anyOf;
    if (members && member === undefined) return members.map((one) => String(one.properties?.kind?.const));
    return Object.keys(member?.properties ?? {});
  };
}

function chosen(schema: JsonSchema | undefined, value: unknown): JsonSchema | undefined {
  const members = schema?.oneOf ?? schema?.anyOf;
  if (!members) return schema;
  const kind: unknown = typeof value === "object" && value !== null ? Reflect.get(value, "kind") : undefined;
  return members.find((member) => member.properties?.kind?.const === kind);
}

function childOf(schema: JsonSchema | undefined, part: PropertyKey): JsonSchema | undefined {
  const named = schema?.properties?.[String(part)];
  if (named) return named;
  const rest = schema?.additionalProperties;
  return typeof rest === "object" ? rest : schema?.items;
}
