/** Needs that a platform does not meet: each remedy is one that its kind of platform knows. */
import { describe, expect, it } from "vitest";
import type { App } from "../../apps/app.ts";
import { probe } from "../../apps/probe.ts";
import { existingOffers } from "../../providers/existing/platform.ts";
import { localOffers } from "../../providers/local/platform.ts";
import type { Needs, Offers, Target } from "../../providers/platform.ts";
import { awsCloud, awsSchema } from "../../stacks/clouds/aws.ts";
import { azureCloud, azureSchema } from "../../stacks/clouds/azure.ts";
import { gcpCloud, gcpSchema } from "../../stacks/clouds/gcp.ts";
import { checkNeeds } from "../../stacks/needsChecks.ts";

const platforms = {
  aws: { kind: "aws", region: "us-east-1" },
  azure: { kind: "azure", region: "westeurope" },
  gcp: { kind: "gcp", region: "us-east1", project: "clinic-1" },
};

describe("needs that a platform does not meet", () => {
  const offers = (over: Partial<Record<Target, Record<string, unknown>>> = {}): Record<Target, Offers> => ({
    local: localOffers,
    existing: existingOffers({}, { block: null, shared: null }),
    aws: awsCloud(awsSchema.parse({ ...platforms.aws, ...over.aws })).offers,
    azure: azureCloud(azureSchema.parse({ ...platforms.azure, ...over.azure })).offers,
    gcp: gcpCloud(gcpSchema.parse({ ...platforms.gcp, ...over.gcp })).offers,
  });
  const remedies = (needs: Needs, kind: Target, offered = offers(), base?: string) => {
    const app: App = { ...probe, needs };
    return checkNeeds(app, offered[kind], kind, base).map(({ remedy }) => remedy);
  };
  const bring = (isolation: string) =>
    `name a Redis of your own in portolan:platform.redis.host, with redis.isolation ${isolation}`;

  it.each<[Target, "s3" | "gcs" | "azure-blob", string]>([
    ["existing", "s3", "add portolan:platform.objectStore"],
    ["existing", "gcs", "choose an application that speaks s3, or platform kind gcp"],
    ["local", "azure-blob", "choose an application that speaks s3, or platform kind azure"],
    ["aws", "gcs", "choose an application that speaks s3, or platform kind gcp"],
    ["azure", "s3", "choose an application that speaks azure-blob, or platform kind local, existing or aws"],
    ["gcp", "s3", "choose an application that speaks gcs, or platform kind local, existing or aws"],
  ])("on %s, object storage that speaks %s", (kind, protocol, remedy) => {
    expect(remedies({ objectStore: { protocols: [protocol] } }, kind)).toEqual([remedy]);
  });

  it.each<[Target, "instance" | "acl" | "prefix", string]>([
    ["existing", "acl", "set portolan:platform.redis with isolation acl"],
    ["local", "acl", "choose platform kind aws or existing, the last with a Redis of your own"],
    ["aws", "instance", bring("instance")],
    ["azure", "acl", bring("acl")],
    ["gcp", "acl", bring("acl")],
    ["azure", "instance", `set portolan:platform.redis.isolation to instance, or ${bring("instance")}`],
    ["gcp", "instance", `set portolan:platform.redis.isolation to instance, or ${bring("instance")}`],
  ])("on %s, a Redis with isolation %s", (kind, isolation, remedy) => {
    expect(remedies({ redis: { isolation: [isolation] } }, kind)).toEqual([remedy]);
  });

  it("on AWS, the isolation that a brought Redis lacks and a made one has", () => {
    const brought = offers({ aws: { redis: { host: "redis.mine.example" } } });
    expect(remedies({ redis: { isolation: ["acl"] } }, "aws", brought)).toEqual([
      `leave out portolan:platform.redis to have one made with isolation acl, or ${bring("acl")}`,
    ]);
  });

  it.each(["aws", "azure", "gcp"] as const)("are met on %s by what the remedy says", (kind) => {
    for (const isolation of ["instance", "acl", "prefix"] as const) {
      const brought = offers({ [kind]: { redis: { host: "redis.mine.example", isolation } } });
      expect(remedies({ redis: { isolation: [isolation] } }, kind, brought)).toEqual([]);
    }
  });

  it.each(["azure", "gcp"] as const)("are met on %s by a Redis for each tenant", (kind) => {
    const made = offers({ [kind]: { redis: { isolation: "instance" } } });
    expect(remedies({ redis: { isolation: ["instance"] } }, kind, made)).toEqual([]);
  });

  it("of a cell are met by its base's keys", () => {
    expect(remedies({ redis: { isolation: ["instance"] } }, "aws", offers(), "organization/p/base")).toEqual([
      `${bring("instance")} (keys of the platform: in base organization/p/base)`,
    ]);
  });
});
