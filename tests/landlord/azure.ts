import * as pulumi from "@pulumi/pulumi";
import { cluster } from "../../providers/azure/cluster.ts";
import { network } from "../../providers/azure/network.ts";
import { postgres } from "../../providers/azure/postgres.ts";
import { cacheKey, redisPort } from "../../providers/azure/redis.ts";
import { sharedRedis } from "../../providers/azure/redisPlatform.ts";
import { azureProvider, makeScope, unaliased } from "../../providers/azure/scope.ts";
import { type AzureConfig, azureSettings } from "../../stacks/clouds/azure.ts";
import { admin, type Belongings } from "./belongings.ts";

const name = "ours";

export function belongingsOnAzure(config: AzureConfig): Belongings {
  const settings = azureSettings(config);
  const { lifecycle, size } = config;
  const stack = pulumi.getStack();
  const root = new pulumi.ComponentResource("landlord:azure:Account", name);
  const provider = azureProvider(name, settings, root);
  const parent = new pulumi.ComponentResource(
    "landlord:azure:Cloud",
    `${name}-cloud`,
    {},
    { parent: root, provider, transformations: [unaliased] },
  );
  const scope = makeScope(name, { stack, lifecycle, settings }, parent);
  const net = network(scope, settings.network, settings.cluster);
  const aks = cluster(scope, { settings: settings.cluster, network: net, size });
  const database = postgres(scope, {
    settings: settings.database,
    size,
    namespace: stack,
    network: net,
    zones: settings.privateZones,
    roots: undefined,
  });
  const cache = sharedRedis(scope, settings, size, net)?.cache;
  if (cache === undefined) throw new Error("the landlord's stack file brings a Redis");
  return {
    platform: {
      network: { nodeSubnetId: net.nodeSubnetId, endpointSubnetId: net.endpointSubnetId },
      cluster: { name: aks.name, resourceGroup: aks.resourceGroupName },
      database: { host: database.server.host, admin },
      redis: { host: cache.host, port: redisPort },
    },
    passwords: {
      database: database.password ?? pulumi.output(""),
      redis: cacheKey(cache.clusterName, scope.resourceGroupName, { parent }),
    },
  };
}
