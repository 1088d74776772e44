/** A stack file's platform on Google Cloud: what is taken, what is refused, and in which words. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { gcpCloud, gcpSchema, gcpSettings } from "../../stacks/clouds/gcp.ts";
import { checkGcp } from "../../stacks/clouds/gcpChecks.ts";

const base = { kind: "gcp", project: "clinic-1", region: "asia-northeast1" };

function problems(over: Record<string, unknown>): string[] {
  return checkGcp(gcpSchema.parse({ ...base, ...over })).map(({ key, allowed }) => `${key}: ${allowed}`);
}

describe("the shortest stack file", () => {
  it("is a production platform that is entered by IAM, all of it made", () => {
    const config = gcpSchema.parse(base);
    expect(checkGcp(config)).toEqual([]);
    expect(config).toMatchObject({ lifecycle: "production", size: "small" });
    expect(gcpSettings(config)).toEqual({
      project: "clinic-1",
      region: "asia-northeast1",
      network: {
        kind: "new",
        nodes: "10.64.0.0/20",
        services: "10.64.16.0/20",
        googleServices: "10.65.0.0/16",
        pods: "10.68.0.0/14",
      },
      cluster: { kind: "new", channel: "REGULAR", access: { kind: "dns" }, ownKey: undefined },
      database: { kind: "new", version: "17" },
      redis: { kind: "new", version: "7.2", isolation: "prefix" },
      dns: undefined,
    });
    expect(gcpCloud(config).offers).toEqual({
      database: ["postgres"],
      redis: ["prefix"],
      objectStore: ["gcs"],
      sharedVolume: true,
    });
  });

  it("asks a cell for nothing but where its base is", () => {
    const cell = gcpSchema.parse({ ...base, on: "organization/portolan/asia-prod" });
    expect(gcpCloud(cell).problems).toEqual([]);
  });
});

describe("the stack files of this repository", () => {
  it.each(["asia-prod", "drill-gcp"])("%s has no mistake", (stack) => {
    const path = fileURLToPath(new URL(`../../Pulumi.${stack}.yaml`, import.meta.url));
    const file = parse(readFileSync(path, "utf8"));
    const config = gcpSchema.parse(file.config["portolan:platform"]);
    expect(gcpCloud(config).problems).toEqual([]);
    expect(config.lifecycle).toBe(stack === "asia-prod" ? "production" : "disposable");
  });
});

describe("a word that is none of the vocabulary's", () => {
  it.each([
    [{ region: "asia-northeast9" }, ["region"]],
    [{ project: "Clinic" }, ["project"]],
    [{ project: "gcp" }, ["project"]],
    [{ size: "huge" }, ["size"]],
    [{ cluster: { channel: "NIGHTLY" } }, ["cluster", "channel"]],
    [{ cluster: { access: "public" } }, ["cluster", "access"]],
    [{ cluster: { name: "x".repeat(41) } }, ["cluster", "name"]],
    [{ database: { version: "9.6" } }, ["database", "version"]],
    [{ redis: { version: "8.0" } }, ["redis", "version"]],
    [{ dns: { zone: "example.com" } }, ["dns", "zone"]],
    [{ network: { name: "My VPC" } }, ["network", "name"]],
  ])("%j is refused at its key", (over, path) => {
    const result = gcpSchema.safeParse({ ...base, ...over });
    expect(result.error?.issues.map((issue) => issue.path)).toEqual([path]);
  });
});

describe("keys that do not go together", () => {
  const network = { name: "shared", subnet: "nodes", podRange: "pods", serviceRange: "services" };

  it.each<[string, Record<string, unknown>, string[]]>([
    [
      "a range that is none",
      { network: { nodes: "10.64.0.1/20" } },
      ["portolan:platform.network.nodes: an IPv4 range in CIDR notation, without bits below its prefix"],
    ],
    [
      "a range too small",
      { network: { pods: "10.68.0.0/24" } },
      [
        "portolan:platform.network.pods: /9 to /20 within 10.0.0.0/8, 100.64.0.0/10, 172.16.0.0/12, 192.168.0.0/16: each node takes 64 addresses for its pods",
      ],
    ],
    [
      "a range of the internet",
      { network: { services: "8.8.0.0/20" } },
      [expect.stringContaining("portolan:platform.network.services: /16 to /22 within 10.0.0.0/8")],
    ],
    [
      "ranges that overlap",
      { network: { pods: "10.64.0.0/14" } },
      ["portolan:platform.network.pods: a range beside portolan:platform.network.nodes, 10.64.0.0/20"],
    ],
    [
      "a subnet without its network",
      { network: { subnet: "nodes" } },
      ["portolan:platform.network.subnet: nothing where the network is made"],
    ],
    [
      "a network without its subnet and ranges",
      { network: { name: "shared" } },
      [
        "portolan:platform.network.subnet: the name of a subnet of shared",
        "portolan:platform.network.podRange: the name of a secondary range of that subnet of shared",
        "portolan:platform.network.serviceRange: the name of a secondary range of that subnet of shared",
      ],
    ],
    [
      "a range for a network that has its own",
      { network: { ...network, nodes: "10.0.0.0/20" } },
      ["portolan:platform.network.nodes: nothing beside network.name: that network has its addresses"],
    ],
    [
      "a cluster without its network",
      { cluster: { name: "shared" } },
      ["portolan:platform.network.name: the VPC of cluster shared"],
    ],
    [
      "a place for a cluster that is made",
      { cluster: { location: "asia-northeast1-a" } },
      [
        "portolan:platform.cluster.location: nothing where the cluster is made: it is in the platform's region",
      ],
    ],
    [
      "an address that everyone may call",
      { cluster: { access: "ip" } },
      [
        "portolan:platform.cluster.sources: with access ip, the ranges that may call the cluster, and never everyone",
      ],
    ],
    [
      "an address that everyone may call, in so many words",
      { cluster: { access: "ip", sources: ["0.0.0.0/0"] } },
      [
        "portolan:platform.cluster.sources: with access ip, the ranges that may call the cluster, and never everyone",
      ],
    ],
    [
      "a source that is no range",
      { cluster: { access: "ip", sources: ["203.0.113.7"] } },
      ["portolan:platform.cluster.sources[0]: an IPv4 range in CIDR notation, without bits below its prefix"],
    ],
    [
      "sources where IAM decides",
      { cluster: { sources: ["203.0.113.7/32"] } },
      ["portolan:platform.cluster.sources: nothing with access dns: IAM decides"],
    ],
    [
      "users in a Redis that has none",
      { redis: { isolation: "acl" } },
      ["portolan:platform.redis.isolation: prefix | instance: Memorystore has one password and no users"],
    ],
    [
      "a server without its admin",
      { database: { host: "pg.example.com" } },
      [
        "portolan:platform.database.admin: host and admin together: a server that is there, and how accounts are made on it",
      ],
    ],
  ])("%s", (_, over, expected) => {
    expect(problems(over)).toEqual(expected);
  });

  it("has none of them with a network, a cluster and services that are there", () => {
    const admin = { secretName: "pg", key: "password" };
    expect(
      problems({
        network,
        cluster: { name: "shared" },
        database: { host: "pg.example.com", admin },
        redis: { host: "redis.example.com", isolation: "acl" },
      }),
    ).toEqual([]);
  });
});
