import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";

const lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      optionalDependencies: z.record(z.string(), z.string()).optional(),
      resolved: z.string().optional(),
    }),
  ),
});

function read() {
  const file = join(import.meta.dirname, "..", "..", "package-lock.json");
  return lock.parse(JSON.parse(readFileSync(file, "utf8"))).packages;
}

// `npm install` leaves out what the registry at hand does not have, for instance another system's binaries; `npm ci`
// then refuses every fresh clone.
it("locks the packages of every platform, so that npm ci takes a fresh clone", () => {
  const packages = read();
  const missing = Object.entries(packages).flatMap(([at, one]) =>
    Object.keys(one.optionalDependencies ?? {}).filter((name) => {
      const folders = at
        .split("/node_modules/")
        .map((_, i, all) => all.slice(0, all.length - i).join("/node_modules/"));
      const places = [...folders.map((folder) => `${folder}/node_modules/${name}`), `node_modules/${name}`];
      return !places.some((place) => place in packages);
    }),
  );
  expect(missing).toEqual([]);
});

it("names no registry", () => {
  expect(Object.values(read()).filter((one) => one.resolved !== undefined)).toEqual([]);
});
