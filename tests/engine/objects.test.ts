import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { startEngine } from "../../sandbox/engine/index.ts";
import { plainInner } from "../../sandbox/engine/kubernetes/state.ts";
import type { PlainBag } from "../../sandbox/engine/rpc/values.ts";
import { TestStack } from "./support/stack.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();
const deployment = (name: string, more = "") => `new k8s.apps.v1.Deployment("${name}", {
  metadata: { name: "${name}" ${more} },
  spec: { selector: { matchLabels: { app: "${name}" } }, template: {
    metadata: { labels: { app: "${name}" } }, spec: { containers: [{ name: "main", image: "nothing:1", resources: { limits: { cpu: "1000m" } } }] } } },
});`;

/** Says what a node would say, as there is none. */
async function pretend(path: string, say: (live: PlainBag) => PlainBag | undefined): Promise<void> {
  const { client } = world.api();
  for (;;) {
    const live = await client.request({ method: "GET", path }).catch(() => undefined);
    const status = live === undefined ? undefined : say(live);
    if (status !== undefined) {
      const body = { status };
      await client.request({
        method: "PATCH",
        path: `${path}/status`,
        body,
        contentType: "application/merge-patch+json",
      });
      return;
    }
    await sleep(100);
  }
}

describe("objects through the real engine", () => {
  it("previews without any cluster, with made names known and outputs unknown", async () => {
    const engine = await startEngine({ kubeconfig: "/nowhere/kubeconfig", inside: [] });
    try {
      const stack = await TestStack.create(engine, "offline");
      await stack.program(`
        const ns = new k8s.core.v1.Namespace("app");
        const secret = new k8s.core.v1.Secret("keys", { metadata: { namespace: ns.metadata.name }, stringData: { a: "b" } });
        export const name = secret.metadata.name;
        export const uid = secret.metadata.uid;
        ${deployment("web")}
      `);
      expect(await stack.preview()).toMatchObject({ app: "create", keys: "create", web: "create" });
      expect(await stack.failingUp()).toContain("configured Kubernetes cluster is unreachable");
      expect((await stack.resources()).filter(({ type }) => type.startsWith("kubernetes:"))).toEqual([]);
      await stack.remove();
    } finally {
      await engine.close();
    }
  });

  it("keeps every secret out of the state in clear, also where the server repeats it in another form", async () => {
    const stack = await world.stack("secrets");
    const clear = "correct horse battery staple";
    await stack.program(`
      const word = pulumi.secret("${clear}");
      new k8s.core.v1.Secret("sealed", { stringData: { word } });
      new k8s.core.v1.Secret("careless", { stringData: { word: "${clear}" } });
      new k8s.core.v1.ConfigMap("map", { data: { word } });
      new k8s.apiextensions.CustomResource("binding", {
        apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", rules: [{ apiGroups: [word], resources: ["x"], verbs: ["get"] }] });
      const made = new random.RandomPassword("made", { length: 24 });
      const key = new tls.PrivateKey("key", { algorithm: "ED25519" });
      export const secret = made.result;
      export const pem = key.privateKeyPem;
    `);
    await stack.up();
    const state = await stack.state();
    const { secret, pem } = await stack.outputs();
    for (const word of [
      clear,
      Buffer.from(clear).toString("base64"),
      String(secret),
      String(pem).split("\n")[1] ?? "",
    ]) {
      expect(word.length).toBeGreaterThan(20);
      expect(state).not.toContain(word);
    }
    expect((await stack.pulumi(["preview", "--diff", "--non-interactive"])).text).not.toContain(clear);
    await stack.destroy();
  });

  it("refuses what exists already, a field that does not, and a field that another manager holds", async () => {
    await world.api().client.request({
      method: "POST",
      path: "/api/v1/namespaces/default/configmaps",
      query: { fieldManager: "kubectl" },
      body: { metadata: { name: "theirs" }, data: { a: "1" } },
    });
    const stack = await world.stack("refused");
    await stack.program(
      'new k8s.core.v1.ConfigMap("theirs", { metadata: { name: "theirs" }, data: { a: "2" } });',
    );
    expect(await stack.failingUp()).toContain(
      "ConfigMap default/theirs already exists and is not in this stack's state",
    );
    await stack.program(`
      const provider = new k8s.Provider("taking", { upsertExistingObjects: true });
      new k8s.core.v1.ConfigMap("theirs", { metadata: { name: "theirs" }, data: { a: "2" } }, { provider });
    `);
    expect(await stack.failingUp()).toMatch(/conflict with "kubectl".*data\.a.*patchForce/s);
    await stack.program(`
      const provider = new k8s.Provider("taking", { upsertExistingObjects: true });
      new k8s.core.v1.ConfigMap("theirs", { metadata: { name: "theirs", annotations: { "pulumi.com/patchForce": "true" } }, data: { a: "2" } }, { provider });
    `);
    await stack.up();
    expect(await world.get("/api/v1/namespaces/default/configmaps/theirs")).toMatchObject({
      data: { a: "2" },
    });
    await stack.program(
      'new k8s.apiextensions.CustomResource("wrong", { apiVersion: "v1", kind: "Service", spec: { prots: [] } });',
    );
    expect(await stack.failingUp()).toMatch(/spec\.prots/);
    await stack.program(
      'new k8s.apiextensions.CustomResource("unknown", { apiVersion: "example.com/v1", kind: "Thing" }, { customTimeouts: { create: "1s" } });',
    );
    expect(await stack.failingUp()).toContain("the API server knows no kind Thing in example.com/v1");
    await stack.destroy();
  });

  it("sees drift at a refresh and mends it, and takes a deleted object for gone", async () => {
    const stack = await world.stack("drift");
    await stack.program(`
      new k8s.core.v1.ConfigMap("drifting", { metadata: { name: "drifting" }, data: { a: "1", b: "2" } });
      new k8s.core.v1.ServiceAccount("gone", { metadata: { name: "gone" } });
    `);
    await stack.up();
    expect(await stack.preview("--refresh")).toEqual({});
    await world.patch("/api/v1/namespaces/default/configmaps/drifting", { data: { a: "9", other: "x" } });
    await world
      .api()
      .client.request({ method: "DELETE", path: "/api/v1/namespaces/default/serviceaccounts/gone" });
    await stack.refresh();
    expect((await stack.resource("drifting")).inputs.data).toEqual({ a: "9", b: "2" });
    expect(await stack.preview()).toEqual({ drifting: "replace", gone: "create" });
    await stack.up();
    expect(await world.get("/api/v1/namespaces/default/configmaps/drifting")).toMatchObject({
      data: { a: "1", b: "2" },
    });
    await stack.destroy();
  });

  it("waits for a rollout, and keeps what did not become ready in the state with the reason", async () => {
    const stack = await world.stack("waiting");
    await stack.program(deployment("slow", ', annotations: { "pulumi.com/timeoutSeconds": "3" }'));
    expect(await stack.failingUp()).toContain("not ready after 3 s");
    expect((await stack.resource("slow")).initErrors.join()).toContain("not ready after 3 s");
    expect(await stack.preview()).toEqual({ slow: "update" });
    const path = "/apis/apps/v1/namespaces/default/deployments/slow";
    await stack.program(deployment("slow", ', annotations: { "pulumi.com/skipAwait": "true" }'));
    await stack.up();
    expect((await stack.resource("slow")).initErrors).toEqual([]);
    expect(await stack.preview("--refresh")).toEqual({});
    await stack.destroy();
    // Not awaited either, its deletion takes the moment that its pods take.
    await expect.poll(() => world.get(path).catch(String), { timeout: 20_000 }).toMatch(/not found/);
  });

  it("waits for what is asked by pulumi.com/waitFor, for Jobs, claims and Services", async () => {
    const stack = await world.stack("conditions");
    await stack.program(`
      new k8s.core.v1.Pod("asked", { metadata: { name: "asked", annotations: { "pulumi.com/waitFor": "jsonpath={.status.phase}=Running" } },
        spec: { containers: [{ name: "a", image: "b" }] } });
      new k8s.batch.v1.Job("job", { metadata: { name: "job" }, spec: { backoffLimit: 0, template: { spec: { restartPolicy: "Never", containers: [{ name: "a", image: "b" }] } } } });
      const late = new k8s.storage.v1.StorageClass("late", { metadata: { name: "late" }, provisioner: "none", volumeBindingMode: "WaitForFirstConsumer" });
      new k8s.core.v1.PersistentVolumeClaim("claim", { metadata: { name: "claim" }, spec: {
        storageClassName: late.metadata.name, accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } } });
      new k8s.core.v1.Service("headless", { metadata: { name: "headless" }, spec: { clusterIP: "None", ports: [{ port: 80 }] } });
      export const address = new k8s.core.v1.Service("balanced", { metadata: { name: "balanced" }, spec: { type: "LoadBalancer", ports: [{ port: 80 }] } }).status.loadBalancer.ingress[0].ip;
    `);
    const update = stack.up();
    await pretend("/api/v1/namespaces/default/pods/asked", () => ({ phase: "Running" }));
    await pretend("/apis/batch/v1/namespaces/default/jobs/job", (live) => {
      const { startTime = null } = plainInner(live, "status");
      if (startTime === null) return undefined;
      const now = new Date().toISOString();
      const conditions = ["SuccessCriteriaMet", "Complete"].map((type) => ({
        type,
        status: "True",
        lastTransitionTime: now,
      }));
      return {
        startTime,
        completionTime: now,
        active: 0,
        ready: 0,
        succeeded: 1,
        uncountedTerminatedPods: {},
        conditions,
      };
    });
    await pretend("/api/v1/namespaces/default/services/balanced", () => ({
      loadBalancer: { ingress: [{ ip: "192.0.2.7" }] },
    }));
    await update;
    expect(await stack.outputs()).toEqual({ address: "192.0.2.7" });
    await stack.destroy();
  });

  it("waits until a deletion is complete, and says what holds it", async () => {
    const stack = await world.stack("finalizer");
    await stack.program(
      `new k8s.core.v1.ConfigMap("held", { metadata: { name: "held", finalizers: ["example.com/hold"] } }, { customTimeouts: { delete: "2s" } });`,
    );
    await stack.up();
    const failed = await stack.pulumi(["destroy", "--yes", "--skip-preview", "--non-interactive"]);
    expect(failed.text).toContain(
      "ConfigMap default/held is still there 2 s after its deletion. Look at its finalizers",
    );
    await world.patch("/api/v1/namespaces/default/configmaps/held", { metadata: { finalizers: null } });
    await stack.destroy();
    expect(await stack.resources()).toEqual([]);
  });

  it("reads what is not its own by get", async () => {
    const stack = await world.stack("get");
    await stack.program(`
      const service = k8s.core.v1.Service.get("api", "default/kubernetes");
      export const port = service.spec.ports[0].port;
    `);
    await stack.up();
    expect(await stack.outputs()).toEqual({ port: 443 });
    await stack.destroy();
    await world.get("/api/v1/namespaces/default/services/kubernetes");
  });

  it("makes a definition and objects of it in one update, outside of namespaces too, and changes nothing afterwards", async () => {
    const stack = await world.stack("definitions");
    await stack.program(`
      const define = (plural: string, kind: string, scope: string) => new k8s.apiextensions.v1.CustomResourceDefinition(plural, {
        metadata: { name: plural + ".example.com" },
        spec: { group: "example.com", scope, names: { plural, kind }, versions: [{ name: "v1", served: true, storage: true,
          schema: { openAPIV3Schema: { type: "object", properties: { spec: { type: "object", properties: { a: { type: "string" } } } } } } }] } });
      const ships = define("ships", "Ship", "Cluster");
      const boats = define("boats", "Boat", "Namespaced");
      new k8s.apiextensions.CustomResource("ship", { apiVersion: "example.com/v1", kind: "Ship", spec: { a: "b" } }, { dependsOn: ships });
      new k8s.apiextensions.CustomResource("boat", { apiVersion: "example.com/v1", kind: "Boat", spec: { a: "b" } }, { dependsOn: boats });
    `);
    expect(await stack.preview()).toEqual({
      ships: "create",
      boats: "create",
      ship: "create",
      boat: "create",
    });
    await stack.up();
    expect((await stack.resource("ship")).id).toMatch(/^ship-[0-9a-f]{8}$/);
    expect((await stack.resource("boat")).id).toMatch(/^default\/boat-[0-9a-f]{8}$/);
    expect(await stack.preview()).toEqual({});
    await stack.refresh();
    expect(await stack.preview()).toEqual({});
    await stack.destroy();
  });
});
