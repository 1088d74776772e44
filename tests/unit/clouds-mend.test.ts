/** What `make mend` knows of each resource type, held against the simulated clouds and the providers' documentation. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { aws } from "../../ops/mend/aws.ts";
import { azure } from "../../ops/mend/azure.ts";
import { gcp } from "../../ops/mend/gcp.ts";
import { type Found, plan } from "../../ops/mend/plan.ts";
import { AwsPlatform } from "../../providers/aws/platform.ts";
import { AzurePlatform } from "../../providers/azure/platform.ts";
import { GcpPlatform } from "../../providers/gcp/platform.ts";
import type { CloudName } from "../../sandbox/clouds/core/backend.ts";
import { cloudProviders } from "../../sandbox/engine/plugins.ts";
import type { Bag } from "../../sandbox/engine/rpc/values.ts";
import { readState, type State } from "../../stacks/exportedState.ts";
import * as onAws from "./aws-fixtures.ts";
import * as onAzure from "./azure-fixtures.ts";
import { keyRequest } from "./cloud-requests.ts";
import { Rehearsed } from "./clouds-rehearsal.ts";
import * as onGcp from "./gcp-fixtures.ts";
import { run } from "./harness.ts";

const modules = fileURLToPath(new URL("../../node_modules/@pulumi", import.meta.url));
const volume = { sharedVolume: { sizeGi: 10 } };
const tenant = () => new pulumi.ComponentResource("test:Tenant", "acme", {});

const declared: Record<CloudName, () => void> = {
  aws: () => {
    onAws.simulate();
    cloud.serve();
    const needs = { ...onAws.needs, ...volume };
    const over = { needs, tenants: ["acme"], externalSecrets: true };
    const asked = { ...onAws.request("production", over), settings: onAws.settings };
    const platform = new AwsPlatform("platform", asked);
    const parent = tenant();
    platform.tenantServices(onAws.tenantRequest("acme", "production", parent, { needs, keys: keyRequest }));
    const fresh = pulumi.secret("fresh");
    platform.escrow.keep({ name: "portolan/prod/acme/APP_KEY", fresh, protect: true, parent });
  },
  azure: () => {
    onAzure.simulate();
    cloud.serve();
    const needs = { ...onAzure.needs, ...volume };
    const asked = onAzure.request("production", { needs, tenants: ["acme"], externalSecrets: true });
    const platform = new AzurePlatform("platform", { ...asked, settings: onAzure.settings });
    platform.tenantServices(
      onAzure.tenantRequest("acme", "production", tenant(), { needs, keys: keyRequest }),
    );
  },
  gcp: () => {
    onGcp.simulate();
    cloud.serve();
    const needs = { ...onGcp.needs, ...volume };
    const asked = onGcp.request("production", { needs, tenants: ["acme"], externalSecrets: true });
    const platform = new GcpPlatform("platform", { ...asked, settings: onGcp.settings });
    const parent = tenant();
    platform.tenantServices(onGcp.tenantRequest("acme", "production", parent, { needs, keys: keyRequest }));
    const fresh = pulumi.secret("fresh");
    platform.escrow.keep({ name: "portolan/prod/acme/APP_KEY", fresh, protect: true, parent });
  },
};
const configs: Record<CloudName, Bag> = {
  aws: { region: onAws.settings.region, defaultTags: { tags: { "portolan:stack": "prod" } } },
  azure: { location: onAzure.settings.region },
  gcp: { project: onGcp.settings.project, region: onGcp.settings.region },
};

let cloud: Rehearsed;
afterEach(() => cloud.remove());

/** A state in which the answer to each creation was lost. */
function stateOf(name: CloudName): State {
  const provider = `urn:pulumi:prod::portolan::pulumi:providers:${cloudProviders[name]}::p`;
  const { defaultTags, ...rest } = configs[name];
  const inputs = { ...rest, ...(defaultTags ? { defaultTags: JSON.stringify(defaultTags) } : {}) };
  return readState(
    JSON.stringify({
      version: 3,
      deployment: {
        resources: [
          { urn: provider, type: provider.split("::")[2], id: "1", custom: true, inputs, outputs: inputs },
        ],
        pending_operations: cloud.made.map(({ type, name: logical, inputs: asked }) => ({
          type: "creating",
          resource: {
            urn: `urn:pulumi:prod::portolan::${type}::${logical}`,
            type,
            custom: true,
            inputs: asked,
            provider: `${provider}::1`,
          },
        })),
      },
    }),
  );
}

const tagged = z.object({
  resourceTagMappingLists: z.array(
    z.object({ resourceArn: z.string(), tags: z.record(z.string(), z.string()) }),
  ),
});

const client = z.object({ subscriptionId: z.string() });

/** What `ops/mend/find` asks. */
async function found(name: CloudName): Promise<Found> {
  const nothing = { things: [], subscriptionId: undefined };
  if (name === "gcp") return nothing;
  if (name === "azure") {
    const answer = await cloud.invoke("azure-native:authorization:getClientConfig", {});
    return { ...nothing, subscriptionId: client.parse(answer).subscriptionId };
  }
  const tagFilters = [{ key: "portolan:stack", values: ["prod"] }];
  const answer = await cloud.invoke("aws:resourcegroupstaggingapi/getResources:getResources", { tagFilters });
  const { resourceTagMappingLists: all } = tagged.parse(answer);
  return { ...nothing, things: all.map(({ resourceArn, tags }) => ({ arn: resourceArn, tags })) };
}

describe.each(["aws", "azure", "gcp"] as const)("on %s", (name) => {
  it("each resource of a production platform is found again by what was asked for", async () => {
    cloud = await Rehearsed.open(name, configs[name]);
    await run(declared[name], { stack: "prod" });
    expect(cloud.refused).toEqual([]);
    const state = stateOf(name);
    const open: unknown[] = [];
    for (const step of plan(state, await found(name), {})) {
      const { type, urn } = step.resource;
      const logical = urn.split("::").at(-1) ?? "";
      const made = cloud.made.find((one) => one.type === type && one.name === logical);
      if (step.kind === "forget") expect(step.why, urn).not.toMatch(/carries its tags|was made since/);
      else if (step.kind === "adopt") expect(await cloud.read(type, logical, step.id), urn).toBe(made?.id);
      else open.push(type);
    }
    const onlyTheUserKnows = [
      "aws:efs/mountTarget:MountTarget",
      "aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    ];
    expect([...new Set(open)].toSorted()).toEqual(name === "aws" ? onlyTheUserKnows : []);
  }, 120_000);
});

/** The ids that the documentation of a type imports, as its examples have them. */
function documented(type: string): string[] {
  const [sdk = "", path = "", kind] = type.split(":");
  const text = readFileSync(
    join(modules, sdk, `${path === "projects/iAMMember" ? "projects/iammember" : path}.d.ts`),
    "utf8",
  );
  return [...text.matchAll(new RegExp(`pulumi import ${sdk}:[^ ]+:${kind} \\S+ '?([^\\s']+)`, "g"))].map(
    ([, id]) => id ?? "",
  );
}

describe("ids are in the form that the provider's documentation imports", () => {
  const rules = Object.entries({ ...aws, ...gcp }).flatMap(([type, rule]) => {
    const template = "id" in rule ? rule.id : "find" in rule ? rule.find.id : undefined;
    return template === undefined ? [] : [[type, template] as const];
  });
  // Pages without an example: their ids are those of the API.
  const silent = ["gcp:serviceaccount/account:Account", "gcp:storage/bucket:Bucket"];
  it.each(rules.filter(([type]) => !silent.includes(type)))("%s: %s", (type, template) => {
    const literal = template.split(/\{\w+\}/).map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
    const form = new RegExp(`^/?${literal.join("[^#]+?")}$`);
    const holes = (text: string) => text.replaceAll(/\{\{[^}]+\}\}/g, "x");
    expect(
      documented(type)
        .map(holes)
        .filter((id) => form.test(id)),
    ).not.toEqual([]);
  });

  it("azure: each is a resource id", () => {
    for (const rule of Object.values(azure))
      expect("id" in rule && rule.id).toMatch(
        /^(\/subscriptions\/\{subscriptionId\}\/resourceGroups\/|\{scope\}\/providers\/)/,
      );
  });
});
