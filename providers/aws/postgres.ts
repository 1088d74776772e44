/** The Postgres server that the tenants share: RDS, or one that is there already. */
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import type { Key } from "@pulumi/aws/kms/key.js";
import { Instance } from "@pulumi/aws/rds/instance.js";
import { ParameterGroup } from "@pulumi/aws/rds/parameterGroup.js";
import { SubnetGroup } from "@pulumi/aws/rds/subnetGroup.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { adminSecret } from "../addons/index.ts";
import { broughtPostgres } from "../brought.ts";
import type { DatabaseServer, Size } from "../platform.ts";
import type { Network } from "./network.ts";
import { rdsRoots } from "./roots.ts";
import { keeps, nameIn, nameTag, type Scope } from "./scope.ts";
import type { DatabaseSettings } from "./settings.ts";
import { maxStorage, sizes } from "./sizes.ts";

export interface PostgresArgs {
  readonly settings: DatabaseSettings;
  readonly size: Size;
  readonly namespace: string;
  readonly network: Network;
  readonly key: Key;
  /** Who may connect. */
  readonly clients: pulumi.Output<string>;
  /** PEM text in place of RDS's roots. */
  readonly roots: string | undefined;
}

/** The server in the contract's words, and what accounts on it must wait for. */
export interface Postgres {
  readonly server: DatabaseServer<pulumi.Input<string>>;
  /** The password for the admin Secret; undefined where the user made that Secret. */
  readonly password: pulumi.Output<string> | undefined;
  readonly ready: pulumi.Resource[];
}

const port = 5432;
const username = "portolan";

/** RDS behind the cluster's security group alone, or the server that the settings name. */
export function postgres(scope: Scope, args: PostgresArgs): Postgres {
  const { settings } = args;
  return settings.kind === "new"
    ? newPostgres(scope, settings.version, args)
    : { server: broughtPostgres(settings, args), password: undefined, ready: [] };
}

function newPostgres(scope: Scope, version: string, args: PostgresArgs): Postgres {
  const { name, region, parent } = scope;
  const group = new SecurityGroup(
    `${name}-postgres`,
    { vpcId: args.network.vpcId, description: "Postgres of Portolan", tags: nameTag(scope, "postgres") },
    { parent },
  );
  const rule = new SecurityGroupIngressRule(
    `${name}-postgres`,
    {
      securityGroupId: group.id,
      referencedSecurityGroupId: args.clients,
      ipProtocol: "tcp",
      fromPort: port,
      toPort: port,
      tags: nameTag(scope, "postgres"),
    },
    { parent },
  );
  // Held by the platform, not by RDS: a password that RDS keeps is changed behind the Secret's back every week.
  const password = new random.RandomPassword(`${name}-postgres`, { length: 40, special: false }, { parent });
  const server = instance(scope, version, args, group, password.result);
  return {
    server: {
      engine: "postgres",
      host: server.address,
      port,
      tls: { roots: { caPem: args.roots ?? rdsRoots(region) } },
      adminUsername: username,
      adminNamespace: args.namespace,
      adminSecret,
    },
    password: password.result,
    ready: [server, rule],
  };
}

function instance(
  scope: Scope,
  version: string,
  args: PostgresArgs,
  group: SecurityGroup,
  password: pulumi.Output<string>,
): Instance {
  const { name, lifecycle, parent } = scope;
  const production = lifecycle === "production";
  const { instanceClass, storage } = sizes[args.size].database;
  const subnets = new SubnetGroup(
    `${name}-postgres`,
    { subnetIds: args.network.privateSubnetIds },
    { parent },
  );
  // Named by the provider: a new family's group must stand beside the old one while the server changes over.
  const parameters = new ParameterGroup(
    `${name}-postgres`,
    {
      family: `postgres${version.split(".")[0]}`,
      parameters: [{ name: "rds.force_ssl", value: "1", applyMethod: "pending-reboot" }],
    },
    { parent },
  );
  return new Instance(
    `${name}-postgres`,
    {
      identifier: nameIn(scope, "database"),
      engine: "postgres",
      engineVersion: version,
      instanceClass,
      allocatedStorage: storage,
      maxAllocatedStorage: maxStorage,
      storageType: "gp3",
      storageEncrypted: true,
      kmsKeyId: args.key.arn,
      username,
      password,
      port,
      dbSubnetGroupName: subnets.name,
      parameterGroupName: parameters.name,
      vpcSecurityGroupIds: [group.id],
      publiclyAccessible: false,
      multiAz: production,
      caCertIdentifier: "rds-ca-rsa2048-g1",
      autoMinorVersionUpgrade: true,
      // The version is one the user wrote; between two of them, nothing is upgraded.
      allowMajorVersionUpgrade: true,
      // Whoever runs `pulumi up` means now: else it would be done, and the change wait for the maintenance window.
      applyImmediately: true,
      backupRetentionPeriod: production ? 35 : 0,
      copyTagsToSnapshot: true,
      deletionProtection: production,
      deleteAutomatedBackups: !production,
      skipFinalSnapshot: !production,
      ...(production ? { finalSnapshotIdentifier: nameIn(scope, "snapshot", "final") } : {}),
      enabledCloudwatchLogsExports: production ? ["postgresql", "upgrade"] : [],
      performanceInsightsEnabled: production,
      databaseInsightsMode: "standard",
    },
    {
      parent,
      ...keeps(lifecycle),
      customTimeouts: { create: "60m", update: "120m", delete: "60m" },
    },
  );
}
