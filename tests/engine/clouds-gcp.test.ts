/** The simulated Google Cloud under the real engine: another lifecycle, and trouble on request, without a cluster. */
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { useCloud } from "./support/cloud.ts";
import { unattended } from "./support/stack.ts";

const providers = fileURLToPath(new URL("../../providers/gcp", import.meta.url));

/** A platform's parts in the cloud, and one tenant's bucket, identity and key. */
const platform = (lifecycle: "production" | "disposable") => `
import { apisFor, enableApis } from "${providers}/apis.ts";
import { cluster } from "${providers}/cluster.ts";
import { bucketAccess } from "${providers}/identity.ts";
import { clusterKey } from "${providers}/keys.ts";
import { network } from "${providers}/network.ts";
import { tenantBucket } from "${providers}/objectStore.ts";
import { postgres } from "${providers}/postgres.ts";
import { redisNetwork, sharedRedis } from "${providers}/redis.ts";
import { gcpProvider } from "${providers}/scope.ts";
import { SecretManagerEscrow } from "${providers}/secrets.ts";
import { getProjectOutput } from "@pulumi/gcp/organizations/getProject.js";
const at = { project: "clinic-1", region: "us-central1" };
const lifecycle = "${lifecycle}";
const ranges = { kind: "new", nodes: "10.64.0.0/20", pods: "10.68.0.0/14", services: "10.64.16.0/20", googleServices: "10.65.0.0/16" };
const settings = {
  ...at,
  network: ranges,
  cluster: { kind: "new", channel: "REGULAR", access: { kind: "dns" }, ownKey: undefined },
  database: { kind: "new", version: "17" },
  redis: { kind: "new", version: "7.2", isolation: "prefix" },
};
const needs = { database: { engine: "postgres" }, redis: { isolation: ["prefix"] }, objectStore: { protocols: ["gcs"] } };
const stack = new pulumi.ComponentResource("test:Stack", "stack");
const provider = gcpProvider("p", at, "dev", stack);
const parent = new pulumi.ComponentResource("test:Cloud", "cloud", {}, { parent: stack, provider });
const suffix = new random.RandomId("suffix", { byteLength: 3 }, { parent }).hex;
const apis = enableApis("p", apisFor(settings, needs, lifecycle === "production"), parent);
const scope = { name: "p", stack: "dev", ...at, lifecycle, suffix, parent, apis };
const { number } = getProjectOutput({ projectId: at.project }, { parent });
const net = network(scope, ranges);
const key = lifecycle === "production" ? clusterKey(scope, number) : undefined;
const gke = cluster(scope, settings.cluster, net, key);
const database = postgres(scope, { settings: settings.database, size: "small", namespace: "platform", network: net, roots: undefined });
const cache = sharedRedis(scope, "7.2", "small", redisNetwork(net, ranges));
const own = { ...at, projectNumber: number, suffix };
const request = { slug: "acme", namespace: "acme", serviceAccount: "app", lifecycle, parent };
const sources = { provider, after: { bucket: apis, identity: gke.ready, redis: apis } };
bucketAccess(own, tenantBucket(scope, own, request, sources), request, sources);
const fresh = new random.RandomBytes("fresh", { length: 32 }, { parent }).base64;
const kept = new SecretManagerEscrow(provider, apis).keep({ name: "portolan/dev/acme/APP_KEY", fresh, protect: lifecycle === "production", parent });
export const out = { host: database.server.host, cache: cache.host, key: kept };
`;

describe("a simulated Google Cloud under the engine", () => {
  const { begin, contents, upAgain } = useCloud("gcp");
  const keptTypes = () => [...new Set(contents().kept.map(({ type }) => type))];

  it("takes another lifecycle in place, keeps production's data, and is empty after the destroy of what was production", async () => {
    const stack = await begin();
    await stack.program(platform("disposable"));
    await stack.up();
    const { out } = await stack.outputs();
    expect(await stack.preview()).toEqual({});
    await stack.refresh();
    expect(await stack.preview()).toEqual({});

    await stack.program(platform("production"));
    const planned = Object.entries(await stack.preview());
    expect(planned.filter(([, ops]) => /replace|delete/.test(ops))).toEqual([]);
    await stack.up();
    expect(await stack.preview()).toEqual({});
    const living = contents().living;
    const refused = await stack.pulumi(["destroy", ...unattended]);
    expect(refused.code).not.toBe(0);
    const holding = /DatabaseInstance|redis\/instance|storage\/bucket:|secretmanager|cluster:|kms/;
    const data = (all: typeof living) => all.filter(({ type }) => holding.test(type));
    expect(data(contents().living)).toEqual(data(living));
    await stack.up();

    await stack.program(platform("disposable"));
    await stack.up();
    expect(await stack.preview()).toEqual({});
    expect((await stack.outputs()).out).toEqual(out);
    // Production once more: a ring that was given up keeps its name for good.
    await stack.program(platform("production"));
    await stack.up();
    await stack.program(platform("disposable"));
    await stack.up();
    await stack.destroy();
    expect(contents().living).toEqual([]);
    expect(keptTypes()).toEqual([
      "gcp:kms/cryptoKey:CryptoKey",
      "gcp:kms/keyRing:KeyRing",
      "gcp:projects/service:Service",
      "gcp:sql/databaseInstance:DatabaseInstance",
    ]);
  }, 300_000);

  it("gets through throttling, errors, slowness and what is not known everywhere yet", async () => {
    const each = { type: "gcp:*", each: "type" } as const;
    const stack = await begin([
      { ...each, operation: "create", fault: "throttle", times: 3 },
      { ...each, operation: "create", fault: "slow", ms: 300, after: 3 },
      { ...each, operation: "create", fault: "settle", ms: 500, times: 100 },
      { ...each, operation: "invoke", fault: "error", times: 2 },
      { ...each, operation: "delete", fault: "error", times: 3 },
      { ...each, operation: "read", fault: "throttle", times: 2 },
    ]);
    await stack.program(platform("disposable"));
    await stack.up();
    await stack.refresh();
    expect(await stack.preview()).toEqual({});
    expect(contents().duplicates).toEqual([]);
    await stack.destroy();
    expect(contents().living).toEqual([]);
  }, 300_000);

  it("makes nothing a second time when the answer to a creation was lost, and says what is there already", async () => {
    const lost = "gcp:sql/databaseInstance:DatabaseInstance";
    const stack = await begin([{ type: lost, operation: "create", fault: "crash" }]);
    await stack.program(platform("disposable"));
    // One at a time: with it the answers to all that are under way are lost, and the next run stops at whichever is first.
    await stack.failingUp("--parallel=1");
    expect(contents().living.filter(({ type }) => type === lost)).toHaveLength(1);
    const again = await upAgain();
    expect(again.code).not.toBe(0);
    expect(again.text).toContain("instanceAlreadyExists");
    expect(contents().duplicates).toEqual([]);
  }, 300_000);
});
