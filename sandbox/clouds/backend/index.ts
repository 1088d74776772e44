/** The real servers behind a simulated cloud, made in the sandbox's own cluster. */
import { readFileSync } from "node:fs";
import { VersionApi } from "@kubernetes/client-node";
import type { Backend, BackendFactory, CloudName, ClusterAccess } from "../core/backend.ts";
import { hasAgent, removeAgent } from "./agentDeployment.ts";
import { authority, rootsConfigMap } from "./authority.ts";
import { AzurePlane } from "./azure/plane.ts";
import { Buckets } from "./buckets.ts";
import { ensureDisks, ensureDriver, removeDisks, removeDriver } from "./disks.ts";
import { publishHosts } from "./hosts.ts";
import { Identities } from "./identity.ts";
import { emptyCluster, madeByCluster, releaseDisks } from "./made.ts";
import { CloudSpace, found, until } from "./objects.ts";
import { ensurePostgres, removePostgres } from "./postgres.ts";
import { ensureRedis, removeRedis } from "./redis.ts";
import { secretRecords } from "./secrets.ts";

/**
 * The backend of one cloud, to be used inside the cluster's network namespace. What it knows is in the cluster
 * (namespace `cloud-<name>`), so it may end and be made again at any moment. Asks nothing of the cluster until it is
 * asked for something itself.
 */
export const clusterBackend: BackendFactory = async ({ cloud, kubeconfig }) => {
  const space = new CloudSpace(kubeconfig, cloud);
  const buckets = new Buckets(space, kubeconfig);
  const identities = new Identities(space, buckets);
  const azure = cloud === "azure" ? new AzurePlane(space, kubeconfig) : undefined;
  const backend: Backend = {
    async cluster() {
      await space.ready();
      await ensureDisks(space, kubeconfig);
      if (azure !== undefined) await azure.ready();
      else if (hasAgent(cloud)) await identities.agent();
      await publishHosts(space, kubeconfig);
      return clusterAccess(space);
    },
    removeCluster: () => emptyCluster(space),
    postgres: {
      ensure: (spec) => space.ready().then(() => ensurePostgres(space, kubeconfig, spec)),
      remove: (id) => removePostgres(space, kubeconfig, id),
    },
    redis: {
      ensure: (spec) => space.ready().then(() => ensureRedis(space, kubeconfig, spec)),
      remove: (id) => removeRedis(space, kubeconfig, id),
    },
    bucket: azure?.bucket ?? {
      async ensure(spec) {
        await space.ready();
        await buckets.ensure(spec);
        await identities.refresh(spec.name);
      },
      remove: (name) => buckets.remove(name),
      isEmpty: (name) => buckets.isEmpty(name),
      empty: (name) => buckets.empty(name),
    },
    identity: azure?.identity ?? {
      ensure: (spec) => space.ready().then(() => identities.ensure(spec)),
      remove: (id) => identities.remove(id),
    },
    sharedDriver: {
      ensure: () => ensureDriver(space, "many"),
      remove: () => removeDriver(space, "many"),
    },
    // Only Azure's vault has an interface of its own.
    vault: azure?.vault ?? {
      ensure: async () => undefined,
      remove: async () => {},
      token: async () => undefined,
    },
    secrets: secretRecords(space),
    made: () => madeByCluster(space),
    rootsPem: () => space.ready().then(async () => (await authority(space)).pem),
    close: async () => {
      await buckets.close();
      await azure?.close();
    },
  };
  return backend;
};

async function clusterAccess(space: CloudSpace): Promise<ClusterAccess> {
  const cluster = space.config.getCurrentCluster();
  if (cluster === null) throw new Error("the sandbox's kubeconfig names no cluster");
  const { caData, caFile, server } = cluster;
  const caPem =
    caData === undefined
      ? readFileSync(caFile ?? "", "utf8")
      : Buffer.from(caData, "base64").toString("utf8");
  const { major, minor } = await space.config.makeApiClient(VersionApi).getCode();
  return { endpoint: server, caPem, version: `${major}.${minor.replace(/\D.*/, "")}` };
}

/**
 * PEM of the authority that signs a simulated cloud's servers, in place of the cloud's own roots.
 * @throws when nothing of that cloud has been made in the cluster yet.
 */
export async function cloudRoots(kubeconfig: string, cloud: CloudName): Promise<string> {
  const { core, namespace } = new CloudSpace(kubeconfig, cloud);
  const map = await found(core.readNamespacedConfigMap({ name: rootsConfigMap, namespace }));
  const pem = map?.data?.["ca.crt"];
  if (pem !== undefined) return pem;
  throw new Error(
    `ConfigMap ${namespace}/${rootsConfigMap} is not there: the simulated ${cloud} has made nothing in this cluster`,
  );
}

/**
 * Removes everything that stands behind a cloud: servers, their data, identities, the agent, the names, and the disks
 * of clusters that were removed.
 */
export async function removeAll(kubeconfig: string, cloud: CloudName): Promise<void> {
  const space = new CloudSpace(kubeconfig, cloud);
  await removeAgent(space);
  await releaseDisks(space);
  const { namespace, core } = space;
  await space.delete({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  await until(
    async () => {
      const volumes = await core.listPersistentVolume();
      const bound = volumes.items.some(({ spec }) => spec?.claimRef?.namespace === namespace);
      return !bound && (await found(core.readNamespace({ name: namespace }))) === undefined;
    },
    async () => `Namespace ${namespace}, or a volume of it, is still there`,
    180_000,
  );
  await removeDisks(space);
  await publishHosts(space, kubeconfig);
}
