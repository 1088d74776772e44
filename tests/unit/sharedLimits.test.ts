import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { apps } from "../../apps/index.ts";
import { orthanc } from "../../apps/orthanc.ts";
import { probe } from "../../apps/probe.ts";
import type { Lifecycle, SharedLimit, Size } from "../../providers/platform.ts";
import { awsCloud, awsSchema } from "../../stacks/clouds/aws.ts";
import { azureCloud, azureSchema } from "../../stacks/clouds/azure.ts";
import { gcpCloud, gcpSchema } from "../../stacks/clouds/gcp.ts";
import { Cluster } from "../../stacks/cluster.ts";
import { refuseFull } from "../../stacks/clusterRoom.ts";
import { readStack } from "../../stacks/config.ts";
import { deploy } from "../../stacks/deploy.ts";
import { checkRoom, limitUse, roomOf } from "../../stacks/sharedLimits.ts";
import { checkCellPorts, takenInCluster } from "../../stacks/tcpChecks.ts";
import { run } from "./harness.ts";

const aws = (over = {}) => awsCloud(awsSchema.parse({ kind: "aws", region: "us-east-1", ...over }));
const azure = () =>
  azureCloud(
    azureSchema.parse({
      kind: "azure",
      region: "westeurope",
      subscriptionId: "00000000-0000-0000-0000-000000000000",
    }),
  );
const gcp = () => gcpCloud(gcpSchema.parse({ kind: "gcp", project: "a-project", region: "asia-east1" }));

const slugs = (count: number, prefix = "t") => Array.from({ length: count }, (_, at) => `${prefix}${at}`);

describe("tenants that a platform has room for", () => {
  const rooms = (limits: readonly SharedLimit[]) =>
    Object.fromEntries(limits.map((limit) => [limit.name, roomOf(limit)]));
  const table: [string, () => readonly SharedLimit[], Record<string, number>][] = [
    [
      "the probe on AWS: users of the cache first",
      () => aws().limits(limitUse(probe, "medium", "production")),
      { redisUsers: 99, podIdentities: 4998, roles: 980, namespaces: 9980 },
    ],
    [
      "the probe on AWS with raised quotas",
      () => aws({ quotas: { redisUsers: 600, roles: 5000 } }).limits(limitUse(probe, "medium", "production")),
      { redisUsers: 599, podIdentities: 4998, roles: 4980, namespaces: 9980 },
    ],
    [
      "the probe on AWS with a Redis of the user's own",
      () => aws({ redis: { host: "redis.example" } }).limits(limitUse(probe, "medium", "production")),
      { podIdentities: 4998, roles: 980, namespaces: 9980 },
    ],
    [
      "the probe on AWS with its keys in Secrets Manager: a second role for each tenant",
      () => aws().limits(limitUse(probe, "medium", "production", 0, true)),
      { redisUsers: 99, podIdentities: 4998, roles: 490, namespaces: 9980 },
    ],
    [
      "Orthanc on AWS with its keys in Secrets Manager: a role, though it has no bucket",
      () => aws().limits(limitUse(orthanc, "large", "production", 0, true)),
      { databaseConnections: 239, roles: 980, balancerPorts: 48, namespaces: 9980 },
    ],
    [
      "Orthanc on AWS: three pods with five connections each, and a port",
      () => aws().limits(limitUse(orthanc, "medium", "production")),
      { databaseConnections: 59, balancerPorts: 48, namespaces: 9980 },
    ],
    [
      "Orthanc on AWS with ports that it opens for cells",
      () => aws().limits(limitUse(orthanc, "large", "production", 20)),
      { databaseConnections: 239, balancerPorts: 28, namespaces: 9980 },
    ],
    [
      "Orthanc on AWS, disposable: one pod",
      () => aws().limits(limitUse(orthanc, "small", "disposable")),
      { databaseConnections: 89, balancerPorts: 48, namespaces: 9980 },
    ],
    [
      "the probe on Azure: an identity's federated credentials are its own",
      () => azure().limits(limitUse(probe, "medium", "production")),
      { roleAssignments: 3990, namespaces: 9980 },
    ],
    [
      "the probe on Azure with secrets in a vault: a role for the container, one for the secret",
      () => azure().limits(limitUse(probe, "medium", "production", 0, true)),
      { roleAssignments: 1995, namespaces: 9980 },
    ],
    [
      "Orthanc on Azure, disposable: a server of 859 connections",
      () => azure().limits(limitUse(orthanc, "small", "disposable")),
      { databaseConnections: 168, balancerPorts: 298, namespaces: 9980 },
    ],
    [
      "the probe on Google Cloud: no service accounts, so none to run out of",
      () => gcp().limits(limitUse(probe, "medium", "production")),
      { namespaces: 9980 },
    ],
    [
      "the probe on Google Cloud with secrets in Secret Manager: a member of the project's policy each",
      () => gcp().limits(limitUse(probe, "medium", "production", 0, true)),
      { policyMembers: 1470, namespaces: 9980 },
    ],
    [
      "Orthanc on Google Cloud",
      () => gcp().limits(limitUse(orthanc, "medium", "production")),
      { databaseConnections: 26, namespaces: 9980 },
    ],
  ];
  it.each(table)("%s", (_, limits, expected) => expect(rooms(limits())).toEqual(expected));

  it("every size of every cloud has a server whose connections are known", () => {
    for (const cloud of [aws(), azure(), gcp()]) {
      for (const size of ["small", "medium", "large"] satisfies Size[]) {
        for (const lifecycle of ["production", "disposable"] satisfies Lifecycle[]) {
          const limits = cloud.limits(limitUse(orthanc, size, lifecycle));
          const database = limits.find(({ name }) => name === "databaseConnections");
          expect(database?.allows, `${database?.what}`).toBeGreaterThanOrEqual(50);
        }
      }
    }
  });

  it("Orthanc's chart holds as many connections as its needs say", () => {
    const values = parse(readFileSync("charts/orthanc/values.yaml", "utf8"));
    expect(values.orthanc.indexConnections).toBe(orthanc.needs.database?.connections);
  });
});

describe("counting the tenants of a platform", () => {
  const limit: SharedLimit = {
    name: "redisUsers",
    what: "users",
    allows: 11,
    platform: 1,
    tenant: 1,
    raise: null,
  };
  it.each([
    ["nothing is said below four fifths", 7, 0, 0, 0],
    ["four fifths are a warning", 8, 0, 0, 1],
    ["the last one fits", 10, 0, 0, 1],
    ["one more is refused", 11, 0, 1, 0],
    ["those of others count", 5, 6, 1, 0],
  ])("%s", (_, own, others, problems, warnings) => {
    const room = checkRoom([limit], { own: slugs(own), others: slugs(others, "o") }, undefined);
    expect([room.problems.length, room.warnings.length]).toEqual([problems, warnings]);
  });

  it("counts a tenant once that is this stack's own and in the cluster", () => {
    expect(checkRoom([limit], { own: slugs(10), others: slugs(10) }, undefined).problems).toEqual([]);
  });

  it("says how many are too many, how the limit is raised, and what another base costs", () => {
    const estimate = {
      currency: "USD",
      amount: 312.4,
      priced: "2026-01-01",
      covers: [],
      leavesOut: [],
    } as const;
    const [problem] = checkRoom(
      [{ ...limit, raise: "ask for more" }],
      { own: slugs(9), others: slugs(4, "o") },
      estimate,
    ).problems;
    expect(problem).toEqual({
      key: "portolan:tenants",
      value: "9 here, 4 elsewhere on the platform",
      allowed:
        "10 tenants on one platform, those of cells included: 11 users, of which the platform takes 1 and each tenant 1",
      remedy:
        "ask for more; or put 3 of them on a new base, a stack with a platform of its own, which costs at least 312.4 USD a month by list prices of 2026-01-01",
    });
  });
});

describe("a stack file with more tenants than its platform can have", () => {
  beforeAll(() => {
    process.env.KUBECONFIG = "/nonexistent";
  });
  const role = "arn:aws:iam::123456789012:role/ci/deploy";

  async function errorOf(count: number, over: Record<string, unknown> = {}, outputs = {}): Promise<string> {
    const keys = {
      platform: { kind: "aws", region: "us-east-1", size: "medium", cluster: { adminRoles: [role] } },
      app: { name: "probe", version: "1" },
      edge: { kind: "traefik", issuer: "x", acme: { email: "ops@example.com" }, domain: "example.com" },
      tenants: Object.fromEntries(slugs(count).map((slug) => [slug, { hosts: [`${slug}.example.com`] }])),
      ...over,
    };
    const config = Object.fromEntries(
      Object.entries(keys).map(([key, value]) => [`portolan:${key}`, JSON.stringify(value)]),
    );
    let message = "";
    const { custom } = await run(
      async () => {
        const stack = await readStack(apps).catch((error: Error) => {
          message = error.message;
        });
        if (stack?.file.platform.on)
          await deploy(stack).catch((error: Error) => {
            message = error.message;
          });
      },
      { preview: true, stack: "us-prod", config, stackOutputs: outputs },
    );
    if (message !== "")
      expect(custom.filter(({ type }) => type !== "pulumi:pulumi:StackReference")).toEqual([]);
    return message;
  }

  it("is refused before anything is declared", async () => {
    const message = await errorOf(100);
    expect(message).toContain("portolan:tenants\n    value:   100\n    allowed: 99 tenants on one platform");
    expect(message).toContain("users of the cache's user group (ElastiCache");
    expect(message).toContain("put 1 of them on a new base");
    expect(message).toContain("portolan:platform.quotas.redisUsers");
    expect(await errorOf(99)).toBe("");
  });

  it("a cell's are counted with its base's", async () => {
    const base = "organization/portolan/base";
    const platform = { kind: "aws", region: "us-east-1", on: base };
    const facts = {
      version: 2,
      target: "aws",
      stack: "base",
      lifecycle: "production",
      size: "medium",
      cluster: { name: "portolan-base", identifier: "x" },
      namespace: "portolan-base",
      edge: {},
      storage: { block: null, shared: null },
      offers: { database: ["postgres"], redis: ["acl"], objectStore: ["s3"], sharedVolume: true },
      limits: aws().limits(limitUse(probe, "medium", "production")),
    };
    const tenants = Object.fromEntries(slugs(60, "b").map((slug) => [slug, {}]));
    const message = await errorOf(40, { platform }, { [base]: { platform: facts, tenants } });
    expect(message).toContain("40 here, 60 elsewhere on the platform");
    expect(message).toContain("allowed: 99 tenants");
  });

  it("a cell is told where its base made no database, or is of another lifecycle", async () => {
    const base = "organization/portolan/base";
    const facts = {
      ...{ version: 2, target: "aws", stack: "base", lifecycle: "production", size: "medium" },
      ...{
        cluster: { name: "b", identifier: "x" },
        namespace: "b",
        edge: {},
        storage: { block: null, shared: null },
      },
      offers: { database: ["postgres"], redis: ["acl"], objectStore: ["s3"], sharedVolume: true },
    };
    const over = { platform: { kind: "aws", region: "us-east-1", on: base } };
    const message = await errorOf(1, over, { [base]: { platform: facts, tenants: {} } });
    expect(message).toContain(`the platform of stack ${base} has none`);
    expect(message).toContain("put it on a base whose own application needs a database");
    const letGo = { [base]: { platform: { ...facts, lifecycle: "disposable" }, tenants: {} } };
    const other = await errorOf(1, over, letGo);
    expect(other).toContain(
      `portolan:platform.lifecycle\n    value:   "production"\n    allowed: disposable`,
    );
  });

  it("a base's are counted with those of its cells, whom its cluster knows", async () => {
    const config = awsSchema.parse({ kind: "aws", region: "us-east-1", size: "medium" });
    const fill = (count: number) => {
      const stack = {
        name: "base",
        app: probe,
        file: {
          edge: { tcpOpen: [] },
          secrets: { kind: "generated" },
          tenants: Object.fromEntries(slugs(40).map((slug) => [slug, {}])),
        },
      } as unknown as Parameters<typeof refuseFull>[1];
      const asked: string[][] = [];
      const tenantsOn = async (...of: [string, string]) => {
        asked.push(of);
        return slugs(count, "c");
      };
      return { run: refuseFull({ tenantsOn }, stack, config), asked };
    };
    const { run: full, asked } = fill(60);
    await expect(full).rejects.toThrow("40 here, 60 elsewhere on the platform");
    expect(asked).toEqual([["base", "base"]]);
    await fill(30).run;
  });

  it("a base does not take a slug that one of its cells has", async () => {
    const config = awsSchema.parse({ kind: "aws", region: "us-east-1" });
    const stack = {
      name: "base",
      app: probe,
      file: { edge: { tcpOpen: [] }, secrets: { kind: "generated" }, tenants: { acme: {}, cab: {} } },
    } as unknown as Parameters<typeof refuseFull>[1];
    await expect(refuseFull({ tenantsOn: async () => ["cab", "zoo"] }, stack, config)).rejects.toThrow(
      /portolan:tenants\.cab\n.*"cab"\n.*a slug that no other stack has on the platform of stack base\n/,
    );
  });
});

describe("ports of the edge for a cell's tenants", () => {
  const ports = new Map([
    ["acme/dicom", 11200],
    ["cab/dicom", 11201],
  ]);
  const keys = (open: readonly number[] | undefined, taken: readonly number[]) =>
    checkCellPorts(ports, { name: "base", open, taken }).map(({ key }) => key);

  it("must be among those that the base opened", () => {
    expect(keys([11200, 11201, 11202], [])).toEqual([]);
    expect(keys([11200], [])).toEqual(["portolan:tenants.cab.tcp.dicom"]);
    const [problem] = checkCellPorts(ports, { name: "base", open: [11202, 11203], taken: [11203] });
    expect(problem).toEqual({
      key: "portolan:tenants.acme.tcp.dicom",
      value: 11200,
      allowed: "a port that stack base opened for cells: 11202",
      remedy:
        "name one of them here, or add one to portolan:edge.tcpOpen of base and `pulumi up` that stack first",
    });
  });

  it("are nobody's at the base, whose edge may have all of them open", () => {
    expect(keys(undefined, [11112])).toEqual([]);
    expect(keys(undefined, [11201])).toEqual(["portolan:tenants.cab.tcp.dicom"]);
  });

  it("are the one's who has them in the cluster already, whichever cell that is", () => {
    const routes = [
      { namespace: "orthanc-acme", entryPoints: ["tcp-11200"] },
      { namespace: "orthanc-zoo", entryPoints: ["tcp-11201"] },
    ];
    const own = ["orthanc-acme", "orthanc-cab"];
    expect(takenInCluster(ports, own, routes).map(({ key, allowed }) => [key, allowed])).toEqual([
      ["portolan:tenants.cab.tcp.dicom", "a port that nobody else has; namespace orthanc-zoo has 11201"],
    ]);
  });
});

describe("asking the cluster who is on a platform", () => {
  it("names the tenants of every other stack on it, and asks for no others", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(decodeURIComponent(request.url ?? ""));
      const items = ["acme", "cab"].map((slug) => ({
        metadata: { labels: { "portolan.dev/tenant": slug } },
      }));
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ apiVersion: "v1", kind: "NamespaceList", items }));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    try {
      const cluster = Cluster.of(
        JSON.stringify({
          apiVersion: "v1",
          kind: "Config",
          "current-context": "it",
          contexts: [{ name: "it", context: { cluster: "it", user: "it" } }],
          clusters: [
            { name: "it", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } },
          ],
          users: [{ name: "it", user: {} }],
        }),
      );
      expect(await cluster.tenantsOn("us-prod", "us-cell-1")).toEqual(["acme", "cab"]);
      expect(asked).toEqual([
        "/api/v1/namespaces?labelSelector=portolan.dev/stack=us-prod,portolan.dev/tenant,portolan.dev/cell!=us-cell-1",
        "/api/v1/resourcequotas?labelSelector=portolan.dev/stack=us-prod,portolan.dev/tenant,portolan.dev/cell!=us-cell-1",
      ]);
    } finally {
      server.close();
    }
  });
});
