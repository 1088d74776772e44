import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { probe } from "../../apps/probe.ts";
import { apisFor, enableApis } from "../../providers/gcp/apis.ts";
import { cluster } from "../../providers/gcp/cluster.ts";
import { network } from "../../providers/gcp/network.ts";
import { postgres } from "../../providers/gcp/postgres.ts";
import { redisNetwork, redisPort, sharedRedis } from "../../providers/gcp/redis.ts";
import { gcpProvider, inner, type Scope } from "../../providers/gcp/scope.ts";
import { type GcpConfig, gcpSettings } from "../../stacks/clouds/gcp.ts";
import { admin, type Belongings } from "./belongings.ts";

const name = "ours";

export function belongingsOnGcp(config: GcpConfig): Belongings {
  const settings = gcpSettings(config);
  const { project, region, lifecycle, size } = config;
  const stack = pulumi.getStack();
  const root = new pulumi.ComponentResource("landlord:gcp:Project", name);
  const parent = inner("Cloud", `${name}-cloud`, root, [gcpProvider(name, settings, stack, root)]);
  const suffix = new random.RandomId(`${name}-suffix`, { byteLength: 3 }, { parent }).hex;
  const apis = enableApis(name, apisFor(settings, probe.needs, false), parent);
  const scope: Scope = { name, stack, project, region, lifecycle, suffix, parent, apis };
  const net = network(scope, settings.network);
  const gke = cluster(scope, settings.cluster, net, undefined);
  const database = postgres(scope, {
    settings: settings.database,
    size,
    namespace: stack,
    network: net,
    roots: undefined,
  });
  const cache = sharedRedis(scope, "7.2", size, redisNetwork(net, settings.network));
  return {
    platform: {
      network: {
        name: net.name,
        subnet: net.subnetId.apply((id) => id.split("/").at(-1)),
        podRange: net.podRange,
        serviceRange: net.serviceRange,
      },
      cluster: { name: gke.name, sources: undefined },
      database: { host: database.server.host, admin },
      redis: { host: cache.host, port: redisPort },
    },
    passwords: { database: database.password ?? pulumi.output(""), redis: cache.password },
  };
}
