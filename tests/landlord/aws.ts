import { User } from "@pulumi/aws/elasticache/user.js";
import { UserGroupAssociation } from "@pulumi/aws/elasticache/userGroupAssociation.js";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { cluster } from "../../providers/aws/cluster.ts";
import { encryptionKey } from "../../providers/aws/keys.ts";
import { network } from "../../providers/aws/network.ts";
import { postgres } from "../../providers/aws/postgres.ts";
import { redis, redisPort } from "../../providers/aws/redis.ts";
import { accessString } from "../../providers/aws/redisTenant.ts";
import { awsProvider, nameIn, type Scope } from "../../providers/aws/scope.ts";
import { usualPrefix } from "../../providers/givenRedis.ts";
import { type AwsConfig, awsSettings } from "../../stacks/clouds/aws.ts";
import { admin, type Belongings } from "./belongings.ts";

const name = "ours";
/** One for each tenant of the tests, who may use its own keys alone. */
const redisUsers = ["ada", "bea"];

export function belongingsOnAws(config: AwsConfig): Belongings {
  const settings = awsSettings(config);
  const { region, lifecycle, size } = config;
  const stack = pulumi.getStack();
  const root = new pulumi.ComponentResource("landlord:aws:Account", name);
  const provider = awsProvider(name, settings, stack, root);
  const parent = new pulumi.ComponentResource(
    "landlord:aws:Cloud",
    `${name}-cloud`,
    {},
    { parent: root, provider },
  );
  const suffix = new random.RandomId(`${name}-suffix`, { byteLength: 3 }, { parent }).hex;
  const scope: Scope = { name, stack, region, lifecycle, suffix, parent };
  const net = network(scope, settings.network, settings.cluster);
  const key = encryptionKey(scope);
  const eks = cluster(scope, settings.cluster, net, key);
  const within = { size, network: net, key, clients: eks.securityGroupId };
  const database = postgres(scope, {
    ...within,
    settings: settings.database,
    namespace: stack,
    roots: undefined,
  });
  const cache = redis(scope, { ...within, version: "8.1" });
  const password = new random.RandomPassword(`${name}-redis`, { length: 40, special: false }, { parent })
    .result;
  for (const userName of redisUsers) {
    const user = new User(
      `${name}-${userName}`,
      {
        userId: nameIn(scope, "cacheUser", userName),
        userName,
        engine: "valkey",
        accessString: accessString(usualPrefix(userName)),
        authenticationMode: { type: "password", passwords: [password] },
      },
      { parent },
    );
    new UserGroupAssociation(
      `${name}-${userName}`,
      { userGroupId: cache.userGroup, userId: user.userId },
      { parent },
    );
  }
  return {
    platform: {
      network: {
        vpcId: net.vpcId,
        privateSubnetIds: net.privateSubnetIds,
        publicSubnetIds: net.publicSubnetIds,
      },
      cluster: { name: eks.name },
      database: { host: database.server.host, admin },
      redis: { host: cache.host, port: redisPort, isolation: "acl" },
    },
    passwords: { database: database.password ?? pulumi.output(""), redis: password },
    redisUsers,
  };
}
