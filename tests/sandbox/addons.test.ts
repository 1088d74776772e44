/** The drain and the stand-in charts in a real cluster, by plain Helm. */
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certManagerValues } from "../../providers/addons/certManager.ts";
import { traefikValues } from "../../providers/addons/traefik.ts";
import { importImages, insideEnv, insidePrefix } from "../../sandbox/cluster/index.ts";
import { finalizer } from "../../sandbox/controllers/edge/balancers.ts";
import { ensureImages } from "../../sandbox/images/index.ts";
import { ensureTools } from "../../sandbox/toolchain/index.ts";
import {
  agentConfig,
  agents,
  certificate,
  eventually,
  namespace,
  openWorld,
  type World,
} from "./controllers-world.ts";

const root = join(import.meta.dirname, "..", "..");
const image = { repository: "sandbox/drain", tag: "24", pullPolicy: "Never" };
const restricted = { "pod-security.kubernetes.io/enforce": "restricted" };
const spaces = ["addons-platform", "addons-own", "addons-edge"] as const;
const [platform, own, edge] = spaces;

let world: World;
let helm3 = "";

/** Runs Helm inside. Fails with all that it said. */
async function helm(args: readonly string[], values?: object): Promise<void> {
  const [program = "", ...prefix] = [...insidePrefix(world.handle), helm3];
  const given = values === undefined ? {} : { input: JSON.stringify(values) };
  const file = values === undefined ? [] : ["--values=-"];
  await execa(program, [...prefix, ...args, "--timeout=2m", ...file], {
    env: insideEnv(world.handle),
    ...given,
  });
}

const install = (name: string, space: string, chart: string, values: object) =>
  helm(["install", name, join(root, chart), `--namespace=${space}`, "--wait"], values);
const uninstall = (name: string, space: string) => helm(["uninstall", name, `--namespace=${space}`]);

const names = (kind: string) =>
  world.kubectl("get", kind, `--namespace=${own}`, "--output=jsonpath={.items[*].metadata.name}");

const balancer = (name: string, more: object = {}) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name, namespace: own, ...more },
  spec: { type: "LoadBalancer", ports: [{ port: 9999 }] },
});

/** A StatefulSet with a claim, of which Kubernetes itself never removes the claim. */
const store = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  metadata: { name: "store", namespace: own },
  spec: {
    serviceName: "store",
    selector: { matchLabels: { app: "store" } },
    template: {
      metadata: { labels: { app: "store" } },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: "store",
            image: "sandbox/drain:24",
            imagePullPolicy: "Never",
            command: ["node", "-e", "setInterval(() => {}, 1e6)"],
            volumeMounts: [{ name: "data", mountPath: "/data" }],
          },
        ],
      },
    },
    volumeClaimTemplates: [
      {
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "10Mi" } } },
      },
    ],
  },
};

beforeAll(async () => {
  world = await openWorld();
  helm3 = (await ensureTools(["helm3"])).helm3;
  await importImages(world.handle, await ensureImages(["drain"]));
  await world.remove(...spaces);
  await world.apply(namespace(platform, restricted), namespace(own), namespace(edge, restricted));
});
afterAll(async () => {
  await world.remove(...spaces);
  await world.close();
});

describe("the drain", () => {
  beforeAll(async () => {
    await world.apply(balancer("front"), store);
    await world.kubectl("rollout", "status", "statefulset/store", `--namespace=${own}`, "--timeout=60s");
  });

  it("takes a load balancer with its finalizer, and in production leaves the claim", async () => {
    await eventually(async () => {
      const made = await world.kubectl("get", "service", "front", `--namespace=${own}`, "--output=json");
      expect(made).toContain(finalizer);
      expect(made).toMatch(/"ip": "10\.99\.0\.\d+"/);
    });
    await install("drain", platform, "charts/drain", { image, claims: false });
    await uninstall("drain", platform);
    expect(await names("services")).toBe("");
    expect(await names("statefulsets,pods,persistentvolumeclaims")).toBe("store store-0 data-store-0");
  });

  it("takes the claim too in a disposable stack, with what uses it and its volume", async () => {
    await install("drain", platform, "charts/drain", { image, claims: true });
    await uninstall("drain", platform);
    expect(await names("statefulsets,pods,persistentvolumeclaims")).toBe("");
    expect(await world.kubectl("get", "persistentvolumes", "--output=name")).toBe("");
    expect(await world.kubectl("get", "service", "edge", "--namespace=edge", "--output=name")).not.toBe("");
  });

  it("fails when something stays, and names it with its finalizer", async () => {
    await world.apply(balancer("held", { finalizers: ["example.com/never"] }));
    await install("drain", platform, "charts/drain", { image, claims: false, waitSeconds: 4 });
    await expect(uninstall("drain", platform)).rejects.toThrow("job");
    const log = await world.kubectl("logs", "job/drain", `--namespace=${platform}`);
    expect(log).toContain("services/held is being deleted and waits for example.com/never");
    const nothing = '{"metadata":{"finalizers":null}}';
    await world.kubectl(
      "patch",
      "service",
      "held",
      `--namespace=${own}`,
      "--type=merge",
      `--patch=${nothing}`,
    );
    await uninstall("drain", platform);
  });
});

describe("the stand-in charts", () => {
  const labels = { "portolan.dev/stack": "test" };
  const request = { className: "addons", tcpPortsInUse: [11112], sources: ["192.0.2.0/24"] };
  let address = "";

  beforeAll(async () => {
    const values = traefikValues({
      request,
      lifecycle: "production",
      labels,
      loadBalancer: { annotations: {} },
    });
    await install("traefik", edge, "sandbox/clouds/charts/traefik", values);
    await install(
      "cert-manager",
      edge,
      "sandbox/clouds/charts/cert-manager",
      certManagerValues(edge, "production", labels),
    );
    const jsonpath = "--output=jsonpath={.status.loadBalancer.ingress[0].ip}";
    address = await world.kubectl("get", "service", "traefik", `--namespace=${edge}`, jsonpath);
    const annotations = { "kubernetes.io/ingress.class": "addons" };
    const traefik = (kind: string, spec: object) => ({
      apiVersion: "traefik.io/v1alpha1",
      kind,
      metadata: { name: `web-${kind}`.toLowerCase(), namespace: own, annotations },
      spec,
    });
    const tcp = (port: number) => ({
      ...traefik("IngressRouteTCP", {
        entryPoints: [`tcp-${port}`],
        routes: [{ match: "HostSNI(`*`)", services: [{ name: "web", port: "echo" }] }],
        tls: { secretName: "tls" },
      }),
      metadata: { name: `tcp-${port}`, namespace: own, annotations },
    });
    await world.apply(
      {
        apiVersion: "cert-manager.io/v1",
        kind: "ClusterIssuer",
        metadata: { name: "addons-acme" },
        spec: { acme: { server: "https://acme.example.com", privateKeySecretRef: { name: "account" } } },
      },
      await agentConfig(own),
      ...agents(own, "web", 1),
      certificate(own, "tls", ["a.example.com"], {
        issuerRef: { kind: "ClusterIssuer", name: "addons-acme" },
      }),
      // As a tenant's: in from the edge's namespace, and from nowhere else.
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "tenant", namespace: own },
        spec: {
          podSelector: {},
          ingress: [
            { from: [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": edge } } }] },
          ],
        },
      },
      traefik("IngressRoute", {
        entryPoints: ["websecure"],
        routes: [{ kind: "Rule", match: "Host(`a.example.com`)", services: [{ name: "web", port: 80 }] }],
        tls: { secretName: "tls" },
      }),
      tcp(11112),
      tcp(11113),
    );
    await world.kubectl("rollout", "status", "deployment/web", `--namespace=${own}`, "--timeout=60s");
  });
  afterAll(async () => {
    await world.kubectl("delete", "clusterissuer", "addons-acme");
    await uninstall("traefik", edge);
  });

  const get = (to: string) =>
    world.ask({ kind: "fetch", address: to, port: 443, tls: true, host: "a.example.com", ca: world.ca });

  it("serve routes of their class at an address of their own, certificates by ACME included", async () => {
    expect(address).toMatch(/^10\.99\.0\.(?!1$)\d+$/);
    await eventually(async () => expect(await get(address)).toMatchObject({ status: 200 }));
    expect(await get("10.99.0.1"), "the sandbox's own edge has another class").not.toMatchObject({
      status: 200,
    });
  });

  it("open a TCP port only where the values name it", async () => {
    const jsonpath = "--output=jsonpath={.spec.ports[*].port}";
    const ports = await world.kubectl("get", "service", "traefik", `--namespace=${edge}`, jsonpath);
    expect(ports.split(" ").sort()).toEqual(["11112", "443", "80"]);
  });
});
