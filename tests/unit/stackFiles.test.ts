/** Every stack file of this repository holds together: what a user copies must not begin with a mistake. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { apps } from "../../apps/index.ts";
import { checkTogether } from "../../stacks/config.ts";
import { readParts } from "../../stacks/values.ts";

const root = join(import.meta.dirname, "..", "..");
const files = readdirSync(root).filter((name) => /^Pulumi\..+\.yaml$/.test(name));
const file = z.object({ config: z.record(z.string(), z.unknown()) });

it.each(files)("%s", (name) => {
  const { config } = file.parse(parse(readFileSync(join(root, name), "utf8")));
  const raw = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      key,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
  const { parts, problems } = readParts(raw);
  expect([...problems, ...checkTogether(parts, apps)]).toEqual([]);
});
