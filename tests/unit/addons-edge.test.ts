/** The add-ons of a cluster that the platform made: what their charts are given, from where, and in which order. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { certManagerValues } from "../../providers/addons/certManager.ts";
import { drain, edgeAddons } from "../../providers/addons/index.ts";
import { chartSource } from "../../providers/addons/source.ts";
import { containerPorts, traefikValues } from "../../providers/addons/traefik.ts";
import { traefikChart } from "../../providers/addons/versions.ts";
import type { EdgeRequest } from "../../providers/cloud.ts";
import type { Images, Lifecycle } from "../../providers/platform.ts";
import { run } from "./harness.ts";

const request: EdgeRequest = {
  kind: "traefik",
  className: "traefik",
  domain: "example.com",
  issuer: "letsencrypt",
  acme: { email: "ops@example.com", server: "https://acme.example.com/directory" },
  namespace: "traefik",
  tcpPorts: { from: 11112, to: 11120 },
  tcpPortsInUse: [11112],
  sources: [],
};
const labels = { "portolan.dev/stack": "us-prod" };
const release = "kubernetes:helm.sh/v3:Release";

interface Given {
  readonly lifecycle?: Lifecycle;
  readonly acme?: EdgeRequest["acme"];
  readonly images?: Images;
}

/** A cluster's add-ons, in a preview: an address is known only once there is a load balancer. */
function addons({ lifecycle = "production", images = {}, ...more }: Given = {}) {
  return run(
    () => {
      const kubernetes = new k8s.Provider("cluster");
      const parent = new pulumi.ComponentResource("test:Cluster", "cluster", {}, { provider: kubernetes });
      const hooks = () => ({});
      const last = drain(
        "p",
        { namespace: "platform", lifecycle, labels, images, hooks },
        { parent, dependsOn: [] },
      );
      const args = {
        request: { ...request, ...more },
        mirror: undefined,
        images,
        hooks,
        lifecycle,
        labels,
        loadBalancer: { class: "cloud/balancer", annotations: { scheme: "internet-facing" } },
      };
      edgeAddons("p", args, { parent, dependsOn: [last] });
    },
    { preview: true },
  );
}

describe("order", () => {
  it("puts the issuer behind cert-manager's release, which waits for its own webhook", async () => {
    const made = await addons();
    const certManager = made.find(release, "p-cert-manager");
    const issuer = made.find("kubernetes:cert-manager.io/v1:ClusterIssuer", "p-issuer");
    expect(issuer.options.dependsOn).toContain(certManager.urn);
    expect(certManager.inputs).toMatchObject({ values: { startupapicheck: { enabled: true } } });
    expect(certManager.inputs.skipAwait, "the release must be awaited").toBeUndefined();
  });

  it("puts everything in the cluster behind the drain, so that it goes last", async () => {
    const made = await addons();
    const last = made.find(release, "p-drain");
    const others = made.custom.filter(({ type, urn }) => urn !== last.urn && !type.startsWith("pulumi:"));
    const behind = new Set([last.urn]);
    for (const one of others) {
      expect(
        one.options.dependsOn.some((urn) => behind.has(urn)),
        one.name,
      ).toBe(true);
      behind.add(one.urn);
    }
    expect(others.length).toBe(5);
  });

  it("makes no issuer without ACME: it is there already", async () => {
    const made = await addons({ acme: undefined });
    expect(made.resources.filter(({ type }) => type.includes("cert-manager.io"))).toEqual([]);
  });
});

describe("the drain", () => {
  it.each([
    ["disposable", true],
    ["production", false],
  ] as const)("of a %s stack takes claims: %s", async (lifecycle, claims) => {
    const { inputs, options } = (await addons({ lifecycle })).find(release, "p-drain");
    expect(inputs).toMatchObject({ chart: "./charts/drain", values: { claims, podLabels: labels } });
    expect(options.protect).toBe(false);
  });

  it("is given longer than its own job waits", async () => {
    const { inputs } = (await addons()).find(release, "p-drain");
    expect(inputs).toMatchObject({ timeout: 1080, values: { waitSeconds: 900 } });
  });

  it("runs in an image of the user's own", async () => {
    const images = { drain: { repository: "mirror.example.com/node", tag: undefined } };
    const { inputs } = (await addons({ images })).find(release, "p-drain");
    expect(inputs).toMatchObject({ values: { image: { repository: "mirror.example.com/node" } } });
  });
});

describe("a chart comes from", () => {
  const { name, version, repository } = traefikChart;
  it.each([
    [undefined, { chart: name, version, repositoryOpts: { repo: repository } }],
    [
      "https://charts.example.com/",
      { chart: name, version, repositoryOpts: { repo: "https://charts.example.com" } },
    ],
    ["oci://mirror.example.com/charts", { chart: "oci://mirror.example.com/charts/traefik", version }],
    ["sandbox/clouds/charts", { chart: "sandbox/clouds/charts/traefik" }],
  ])("%s", (mirror, source) => {
    expect(chartSource(traefikChart, mirror)).toEqual(source);
  });
});

describe("Traefik", () => {
  const values = (more: Partial<EdgeRequest> = {}, lifecycle: Lifecycle = "production") =>
    traefikValues({
      request: { ...request, ...more },
      lifecycle,
      labels,
      loadBalancer: { annotations: {} },
      images: {},
    });

  it("listens on each port in use, and on no other", () => {
    const { ports } = values({ tcpPortsInUse: [11112, 104] });
    expect(Object.keys(Object(ports))).toEqual(["web", "websecure", "tcp-104", "tcp-11112"]);
    expect(ports).toMatchObject({
      "tcp-104": { port: 40104, exposedPort: 104, expose: { default: true }, protocol: "TCP" },
      "tcp-11112": { port: 11112, exposedPort: 11112 },
    });
  });

  it("sends plain HTTP to HTTPS, and puts routes without an entry point on those two", () => {
    expect(values()).toMatchObject({
      ports: {
        web: {
          asDefault: true,
          http: { redirections: { entryPoint: { to: "websecure", scheme: "https", permanent: true } } },
        },
        websecure: { asDefault: true },
      },
    });
  });

  it("lets in only the sources named, and everyone where none is", () => {
    expect(values({ sources: ["192.0.2.0/24"] })).toMatchObject({
      service: { spec: { loadBalancerSourceRanges: ["192.0.2.0/24"] } },
    });
    expect(JSON.stringify(values())).not.toContain("loadBalancerSourceRanges");
  });

  it("names a class of load balancer only where the cloud has one: it cannot be changed", () => {
    expect(JSON.stringify(values())).not.toContain("loadBalancerClass");
  });

  it("has two copies and a disruption budget in production", () => {
    expect(values()).toMatchObject({
      deployment: { replicas: 2 },
      podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
    });
    expect(values({}, "disposable")).toMatchObject({
      deployment: { replicas: 1 },
      podDisruptionBudget: { enabled: false },
    });
  });

  it("gives each port one of its own inside the pod, above 1024 and beside the chart's", () => {
    const port = fc.integer({ min: 1, max: 50_000 });
    fc.assert(
      fc.property(fc.array(port), (ports) => {
        const inner = [...containerPorts(ports).values()];
        expect(new Set(inner).size).toBe(new Set(ports).size);
        for (const one of inner) expect(one >= 1024 && ![8000, 8443, 8080, 9100].includes(one)).toBe(true);
      }),
      { examples: [[[80, 40_080, 8080, 48_080]]] },
    );
  });
});

it("cert-manager elects its leader in its own namespace: kube-system is closed on managed clusters", () => {
  expect(certManagerValues("space", "production", labels)).toMatchObject({
    global: { leaderElection: { namespace: "space" } },
    crds: { enabled: true, keep: true },
    replicaCount: 2,
    webhook: { replicaCount: 2 },
  });
});
