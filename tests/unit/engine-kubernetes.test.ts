import { describe, expect, it } from "vitest";
import { waitForRule } from "../../sandbox/engine/kubernetes/await/waitFor.ts";
import {
  deploymentReady,
  jobReady,
  statefulSetReady,
} from "../../sandbox/engine/kubernetes/await/workloads.ts";
import { Cluster } from "../../sandbox/engine/kubernetes/cluster.ts";
import { diffSettings } from "../../sandbox/engine/kubernetes/configure.ts";
import { autonamed } from "../../sandbox/engine/kubernetes/names.ts";
import { checkObject, diffObject } from "../../sandbox/engine/kubernetes/plan.ts";
import { checkSettings, readSettings } from "../../sandbox/engine/kubernetes/settings.ts";
import { checkpoint, driftedInputs } from "../../sandbox/engine/kubernetes/state.ts";
import { type Bag, computed, Secret } from "../../sandbox/engine/rpc/values.ts";

const quiet = { status: () => {}, info: () => {}, warning: () => {} };
const context = (settings: ConstructorParameters<typeof Cluster>[0] = {}) => ({
  cluster: new Cluster({ kubeconfig: "/nowhere/at/all", ...settings }),
  log: quiet,
  signal: new AbortController().signal,
  folder: () => ".",
  charts: new Map(),
});
const target = (apiVersion: string, kind: string) => ({
  urn: "urn:pulumi:s::p::x::web",
  type: `kubernetes:${apiVersion}:${kind}`,
  name: "web",
});
const object = (spec: Bag, more: Bag = {}): Bag => ({
  metadata: { name: "web", namespace: "ns" },
  spec,
  ...more,
});

async function diff(apiVersion: string, kind: string, olds: Bag, news: Bag, settings = {}) {
  const args = {
    ...target(apiVersion, kind),
    id: "ns/web",
    oldInputs: olds,
    oldOutputs: {},
    news,
    ignoreChanges: [],
  };
  const { changes, deleteBeforeReplace } = await diffObject(context(settings), args);
  const replaced = changes.some(({ replace }) => replace);
  return changes.length === 0
    ? "same"
    : !replaced
      ? "update"
      : deleteBeforeReplace
        ? "delete, then create"
        : "replace";
}

describe("a changed object", () => {
  const named = (name: string, namespace: string): Bag => ({ metadata: { name, namespace } });
  it.each<[string, string, string, Bag, Bag, string]>([
    ["nothing", "apps/v1", "Deployment", object({ replicas: 1 }), object({ replicas: 1 }), "same"],
    ["replicas", "apps/v1", "Deployment", object({ replicas: 1 }), object({ replicas: 2 }), "update"],
    ["a name", "v1", "ServiceAccount", named("a", "n"), named("b", "n"), "replace"],
    ["a namespace", "v1", "ServiceAccount", named("a", "n"), named("a", "m"), "replace"],
    [
      "a selector",
      "apps/v1",
      "Deployment",
      object({ selector: { matchLabels: { a: "1" } } }),
      object({ selector: { matchLabels: { a: "2" } } }),
      "delete, then create",
    ],
    [
      "a claim template",
      "apps/v1",
      "StatefulSet",
      object({ volumeClaimTemplates: [{ spec: { storageClassName: "a" } }] }),
      object({ volumeClaimTemplates: [{ spec: { storageClassName: "b" } }] }),
      "delete, then create",
    ],
    [
      "a pod template",
      "apps/v1",
      "StatefulSet",
      object({ template: { a: 1 } }),
      object({ template: { a: 2 } }),
      "update",
    ],
    [
      "a pod template",
      "batch/v1",
      "Job",
      object({ template: { a: 1 } }),
      object({ template: { a: 2 } }),
      "delete, then create",
    ],
    [
      "a backoff limit",
      "batch/v1",
      "Job",
      object({ backoffLimit: 1 }),
      object({ backoffLimit: 2 }),
      "update",
    ],
    [
      "a size",
      "core/v1",
      "PersistentVolumeClaim",
      object({ resources: { requests: { storage: "1Gi" } } }),
      object({ resources: { requests: { storage: "2Gi" } } }),
      "update",
    ],
    [
      "a class",
      "core/v1",
      "PersistentVolumeClaim",
      object({ storageClassName: "a" }),
      object({ storageClassName: "b" }),
      "delete, then create",
    ],
    [
      "a fixed address",
      "core/v1",
      "Service",
      object({ clusterIP: "None" }),
      object({}),
      "delete, then create",
    ],
    [
      "a type",
      "core/v1",
      "Service",
      object({ type: "ClusterIP" }),
      object({ type: "LoadBalancer" }),
      "update",
    ],
    [
      "data",
      "core/v1",
      "ConfigMap",
      object({}, { data: { a: "1" } }),
      object({}, { data: { a: "2" } }),
      "delete, then create",
    ],
    [
      "data",
      "core/v1",
      "Secret",
      object({}, { stringData: new Secret({ a: "1" }) }),
      object({}, { stringData: new Secret({ a: "2" }) }),
      "delete, then create",
    ],
    [
      "labels of a Secret",
      "core/v1",
      "Secret",
      { metadata: { name: "web" } },
      { metadata: { name: "web", labels: { a: "b" } } },
      "update",
    ],
    [
      "parameters",
      "storage.k8s.io/v1",
      "StorageClass",
      object({}, { parameters: { a: "1" } }),
      object({}, { parameters: { a: "2" } }),
      "delete, then create",
    ],
    [
      "a role",
      "rbac.authorization.k8s.io/v1",
      "RoleBinding",
      object({}, { roleRef: { name: "a" } }),
      object({}, { roleRef: { name: "b" } }),
      "delete, then create",
    ],
    [
      "an API group",
      "traefik.io/v1",
      "IngressRoute",
      object({}, { apiVersion: "traefik.io/v1" }),
      object({}, { apiVersion: "traefik.example/v1" }),
      "delete, then create",
    ],
    [
      "an API version",
      "traefik.io/v1",
      "IngressRoute",
      object({}, { apiVersion: "traefik.io/v1" }),
      object({}, { apiVersion: "traefik.io/v2" }),
      "update",
    ],
    [
      "an unknown value",
      "core/v1",
      "ConfigMap",
      object({}, { data: { a: "1" } }),
      object({}, { data: { a: computed } }),
      "delete, then create",
    ],
  ])("with %s of %s %s", async (_what, apiVersion, kind, olds, news, expected) => {
    const api = apiVersion.includes("/") ? apiVersion : `core/${apiVersion}`;
    expect(await diff(api, kind, olds, news)).toBe(expected);
  });

  it("gets a new name with its replacement when the name was made", async () => {
    const metadata = (name: string): Bag => ({ name, namespace: "ns", annotations: { [autonamed]: "true" } });
    const olds = { metadata: metadata("web-1"), data: { a: "1" } };
    expect(await diff("core/v1", "ConfigMap", olds, { ...olds, data: { a: "2" } })).toBe("replace");
  });

  it("is updated in place where the provider allows changed ConfigMaps and Secrets, unless the object is immutable", async () => {
    const settings = { enableConfigMapMutable: true, enableSecretMutable: true };
    const olds = object({}, { data: { a: "1" } });
    const news = object({}, { data: { a: "2" } });
    expect(await diff("core/v1", "ConfigMap", olds, news, settings)).toBe("update");
    expect(await diff("core/v1", "Secret", olds, news, settings)).toBe("update");
    expect(
      await diff(
        "core/v1",
        "ConfigMap",
        { ...olds, immutable: true },
        { ...news, immutable: true },
        settings,
      ),
    ).toBe("delete, then create");
  });
});

describe("checking an object without a cluster", () => {
  const check = (apiVersion: string, kind: string, news: Bag, olds: Bag = {}) =>
    checkObject(context({ namespace: "own" }), {
      ...target(apiVersion, kind),
      olds,
      news,
      randomSeed: new Uint8Array([1]),
    });

  it("names what has no name, and keeps that name", async () => {
    const first = (await check("core/v1", "ConfigMap", { data: { a: "1" } })).inputs;
    expect(first).toMatchObject({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { namespace: "own", name: expect.stringMatching(/^web-[0-9a-f]{8}$/) },
    });
    const second = (await check("core/v1", "ConfigMap", { data: { a: "2" } }, first)).inputs;
    expect(second.metadata).toEqual(first.metadata);
  });

  it("gives no namespace to a kind that lives in none", async () => {
    expect(
      (await check("storage.k8s.io/v1", "StorageClass", { provisioner: "x" })).inputs.metadata,
    ).not.toHaveProperty("namespace");
  });

  it.each([
    ["core/v1", "ConfigMap", { dada: {} }, 'has no property "dada"; it has apiVersion'],
    [
      "core/v1",
      "Pod",
      { metadata: { annotations: { "pulumi.com/waitFor": "ready" } } },
      "pulumi.com/waitFor is",
    ],
    [
      "core/v1",
      "Pod",
      { metadata: { annotations: { "pulumi.com/timeoutSeconds": "soon" } } },
      "pulumi.com/timeoutSeconds is",
    ],
    [
      "core/v1",
      "Pod",
      { metadata: { annotations: { "pulumi.com/deletionPropagationPolicy": "x" } } },
      "allowed are foreground, background, orphan",
    ],
    [
      "batch/v1",
      "Job",
      { metadata: { annotations: { "pulumi.com/replaceUnready": "true" } } },
      "does not know the annotation pulumi.com/replaceUnready; it knows pulumi.com/autonamed",
    ],
  ])("refuses %s %s with %o", async (apiVersion, kind, news, reason) => {
    expect((await check(apiVersion, kind, news)).failures[0]?.reason).toContain(reason);
  });

  it.each([
    "kubernetes:core/v1:Konfigmap",
    "kubernetes:core/v1:ConfigMapPatch",
    "kubernetes:core/v1:ConfigMapList",
    "kubernetes:yaml:ConfigFile",
  ])("refuses the type %s", async (type) => {
    const args = { urn: "u", name: "x", type, olds: {}, news: {}, randomSeed: new Uint8Array() };
    await expect(checkObject(context(), args)).rejects.toThrow();
  });

  it("seals the values of a Secret that came in clear", async () => {
    const { inputs } = await check("core/v1", "Secret", { stringData: { a: "clear" } });
    expect(inputs.stringData).toBeInstanceOf(Secret);
  });
});

describe("the state of an object", () => {
  it("keeps data secret that the server made of stringData, and all of a list with a secret in it", () => {
    const live = { apiVersion: "v1", kind: "Secret", metadata: { managedFields: [] }, data: { a: "eA==" } };
    expect(checkpoint(live, { stringData: new Secret({ a: "x" }) }, "m").data).toBeInstanceOf(Secret);
    const pod = { apiVersion: "v1", kind: "Pod", spec: { containers: [{ env: [{ value: "s" }] }] } };
    const inputs = { spec: { containers: [{ env: [{ value: new Secret("s") }] }] } };
    expect(checkpoint(pod, inputs, "m")).toMatchObject({ spec: { containers: expect.any(Secret) } });
  });

  it.each<[string, Bag, Parameters<typeof driftedInputs>[1], Bag]>([
    ["another spelling of a quantity", { a: "1000m" }, { a: "1" }, { a: "1000m" }],
    ["an empty value that the server leaves out", { a: false, b: {}, c: "" }, {}, { a: false, b: {}, c: "" }],
    ["a changed value", { a: "x" }, { a: "y" }, { a: "y" }],
    ["a removed value", { a: "x", b: "y" }, { b: "y" }, { b: "y" }],
    ["a field of another manager", { a: { b: 1 } }, { a: { b: 1, c: 2 }, d: 3 }, { a: { b: 1 } }],
    [
      "a named item that another added",
      { env: [{ name: "a", value: "1" }] },
      { env: [{ name: "z" }, { name: "a", value: "1" }] },
      { env: [{ name: "a", value: "1" }] },
    ],
    [
      "a changed named item",
      { env: [{ name: "a", value: "1" }] },
      { env: [{ name: "a", value: "2" }] },
      { env: [{ name: "a", value: "2" }] },
    ],
    ["a list without names", { args: ["a"] }, { args: ["a", "b"] }, { args: ["a", "b"] }],
  ])("sees %s", (_what, inputs, live, expected) => {
    expect(driftedInputs(inputs, live)).toEqual(expected);
  });

  it("compares stringData with the data that the server made of it", () => {
    const inputs: Bag = { apiVersion: "v1", kind: "Secret", stringData: new Secret({ a: "x" }) };
    const live = (value: string) => ({
      apiVersion: "v1",
      kind: "Secret",
      data: { a: Buffer.from(value).toString("base64") },
    });
    expect(driftedInputs(inputs, live("x"))).toEqual(inputs);
    expect(driftedInputs(inputs, live("y")).stringData).toEqual(new Secret({ a: "y" }));
  });
});

describe("readiness", () => {
  const deployment = (status: Record<string, number>, generation = 1) => ({
    metadata: { generation },
    spec: { replicas: 2 },
    status: { observedGeneration: 1, conditions: [{ type: "Available", status: "True" }], ...status },
  });
  it.each([
    [deployment({ updatedReplicas: 2, replicas: 2, availableReplicas: 2 }), true],
    [deployment({ updatedReplicas: 2, replicas: 2, availableReplicas: 2 }, 2), false],
    [deployment({ updatedReplicas: 1, replicas: 2, availableReplicas: 2 }), false],
    [deployment({ updatedReplicas: 2, replicas: 3, availableReplicas: 2 }), false],
    [deployment({ updatedReplicas: 2, replicas: 2, availableReplicas: 1 }), false],
  ])("of a Deployment %#", (live, expected) => {
    expect(deploymentReady(live).ready).toBe(expected);
  });

  it("of a StatefulSet looks at the revision too", () => {
    const status = { observedGeneration: 1, readyReplicas: 1, updatedReplicas: 1, currentRevision: "a" };
    const live = (updateRevision: string) => ({
      metadata: { generation: 1 },
      spec: {},
      status: { ...status, updateRevision },
    });
    expect([statefulSetReady(live("a")).ready, statefulSetReady(live("b")).ready]).toEqual([true, false]);
  });

  it("of a Job ends with its failure", () => {
    const failed = {
      spec: {},
      status: { conditions: [{ type: "Failed", status: "True", reason: "BackoffLimitExceeded" }] },
    };
    expect(jobReady(failed)).toMatchObject({
      ready: false,
      failed: true,
      why: expect.stringContaining("BackoffLimitExceeded"),
    });
  });

  it.each([
    ["condition=Ready", true],
    ["condition=Ready=False", false],
    ["jsonpath={.status.phase}=Up", true],
    ["jsonpath={.status.phase}", true],
    ['jsonpath={.status.conditions[?(@.type=="Ready")].status}=True', true],
    ["jsonpath={.status.hosts[0].ip}", false],
    ['["condition=Ready", "jsonpath={.status.phase}=Down"]', false],
  ])("by pulumi.com/waitFor %s", (rule, expected) => {
    const live = { status: { phase: "Up", conditions: [{ type: "Ready", status: "True" }] } };
    expect(waitForRule(rule)(live).ready).toBe(expected);
  });
});

describe("a provider's settings", () => {
  const kubeconfig = (server: string): string =>
    JSON.stringify({
      "current-context": "a",
      contexts: [
        { name: "a", context: { cluster: "c" } },
        { name: "b", context: { cluster: "d" } },
      ],
      clusters: [
        { name: "c", cluster: { server } },
        { name: "d", cluster: { server: "https://d" } },
      ],
    });
  const one = { kubeconfig: kubeconfig("https://one") };
  const two = { kubeconfig: kubeconfig("https://two") };
  it.each<[string, Bag, Bag, string]>([
    ["the same", one, one, "same"],
    ["another address of the cluster", one, two, "replace"],
    ["an unknown kubeconfig", one, { kubeconfig: computed }, "replace"],
    [
      "another address under the same identifier",
      { ...one, clusterIdentifier: "x" },
      { ...two, clusterIdentifier: "x" },
      "update",
    ],
    [
      "an unknown kubeconfig under the same identifier",
      { ...one, clusterIdentifier: "x" },
      { kubeconfig: computed, clusterIdentifier: "x" },
      "update",
    ],
    ["another identifier", { ...one, clusterIdentifier: "x" }, { ...one, clusterIdentifier: "y" }, "replace"],
    ["an added identifier", one, { ...one, clusterIdentifier: "y" }, "update"],
    ["a context of another cluster", one, { ...one, context: "b" }, "replace"],
    ["a context that does not exist", one, { ...one, context: "nope" }, "update"],
    ["an ambient kubeconfig made explicit", {}, one, "update"],
    ["another namespace", one, { ...one, namespace: "x" }, "update"],
  ])("with %s", (_what, olds, news, expected) => {
    const args = {
      urn: "u",
      type: "t",
      name: "n",
      id: "",
      oldInputs: olds,
      oldOutputs: {},
      news,
      ignoreChanges: [],
    };
    const { changes } = diffSettings(args);
    expect(
      changes.length === 0 ? "same" : changes.some(({ replace }) => replace) ? "replace" : "update",
    ).toBe(expected);
  });

  it("are refused where they are unknown or not implemented", () => {
    const failures = checkSettings({ kubeconfg: "x", renderYamlToDirectory: "out" });
    expect(failures.map(({ reason }) => reason).join()).toMatch(/kubeconfg/);
    expect(checkSettings({ renderYamlToDirectory: "out" })[0]?.reason).toContain(
      "cannot render to a directory",
    );
    expect(checkSettings({ enableServerSideApply: "false" })[0]?.reason).toContain(
      "only applies on the server",
    );
    expect(checkSettings({ kubeconfig: computed, enableSecretMutable: "true", __internal: {} })).toEqual([]);
  });

  it("come from the environment where the provider says nothing", () => {
    const env = { PULUMI_K8S_DELETE_UNREACHABLE: "true", PULUMI_K8S_ENABLE_SECRET_MUTABLE: "true" };
    expect(readSettings({ enableSecretMutable: "false" }, env)).toEqual({
      deleteUnreachable: true,
      enableSecretMutable: false,
    });
  });
});
