/** The JSON Schema of a stack file, for completion in editors: `make schema` writes it to stacks/schema.json. */
import { writeFileSync } from "node:fs";
import { z } from "zod";
import { referencePage } from "./reference.ts";
import { stackFile } from "./vocabulary.ts";

/** Stack files hold the keys below `config:` and with the project's name before them. */
export function stackFileSchema(): Record<string, unknown> {
  const { properties, $schema } = z.toJSONSchema(stackFile, { io: "input" });
  const keys = Object.entries(properties ?? {}).map(([key, schema]) => [`portolan:${key}`, schema]);
  return {
    $schema,
    title: "A stack file of Portolan",
    type: "object",
    properties: {
      config: {
        type: "object",
        properties: Object.fromEntries(keys),
        required: ["portolan:platform", "portolan:app", "portolan:edge"],
        // Other namespaces (pulumi:, kubernetes:) are not ours to judge.
        patternProperties: { "^(?!portolan:)": true },
        additionalProperties: false,
      },
    },
  };
}

if (import.meta.main) {
  writeFileSync(new URL("../docs/vocabulary.md", import.meta.url), referencePage());
  writeFileSync(new URL("schema.json", import.meta.url), `${JSON.stringify(stackFileSchema(), null, 2)}\n`);
}
