/** The cache that the tenants share: ElastiCache for Valkey, where each has a user bound to keys of its own prefix. */
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { ParameterGroup } from "@pulumi/aws/elasticache/parameterGroup.js";
import { ReplicationGroup } from "@pulumi/aws/elasticache/replicationGroup.js";
import { SubnetGroup } from "@pulumi/aws/elasticache/subnetGroup.js";
import { User } from "@pulumi/aws/elasticache/user.js";
import { UserGroup } from "@pulumi/aws/elasticache/userGroup.js";
import type { Key } from "@pulumi/aws/kms/key.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Size } from "../platform.ts";
import type { Network } from "./network.ts";
import { keeps, nameIn, nameTag, type Scope } from "./scope.ts";
import { sizes } from "./sizes.ts";

export interface RedisArgs {
  readonly version: string;
  readonly size: Size;
  readonly network: Network;
  readonly key: Key;
  /** Who may connect. */
  readonly clients: pulumi.Output<string>;
}

/** The cache: its address, and the group that tenants' users join. */
export interface Redis {
  readonly host: pulumi.Output<string>;
  readonly userGroup: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
}

/** ElastiCache's default, by TLS. */
export const redisPort = 6379;

/** One cache for all tenants of the stack and of its cells. */
export function redis(scope: Scope, args: RedisArgs): Redis {
  const { name, stack, lifecycle, parent } = scope;
  const production = lifecycle === "production";
  const group = new SecurityGroup(
    `${name}-redis`,
    { vpcId: args.network.vpcId, description: "Redis of Portolan", tags: nameTag(scope, "redis") },
    { parent },
  );
  const rule = new SecurityGroupIngressRule(
    `${name}-redis`,
    {
      securityGroupId: group.id,
      referencedSecurityGroupId: args.clients,
      ipProtocol: "tcp",
      fromPort: redisPort,
      toPort: redisPort,
      tags: nameTag(scope, "redis"),
    },
    { parent },
  );
  const subnets = new SubnetGroup(`${name}-redis`, { subnetIds: args.network.privateSubnetIds }, { parent });
  const parameters = new ParameterGroup(
    `${name}-redis`,
    {
      family: `valkey${args.version.split(".")[0]}`,
      parameters: [{ name: "maxmemory-policy", value: "noeviction" }],
    },
    { parent },
  );
  const users = makeUsers(scope);
  const made = new ReplicationGroup(
    `${name}-redis`,
    {
      replicationGroupId: nameIn(scope, "cache"),
      description: `Portolan ${stack}`,
      engine: "valkey",
      engineVersion: args.version,
      nodeType: sizes[args.size].redis.nodeType,
      clusterMode: "disabled",
      numCacheClusters: production ? 2 : 1,
      automaticFailoverEnabled: production,
      multiAzEnabled: production,
      transitEncryptionEnabled: true,
      transitEncryptionMode: "required",
      atRestEncryptionEnabled: true,
      kmsKeyId: args.key.arn,
      userGroupIds: [users.userGroupId],
      parameterGroupName: parameters.name,
      subnetGroupName: subnets.name,
      securityGroupIds: [group.id],
      // Whoever runs `pulumi up` means now: else it would be done, and the change wait for the maintenance window.
      applyImmediately: true,
      snapshotRetentionLimit: production ? 35 : 0,
      ...(production ? { finalSnapshotIdentifier: nameIn(scope, "cacheSnapshot", "final") } : {}),
    },
    {
      parent,
      ...keeps(lifecycle),
      customTimeouts: { create: "60m", update: "60m", delete: "60m" },
    },
  );
  // Known once the cache is there: while it is being made, ElastiCache takes no user into its group.
  const userGroup = pulumi.all([users.userGroupId, made.id]).apply(([id]) => id);
  return { host: made.primaryEndpointAddress, userGroup, ready: [made, rule] };
}

/** Tenants' users are added by associations: a list here would take out those that cells added. */
function makeUsers(scope: Scope): UserGroup {
  const { name, parent } = scope;
  const password = new random.RandomPassword(
    `${name}-redis-default`,
    { length: 40, special: false },
    { parent },
  );
  // Whoever connects without a name is this user, who may do nothing.
  const nobody = new User(
    `${name}-redis-default`,
    {
      userId: nameIn(scope, "cacheUser", "default"),
      userName: "default",
      engine: "valkey",
      accessString: "off -@all",
      authenticationMode: { type: "password", passwords: [pulumi.secret(password.result)] },
    },
    { parent },
  );
  return new UserGroup(
    `${name}-redis`,
    { userGroupId: nameIn(scope, "cacheUserGroup"), engine: "valkey", userIds: [nobody.userId] },
    { parent, ignoreChanges: ["userIds"] },
  );
}
