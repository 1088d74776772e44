/** Functions of the provider: who asks, and what is listed rather than read. */
import { type CloudFunction, Refused, type World } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf } from "../core/paths.ts";
import type { CloudRecord } from "../core/store.ts";
import { accessKey } from "./redis.ts";
import { t } from "./types.ts";
import { armId, tenant, uuid } from "./words.ts";

function the(world: World, type: string, id: string): CloudRecord {
  const record = world.store.find(type, id);
  if (record === undefined || record.kept !== undefined)
    throw new Refused(`ResourceNotFound: The Resource '${id}' was not found`);
  return record;
}

function clusterOf(args: CloudRecord["inputs"], world: World): CloudRecord {
  const name = textOf(args, "resourceName");
  return the(world, t.cluster, armId(world, args, "Microsoft.ContainerService/managedClusters", name));
}

/** As AKS writes it: in YAML, with an entry that asks a person to type a code. */
async function credentials(args: CloudRecord["inputs"], world: World) {
  const cluster = clusterOf(args, world);
  const { endpoint, caPem } = await world.backend.cluster(cluster.id);
  const name = textOf(cluster.outputs, "name");
  const kubeconfig = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${Buffer.from(caPem).toString("base64")}
    server: ${endpoint}
  name: ${name}
contexts:
- context:
    cluster: ${name}
    user: clusterUser_${textOf(args, "resourceGroupName")}_${name}
  name: ${name}
current-context: ${name}
kind: Config
users:
- name: clusterUser_${textOf(args, "resourceGroupName")}_${name}
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1beta1
      args: [get-token, --environment, AzurePublicCloud, --server-id, 6dae42f8-4368-4678-94ff-3960e28e3630, --client-id, 80faf920-1908-4b52-b5ef-a8e7bedfc67a, --tenant-id, ${tenant}, --login, devicecode]
      command: kubelogin
`;
  return { kubeconfigs: [{ name: "clusterUser", value: Buffer.from(kubeconfig).toString("base64") }] };
}

export const functions: Readonly<Record<string, CloudFunction>> = {
  "azure-native:authorization:getClientConfig": (_args, { account }) => ({
    clientId: uuid("operator", "client"),
    objectId: uuid("operator", "object"),
    subscriptionId: account,
    tenantId: tenant,
  }),
  "azure-native:authorization:getClientToken": async (args, { backend }) => {
    const endpoint = textOf(args, "endpoint") || "https://management.azure.com/";
    return { token: (await backend.vault.token(endpoint)) ?? `simulated.${digest(32, endpoint)}.token` };
  },
  "azure-native:containerservice:listManagedClusterUserCredentials": credentials,
  "azure-native:containerservice:getManagedCluster": (args, world) => {
    const { id, outputs } = clusterOf(args, world);
    return { ...outputs, id };
  },
  "azure-native:network:getVirtualNetwork": (args, world) => {
    const name = textOf(args, "virtualNetworkName");
    const { id, outputs } = the(
      world,
      t.virtualNetwork,
      armId(world, args, "Microsoft.Network/virtualNetworks", name),
    );
    const subnets = world.store.living([t.subnet]).filter((one) => one.id.startsWith(`${id}/subnets/`));
    return { ...outputs, id, subnets: subnets.map((one) => ({ ...one.outputs, id: one.id })) };
  },
  "azure-native:keyvault:getVault": (args, world) => {
    const name = textOf(args, "vaultName");
    const { id, outputs } = the(world, t.vault, armId(world, args, "Microsoft.KeyVault/vaults", name));
    return { ...outputs, id };
  },
  "azure-native:redisenterprise:listDatabaseKeys": (args, world) => {
    const parts = [textOf(args, "clusterName"), "databases", textOf(args, "databaseName")];
    const record = the(
      world,
      t.cacheDatabase,
      armId(world, args, "Microsoft.Cache/redisEnterprise", ...parts),
    );
    if (record.inputs.accessKeysAuthentication !== "Enabled")
      throw new Refused("BadRequest: access keys authentication is disabled for the database");
    return { primaryKey: accessKey(record, 1), secondaryKey: accessKey(record, 2) };
  },
};
