/** A cluster that the user brings to a platform in a cloud: what is theirs in it is found before anything is made in it. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { apps } from "../../apps/index.ts";
import type { ClusterDriver } from "../../providers/platform.ts";
import { checkAddOns, notTaken } from "../../stacks/broughtCluster.ts";
import type { ClusterKind, Marks } from "../../stacks/cluster.ts";
import { readStack, type Stack } from "../../stacks/config.ts";
import { isCloud } from "../../stacks/platformVocabulary.ts";
import { cloudRequest } from "../../stacks/request.ts";
import { run } from "./harness.ts";
import { attached } from "./machine-fixtures.ts";

const addOns = {
  stack: "us-prod",
  name: "shared",
  externalSecrets: true,
  edge: { namespace: "traefik", className: "traefik" },
  sharedDriver: undefined as ClusterDriver | undefined,
};
type Labels = Readonly<Record<string, string>>;
const of = (stack: string): Labels => ({ "portolan.dev/stack": stack });
const foreign: Marks = { labels: {}, annotations: {} };
const from = (namespace: string): Marks => ({
  labels: {},
  annotations: { "meta.helm.sh/release-namespace": namespace },
});

interface Holds {
  readonly namespaces?: Readonly<Record<string, Labels>>;
  readonly objects?: Readonly<Record<string, Marks>>;
}

/** What checkAddOns says of a cluster that holds this. */
function told({ namespaces = {}, objects = {} }: Holds, over: Partial<typeof addOns> = {}) {
  const cluster = {
    namespaceLabels: async (name: string) => namespaces[name],
    marks: async (kind: ClusterKind, name: string) => objects[`${kind}/${name}`],
  };
  return checkAddOns(cluster, { ...addOns, ...over });
}

const certManager = "definition/certificates.cert-manager.io";
const operator = "definition/externalsecrets.external-secrets.io";

describe("add-ons of the platform", () => {
  const all = {
    namespaces: Object.fromEntries(
      ["traefik", "portolan-cert-manager", "portolan-external-secrets"].map((name) => [name, of("us-prod")]),
    ),
    objects: {
      "ingressClass/traefik": { labels: of("us-prod"), annotations: {} },
      [certManager]: from("portolan-cert-manager"),
      [operator]: from("portolan-external-secrets"),
    },
  };

  it.each<[string, Holds]>([
    ["a cluster that has none of them", {}],
    ["what an earlier run of this stack made", all],
    ["definitions that a stack before this one left", { objects: all.objects }],
  ])("fit into %s", async (_title, holds) => {
    expect(await told(holds)).toEqual([]);
  });

  it("are refused beside a Traefik of the user's, and the keys are named", async () => {
    const holds = { namespaces: { traefik: {} }, objects: { "ingressClass/traefik": from("traefik") } };
    expect(await told(holds)).toEqual([
      {
        key: "portolan:edge.namespace",
        value: "traefik",
        allowed: "a namespace that nobody else has; namespace traefik belongs to somebody else",
        remedy: "name another one: the platform brings a Traefik of its own, and makes its namespace",
      },
      {
        key: "portolan:edge.className",
        value: "traefik",
        allowed: "an IngressClass that nobody else has; traefik belongs to somebody else",
        remedy: "name another one: the platform brings a Traefik of its own, and makes its IngressClass",
      },
    ]);
    expect(await told(holds, { edge: { namespace: "edge", className: "edge" } })).toEqual([]);
  });

  it.each<[string, Holds, string]>([
    [
      "a cert-manager of the user's",
      { objects: { [certManager]: from("cert-manager") } },
      "certificates.cert-manager.io belongs to somebody else",
    ],
    [
      "one that no release brought",
      { objects: { [certManager]: foreign } },
      "certificates.cert-manager.io belongs to somebody else",
    ],
    [
      "another stack's platform",
      {
        namespaces: { "portolan-cert-manager": of("eu-prod") },
        objects: { [certManager]: from("portolan-cert-manager") },
      },
      "namespace portolan-cert-manager belongs to stack eu-prod",
    ],
  ])("are refused beside %s", async (_title, holds, owner) => {
    const [problem, ...others] = await told(holds);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({ key: "portolan:platform.cluster.name", value: "shared" });
    expect(problem?.allowed).toContain(owner);
    expect(problem?.remedy).toContain("platform kind `existing`");
  });

  it("are refused beside External Secrets of the user's, where the platform would bring it", async () => {
    const holds = { objects: { [operator]: foreign } };
    expect((await told(holds)).map(({ key }) => key)).toEqual(["portolan:secrets.store"]);
    expect(await told(holds, { externalSecrets: false })).toEqual([]);
  });
});

describe("the driver of shared volumes", () => {
  const sharedDriver = { name: "efs.csi.aws.com", remedy: "`make it`" };

  it("is looked for where the application shares volumes, and never made", async () => {
    expect(await told({}, { sharedDriver })).toEqual([
      {
        key: "portolan:platform.cluster.name",
        value: "shared",
        allowed: "a cluster with the CSI driver efs.csi.aws.com: the application shares volumes",
        remedy: "bring it: `make it`",
      },
    ]);
    expect(await told({ objects: { "driver/efs.csi.aws.com": foreign } }, { sharedDriver })).toEqual([]);
  });
});

describe("an `up`", () => {
  const asked: string[] = [];
  let held: Readonly<Record<string, Labels>> = {};
  /** Slugs of tenants that other stacks declare. */
  let elsewhere: readonly string[] = [];
  let server: Server;
  beforeAll(async () => {
    process.env.KUBECONFIG = "/nonexistent";
    server = createServer(({ url = "" }, response) => {
      asked.push(url);
      response.setHeader("content-type", "application/json");
      if (/^\/api\/v1\/(namespaces|resourcequotas)\?/.test(url)) {
        const items = elsewhere.map((slug) => ({ metadata: { labels: { "portolan.dev/tenant": slug } } }));
        response.end(JSON.stringify({ kind: "List", items }));
        return;
      }
      const labels = held[url.replace("/api/v1/namespaces/", "")];
      response.statusCode = labels ? 200 : 404;
      response.end(JSON.stringify(labels ? { kind: "Namespace", metadata: { labels } } : {}));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(() => {
    asked.length = 0;
    held = {};
    elsewhere = [];
  });

  function kubeconfig(): string {
    const { port } = server.address() as AddressInfo;
    return JSON.stringify({
      "current-context": "it",
      contexts: [{ name: "it", context: { cluster: "it", user: "it" } }],
      clusters: [
        { name: "it", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } },
      ],
      users: [{ name: "it", user: {} }],
    });
  }

  const network = {
    vpcId: "vpc-1",
    privateSubnetIds: ["subnet-1", "subnet-2"],
    publicSubnetIds: ["subnet-3", "subnet-4"],
  };
  const brought = { network, cluster: { name: "shared" } };
  const made = { cluster: { adminRoles: ["arn:aws:iam::123456789012:role/ci/deploy"] } };

  /** Tenants on this platform that another stack declares. */
  const cells = "portolan.dev/stack=us-prod,portolan.dev/tenant,portolan.dev/cell!=us-prod";

  /** Outputs of a run that made the cluster. */
  const stood = { platform: { lifecycle: "production", cluster: { identifier: "x" } }, tenants: {} };

  /** `last`: the outputs of a run before this one. */
  async function read(
    over: Record<string, unknown>,
    last?: Record<string, unknown>,
    app = "probe",
  ): Promise<Stack> {
    const keys = {
      platform: { kind: "aws", region: "us-east-1", ...over },
      app: { name: app, version: "1" },
      edge: { kind: "traefik", issuer: "x", acme: { email: "ops@example.com" }, domain: "example.com" },
      tenants: { bhc: { hosts: ["bhc.example.com"] } },
    };
    const config = Object.fromEntries(
      Object.entries(keys).map(([key, value]) => [`portolan:${key}`, JSON.stringify(value)]),
    );
    const { result } = await run(() => readStack(apps, attached), {
      preview: true,
      stack: "us-prod",
      config,
      ...(last ? { stackOutputs: { self: last } } : {}),
    });
    return result;
  }

  /** The kubeconfig as it comes through. */
  async function reached(stack: Stack, text: string, preview: boolean): Promise<pulumi.Output<string>> {
    const { platform } = stack.file;
    if (!isCloud(platform)) throw new Error("no cloud");
    const { result } = await run(
      () => {
        const { reach } = cloudRequest(stack, platform, () => ({}));
        return reach?.(pulumi.output(text)) ?? pulumi.output("");
      },
      { preview },
    );
    return result;
  }

  /** What was asked of the cluster until its kubeconfig was handed on. */
  async function enter(
    over: Record<string, unknown>,
    preview = false,
    last?: Record<string, unknown>,
    app?: string,
  ): Promise<readonly string[]> {
    const text = kubeconfig();
    const result = await reached(await read(over, last, app), text, preview);
    expect(await new Promise((resolve) => result.apply(resolve))).toBe(text);
    return [...asked].sort();
  }

  it("asks a cluster that is brought, before its kubeconfig is handed on", async () => {
    expect((await enter(brought)).map(decodeURIComponent).toSorted()).toEqual([
      "/api/v1/namespaces/portolan-cert-manager",
      "/api/v1/namespaces/probe-bhc",
      "/api/v1/namespaces/traefik",
      `/api/v1/namespaces?labelSelector=${cells}`,
      `/api/v1/resourcequotas?labelSelector=${cells}`,
      "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/certificates.cert-manager.io",
      "/apis/networking.k8s.io/v1/ingressclasses/traefik",
    ]);
  });

  it("asks neither a cluster that is made nor, in a preview, any", async () => {
    expect(await enter(made)).toEqual([]);
    expect(await enter(brought, true)).toEqual([]);
    expect(await enter(made, true, stood)).toEqual([]);
  });

  it("asks a cluster that an earlier run made for the tenants of cells", async () => {
    const found = await enter(made, false, stood);
    expect(found.map(decodeURIComponent)).toEqual([
      `/api/v1/namespaces?labelSelector=${cells}`,
      `/api/v1/resourcequotas?labelSelector=${cells}`,
    ]);
  });

  it("asks for the driver of shared volumes where the application has any", async () => {
    const driver = "/apis/storage.k8s.io/v1/csidrivers/efs.csi.aws.com";
    held = { [driver]: {} };
    expect(await enter(brought, false, undefined, "orthanc")).toContain(driver);
    asked.length = 0;
    expect(await enter(brought)).not.toContain(driver);
  });

  it("ends where another stack on the platform has a tenant of that slug, and says so once", async () => {
    const stack = await read(brought);
    elsewhere = ["bhc", "zoo"];
    held = { "probe-bhc": of("us-prod") };
    const refused = notTaken(kubeconfig(), stack, { ...addOns, externalSecrets: false });
    const message = await refused.catch((error: Error) => error.message);
    expect(message).toContain("a slug that no other stack has on the platform of stack us-prod");
    expect(message.match(/portolan:tenants\.bhc/g)).toHaveLength(1);
  });

  it("ends with every mistake when somebody has a tenant's namespace, or the edge's", async () => {
    const stack = await read(brought);
    held = { "probe-bhc": {}, traefik: of("eu-prod") };
    const refused = notTaken(kubeconfig(), stack, { ...addOns, externalSecrets: false });
    const message = await refused.catch((error: Error) => error.message);
    expect(message).toMatch(
      /^What is in your cluster already is in this stack's way; nothing was made in it\./,
    );
    expect(message).toContain('portolan:tenants.bhc\n    value:   "probe-bhc"');
    expect(message).toContain('portolan:edge.namespace\n    value:   "traefik"');
    expect(message).toContain("namespace traefik belongs to stack eu-prod");
  });

  it("goes on where they are this stack's own", async () => {
    const stack = await read(brought);
    const tenant = { "portolan.dev/cell": "us-prod", "portolan.dev/tenant": "bhc" };
    held = { "probe-bhc": tenant, traefik: of("us-prod") };
    expect(await notTaken(kubeconfig(), stack, addOns)).toBe(kubeconfig());
  });
});
