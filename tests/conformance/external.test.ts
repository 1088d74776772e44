/** Keys that come from a secret manager: a stack of the probe on each cloud, and on a store of the user's own. */
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { project } from "../../ops/inside.ts";
import { pulumi } from "../../ops/pulumi/cli.ts";
import { changeCount } from "../../ops/pulumi/events.ts";
import { removeAll } from "../../sandbox/clouds/backend/index.ts";
import { toolPath } from "../../sandbox/toolchain/index.ts";
import { type Manager, managerOf } from "./manager.ts";
import { apply } from "./objects.ts";
import { removeServices } from "./services.ts";
import { isWhole, theRun } from "./target.ts";
import { verdict } from "./verdict.ts";
import { openWorld, type World } from "./world.ts";

const { target, rehearsal } = theRun();
const cloud = isWhole() ? rehearsal?.cloud : undefined;
const isOwn = isWhole() && target === "existing";
const keys = { bhc: "key-of-bhc-from-the-manager-0001", mhr: "key-of-mhr-from-the-manager-0002" };
const arrives = { timeout: 60_000, interval: 1000 };

// Undefined where it could not be opened.
let world: World;

async function open(): Promise<void> {
  world = await openWorld();
}

/** What the newest warning about an ExternalSecret says. */
async function warningOf(namespace: string, name: string): Promise<string> {
  const fieldSelector = `involvedObject.kind=ExternalSecret,involvedObject.name=${name}`;
  const { items } = await world.inside.kube.core.listNamespacedEvent({ namespace, fieldSelector });
  return items.map(({ message }) => message ?? "").join("\n");
}

describe.runIf(cloud)("keys in a cloud's secret manager", () => {
  const rules = verdict();
  let manager: Manager;

  beforeAll(async () => {
    if (cloud === undefined) return;
    await open();
    manager = managerOf(world.inside, cloud, world.context.stack);
    world.set("secrets", [], { kind: "external", refresh: "5s" });
    rules.begin();
  });

  afterAll(async () => {
    if (cloud !== undefined && rules.holds()) {
      await removeAll(world.inside.run.cluster.kubeconfig, cloud);
    }
    await world?.close();
  });

  it("a secret that is not there is told by its name, and no release is begun", async () => {
    world.set("app", ["timeout"], 15);
    const run = await world.up("external-none");
    expect(run.ok).toBe(false);
    expect(run.output).toMatch(/portolan:tenants\.(bhc|mhr)\.secret/);
    expect(run.output).toContain("APP_KEY");
    expect(run.output).toContain(manager.nameOf(run.output.includes("tenants.bhc.secret") ? "bhc" : "mhr"));
    const releases = await world.inside.kube.core.listSecretForAllNamespaces({
      labelSelector: "owner=helm,name=probe",
    });
    expect(releases.items).toEqual([]);
  });

  it("a key that the secret lacks is told by its name", async () => {
    await manager.put("bhc", { APP_KEY: keys.bhc, OTHER: "not asked for" });
    await manager.put("mhr", { ANOTHER_KEY: keys.mhr });
    world.set("app", ["timeout"], 120);
    const run = await world.up("external-lacks");
    expect(run.ok).toBe(false);
    expect(run.output).toContain("portolan:tenants.mhr.secret");
    expect(run.output).toContain("key APP_KEY does not exist in secret");
    expect(run.output).not.toContain("portolan:tenants.bhc.secret");
  });

  it("the next run goes on where that one was left, and the probe is healthy with the manager's keys", async () => {
    await manager.put("mhr", { APP_KEY: keys.mhr });
    await world.upWell("external-first");
    await world.healthy();
    expect(await world.secret("probe-bhc", "keys", "APP_KEY")).toBe(keys.bhc);
    expect(await world.secret("probe-mhr", "keys", "APP_KEY")).toBe(keys.mhr);
    expect(await world.secret("probe-bhc", "keys", "OTHER")).toBe("");
    expect(await world.secret("probe-bhc", "runtime", "APP_KEY")).toBe("");
    expect(changeCount((await world.upWell("external-second")).operation)).toBe(0);
  });

  it("no value is in the state, nor in what the engine said", async () => {
    const { stdout } = await exported();
    for (const value of Object.values(keys)) expect(stdout).not.toContain(value);
  });

  it("a changed value arrives in the cluster by itself, and another's does not change", async () => {
    await manager.put("bhc", { APP_KEY: "another-value" });
    await expect.poll(() => world.secret("probe-bhc", "keys", "APP_KEY"), arrives).toBe("another-value");
    expect(await world.secret("probe-mhr", "keys", "APP_KEY")).toBe(keys.mhr);
    await manager.put("bhc", { APP_KEY: keys.bhc });
    await expect.poll(() => world.secret("probe-bhc", "keys", "APP_KEY"), arrives).toBe(keys.bhc);
    await world.healthy();
  });

  it("whoever may ask for anything in one tenant's namespace does not get another's secret", async () => {
    const metadata = { name: "thief", namespace: "probe-bhc" };
    const store = { kind: "SecretStore", name: "portolan" };
    await apply(world.inside, [
      {
        apiVersion: "external-secrets.io/v1",
        kind: "ExternalSecret",
        metadata,
        spec: {
          refreshInterval: "5s",
          secretStoreRef: store,
          target: { name: "stolen", creationPolicy: "Owner", deletionPolicy: "Retain" },
          data: [{ secretKey: "APP_KEY", remoteRef: { key: manager.nameOf("mhr"), property: "APP_KEY" } }],
        },
      },
    ]);
    await expect
      .poll(() => warningOf("probe-bhc", "thief"), arrives)
      .toMatch(/AccessDenied|Forbidden|PermissionDenied/);
    expect(await world.secret("probe-bhc", "stolen", "APP_KEY").catch(() => "not there")).toBe("not there");
    await world.inside.kube.kubectl(["-n", "probe-bhc", "delete", "externalsecret", "thief"]);
  });

  it("a destroy leaves the user's secrets, and nothing else", async () => {
    const destroyed = await world.destroy("external-destroy");
    expect(destroyed.ok, destroyed.output).toBe(true);
    const mine = /^(aws:secretsmanager|gcp:secretmanager|azure-native:keyvault)/;
    const { living } = world.cloud();
    expect(living.filter(({ type, urn }) => urn !== "" || !mine.test(type))).toEqual([]);
    await manager.empty();
    expect(world.cloud().living).toEqual([]);
    world.set("secrets", [], undefined);
    world.set("app", ["timeout"], undefined);
  });
});

/** The state, with its secrets decrypted. */
async function exported(): Promise<{ stdout: string }> {
  const stdout = await pulumi(world.inside.context, ["stack", "export", "--show-secrets"]);
  return { stdout };
}

describe.runIf(isOwn)("keys behind a store of the user's own", () => {
  const rules = verdict();

  beforeAll(async () => {
    await open();
    world.set("secrets", [], { kind: "external", refresh: "5s", store: { name: "vault" } });
    world.set("tenants", ["mhr"], undefined);
    world.set("tenants", ["bhc", "secret"], undefined);
    rules.begin();
  });

  afterAll(async () => {
    if (rules.holds()) await removeServices(world.inside, [world.context.stack]);
    await world?.close();
  });

  const store = (data: object[]) => ({
    apiVersion: "external-secrets.io/v1",
    kind: "ClusterSecretStore",
    metadata: { name: "vault" },
    spec: { provider: { fake: { data } } },
  });
  const secret = (value: object) => ({
    key: `${world.context.stack}/probe/bhc`,
    value: JSON.stringify(value),
  });

  it("a store that is not there is told before anything is made", async () => {
    const run = await world.up("outside-no-store");
    expect(run.output).toContain("portolan:secrets.store");
    expect(run.output).toContain("it does not exist");
    expect(run.operation.custom).toEqual([]);
  });

  it("the probe is healthy with the keys of that store, which stays", async () => {
    await execa(
      toolPath("helm3") ?? "helm",
      [
        ...[
          "upgrade",
          "--install",
          "external-secrets",
          join(project, "sandbox/clouds/charts/external-secrets"),
        ],
        ...["--namespace", "external-secrets", "--create-namespace", "--wait"],
      ],
      { env: { KUBECONFIG: world.inside.run.cluster.kubeconfig } },
    );
    await apply(world.inside, [store([secret({ APP_KEY: keys.bhc })])]);
    await expect.poll(async () => (await world.preview("outside-preview")).ok, arrives).toBe(true);
    await world.upWell("outside-up");
    await world.healthy();
    expect(await world.secret(world.target.namespace("bhc"), "keys", "APP_KEY")).toBe(keys.bhc);
    const destroyed = await world.destroy("outside-destroy");
    expect(destroyed.ok, destroyed.output).toBe(true);
    await world.inside.kube.kubectl(["get", "clustersecretstore", "vault"]);
    await world.inside.kube.kubectl(["delete", "clustersecretstore", "vault"]);
  });
});
