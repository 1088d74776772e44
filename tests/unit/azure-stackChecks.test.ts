/** What Azure asks of a stack file's other parts: who writes the vault, who reaches it, and the zone of the domain. */
import { describe, expect, it } from "vitest";
import { apps } from "../../apps/index.ts";
import { checkTogether } from "../../stacks/config.ts";
import { readParts } from "../../stacks/values.ts";
import { givenSubnet, group } from "./azure-fixtures.ts";

const groups = { adminGroupObjectIds: [group] };
const mine = { name: "mine", resourceGroup: "theirs" };
const network = {
  nodeSubnetId: givenSubnet("nodes"),
  endpointSubnetId: givenSubnet("endpoints"),
  databaseSubnetId: givenSubnet("database"),
};
const vault = { name: "mine", resourceGroup: "theirs" };

interface File {
  readonly platform: Record<string, unknown>;
  readonly app?: string;
  readonly secrets?: Record<string, unknown>;
}

function problems({ platform, app = "probe", secrets = { kind: "generated" } }: File): string[] {
  const keys = {
    platform: { kind: "azure", region: "westeurope", ...platform },
    app: { name: app, version: "1.0.0" },
    edge: { kind: "traefik", issuer: "x", domain: "apps.example.com" },
    secrets,
    tenants: { bhc: { hosts: ["apps.example.com"] } },
  };
  const raw = Object.entries(keys).map(([key, value]) => [`portolan:${key}`, JSON.stringify(value)]);
  const { parts, problems } = readParts(Object.fromEntries(raw));
  return [...problems, ...checkTogether(parts, apps)].map(({ key, allowed }) => `${key}: ${allowed}`);
}

describe("a cluster of the user's", () => {
  const key = "portolan:platform.cluster.adminGroupObjectIds";
  const writers = (what: string) =>
    `${key}: with a vault that is made, for ${what}: at least one group that may write it, and whoever runs Portolan in it`;
  const brought = { cluster: mine, network };

  it.each<[string, File, string[]]>([
    ["write-once keys that nobody could keep", { platform: brought }, [writers("write-once keys")]],
    ["groups that keep them", { platform: { ...brought, cluster: { ...mine, ...groups } } }, []],
    ["a vault of the user's for them", { platform: { ...brought, vault } }, []],
    ["no write-once keys", { platform: brought, app: "orthanc" }, []],
    [
      "tenants' secrets, whatever vault there is for keys",
      { platform: { ...brought, vault }, secrets: { kind: "external" } },
      [writers("tenants' secrets")],
    ],
    [
      "tenants' secrets in a store of the user's",
      {
        platform: brought,
        secrets: { kind: "external", store: { kind: "ClusterSecretStore", name: "own" } },
      },
      [],
    ],
    [
      "a vault that everyone may call",
      { platform: { ...brought, cluster: { ...mine, ...groups, endpoint: { access: "public" } } } },
      [
        "portolan:platform.cluster.endpoint.cidrs: in production, the addresses that may call the vault that is made",
      ],
    ],
    [
      "a vault that everyone may call, in a stack to throw away",
      {
        platform: {
          ...brought,
          lifecycle: "disposable",
          cluster: { ...mine, ...groups, endpoint: { access: "public" } },
        },
      },
      [],
    ],
  ])("with %s", (_title, file, expected) => {
    expect(problems(file)).toEqual(expected);
  });
});

describe("the zone of Azure DNS", () => {
  const withZone = (zone: string) =>
    problems({ platform: { cluster: groups, dns: { zone, resourceGroup: "names" } } });

  it.each(["apps.example.com", "example.com", "Example.com"])("may be %s", (zone) => {
    expect(withZone(zone)).toEqual([]);
  });

  it.each(["example.org", "ps.example.com", "eu.apps.example.com"])("may not be %s", (zone) => {
    expect(withZone(zone)).toEqual([
      "portolan:platform.dns.zone: a zone that holds portolan:edge.domain: apps.example.com, or what it ends with after a dot",
    ]);
  });
});
