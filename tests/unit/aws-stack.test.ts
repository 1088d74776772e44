/** The stack files for AWS through the whole program: what a tenant has, and what it waits for. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { parse } from "yaml";
import { apps } from "../../apps/index.ts";
import { readStack } from "../../stacks/config.ts";
import { deploy, type StackOutputs } from "../../stacks/deploy.ts";
import { simulate } from "./aws-fixtures.ts";
import { type Run, run } from "./harness.ts";
import { attached } from "./machine-fixtures.ts";

// The cluster of these tests has no address; behind a proxy nobody asks it.
beforeAll(() => {
  vi.stubEnv("HTTPS_PROXY", "http://proxy.example.com");
});
afterAll(() => {
  vi.unstubAllEnvs();
});

function deployed(name: string, acme: object = {}): Promise<Run<StackOutputs>> {
  const file = fileURLToPath(new URL(`../../Pulumi.${name}.yaml`, import.meta.url));
  const { config } = parse(readFileSync(file, "utf8"));
  Object.assign(config["portolan:tenants"].acme ?? {}, acme);
  const text = Object.entries(config).map(([key, value]) => [key, JSON.stringify(value)]);
  return run(
    async () => {
      simulate();
      return deploy(await readStack(apps, attached));
    },
    { stack: name, config: Object.fromEntries(text) },
  );
}

describe.each([
  ["us-prod", "acme"],
  ["drill-aws", "bhc"],
])("%s", (name, slug) => {
  let stack: Run<StackOutputs>;
  beforeAll(async () => {
    stack = await deployed(name);
  }, 30_000);

  it("costs at most 30 custom resources a tenant", () => {
    const own = stack.custom.filter(({ urn }) => urn.split("::").at(-1)?.startsWith(`${slug}-`));
    expect(own.length).toBeGreaterThan(8);
    expect(own.length).toBeLessThanOrEqual(30);
  });

  it("names a provider for every resource: none is made by whoever happens to be logged in", () => {
    const strays = stack.custom.filter(
      ({ type, options }) =>
        /^(aws|kubernetes):/.test(type) && !/::platform-(aws|cluster)::/.test(options.provider),
    );
    expect(strays.map(({ urn }) => urn)).toEqual([]);
  });

  it("installs the application after what its pods need before they start", () => {
    const release = stack.find("kubernetes:helm.sh/v3:Release", `${slug}-app-release`);
    const needed = stack.custom.filter(({ type }) =>
      /^aws:(eks\/podIdentityAssociation|elasticache\/userGroupAssociation|s3\/bucketPolicy)/.test(type),
    );
    const mine = needed.filter(({ name: one }) => one.startsWith(`${slug}-`)).map(({ urn }) => urn);
    expect(release.options.dependsOn).toEqual(expect.arrayContaining(mine));
  });
});

describe("the outputs", () => {
  const retained = async (name: string) => {
    const { platform } = (await deployed(name)).result;
    return new Promise<readonly string[]>((resolve) => platform.apply((found) => resolve(found.retained)));
  };

  it("say what a destroy leaves of the stack as it is now", async () => {
    const told = await retained("us-prod");
    expect(told).toContain(
      "the KMS key stays: what stays of database, cache, buckets and shared volumes is encrypted with it",
    );
    for (const word of [/^roles that AWS made/, /^the database stays/, /^write-once keys stay/])
      expect(told).toContainEqual(expect.stringMatching(word));
    expect(await retained("drill-aws")).toContain(
      "the KMS key waits seven days for its deletion, and opens nothing meanwhile",
    );
  });
});

describe("production", () => {
  it("keeps write-once keys and namespaces, and protects them", async () => {
    const { custom } = await deployed("us-prod");
    const kept = custom.filter(({ options }) => options.protect).map(({ name }) => name);
    expect(kept).toEqual(
      expect.arrayContaining(["platform-postgres", "platform-eks", "platform-key", "platform-shared"]),
    );
    expect(kept).toContain("acme-namespace");
  });

  it("lets go of one tenant alone, whose entry says so", async () => {
    const { custom } = await deployed("us-prod", { lifecycle: "disposable" });
    const kept = custom.filter(({ options: { protect, retainOnDelete } }) => protect || retainOnDelete);
    const names = kept.map(({ name }) => name);
    expect(names).toContain("bhc-namespace");
    expect(names.filter((name) => name.startsWith("acme-"))).toEqual([]);
    expect(names).toContain("platform-postgres");
    const account = (slug: string) =>
      custom.find(({ name }) => name === `${slug}-database-release`)?.inputs.values;
    expect(account("acme")).toMatchObject({ dropOnDelete: true });
    expect(account("bhc")).toMatchObject({ dropOnDelete: false });
  });
});
