/** RDS for PostgreSQL: a real Postgres behind the managed host name. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import { type Kind, type Making, Refused, type Rule, type World } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { bring } from "../core/operations.ts";
import { textOf, textsAt, valuesAt } from "../core/paths.ts";
import { keyRef } from "./keys.ts";
import { lowerName, rdsGroups } from "./rdsGroups.ts";
import { groups } from "./securityGroups.ts";
import { own, t } from "./types.ts";
import { arn, dnsSuffixOf, freshId, given, hostPart } from "./words.ts";

const password: Rule = {
  secret: true,
  range: [8, 128],
  pattern: /^[^/"@ ]+$/,
  says: 'without / " @ and spaces',
};

function refuse(inputs: PlainBag): readonly string[] {
  const gp3 = inputs.storageType === "gp3" && Number(inputs.allocatedStorage) < 400;
  const bought = ["iops", "storageThroughput"].filter((key) => inputs[key] !== undefined);
  const managed = inputs.manageMasterUserPassword === true;
  const snapshot = inputs.skipFinalSnapshot !== true && inputs.finalSnapshotIdentifier === undefined;
  const engine =
    inputs.engine !== "postgres"
      ? [`"engine" must be postgres: the simulated AWS has no ${String(inputs.engine)}`]
      : [];
  return [
    ...engine,
    ...["allocatedStorage", "engineVersion", "username"].flatMap((key) =>
      inputs[key] === undefined ? [`"${key}" is needed`] : [],
    ),
    ...(gp3 && bought.length > 0
      ? [`${bought.join(" and ")} must not be set with gp3 storage under 400 GiB`]
      : []),
    ...(managed === (inputs.password !== undefined)
      ? ['exactly one of "password" and "manageMasterUserPassword" must be set']
      : []),
    ...(snapshot ? ['"finalSnapshotIdentifier" is needed unless "skipFinalSnapshot" is true'] : []),
    ...(inputs.performanceInsightsEnabled !== true && inputs.databaseInsightsMode === "advanced"
      ? ['"databaseInsightsMode" advanced needs Performance Insights']
      : []),
    ...(Number(inputs.maxAllocatedStorage ?? Number.POSITIVE_INFINITY) < Number(inputs.allocatedStorage)
      ? ['"maxAllocatedStorage" must be at least "allocatedStorage"']
      : []),
  ];
}

const majorOf = (version: unknown): string =>
  typeof version === "string" ? (version.split(".")[0] ?? "") : "";

/** With storage that grows by itself, the provider takes a smaller figure for what it was before it grew. */
const grows = (inputs: PlainBag): boolean => Number(inputs.maxAllocatedStorage ?? 0) > 0;

function admit({ world, inputs, old }: Making): void {
  const group = world.store.find(t.dbParameterGroup, given({ inputs }, "parameterGroupName"));
  const family = `postgres${majorOf(inputs.engineVersion)}`;
  if (group !== undefined && group.inputs.family !== family)
    throw new Refused(
      `InvalidParameterCombination: The parameter group ${group.id} of family ${String(group.inputs.family)} cannot be used with ${family}`,
    );
  const vpcs = textsAt(inputs, "vpcSecurityGroupIds[]").map(
    (id) => world.store.find(t.securityGroup, id)?.inputs.vpcId,
  );
  const home = world.store.find(t.dbSubnetGroup, given({ inputs }, "dbSubnetGroupName"))?.outputs.vpcId;
  if (home !== undefined && vpcs.some((vpc) => vpc !== undefined && vpc !== home))
    throw new Refused(
      "InvalidParameterCombination: The DB instance and EC2 security group are in different VPCs",
    );
  if (old === undefined) return;
  if (Number(inputs.allocatedStorage) < Number(old.inputs.allocatedStorage) && !grows(inputs))
    throw new Refused("InvalidParameterCombination: allocated storage cannot be made smaller");
  const [before, after] = [Number(majorOf(old.inputs.engineVersion)), Number(majorOf(inputs.engineVersion))];
  if (after < before) throw new Refused("InvalidParameterCombination: the engine version cannot be lowered");
  if (after > before && inputs.allowMajorVersionUpgrade !== true)
    throw new Refused(
      "InvalidParameterCombination: The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version",
    );
}

/** `rds.force_ssl` is 1 from PostgreSQL 15 on, unless the group says otherwise. */
function requireTls(world: World, inputs: PlainBag): boolean {
  const group = world.store.find(t.dbParameterGroup, given({ inputs }, "parameterGroupName"));
  for (const { value } of valuesAt(group?.inputs ?? {}, "parameters[]")) {
    if (typeof value === "object" && value !== null && "name" in value && value.name === "rds.force_ssl")
      return value.value === "1";
  }
  return Number(majorOf(inputs.engineVersion)) >= 15;
}

const hostOf = ({ world, id }: Making, identifier: string): string =>
  `${identifier || id}.${hostPart(world)}.${world.region}.rds.${dnsSuffixOf(world.region)}`;

/** The password that RDS keeps itself in Secrets Manager. */
function managedPassword({ id, created }: Making): string {
  return digest(28, "managed", id, String(created));
}

const instance: Kind = {
  inputs: {
    identifier: { ...lowerName, range: [1, 63], replaces: true },
    instanceClass: { pattern: /^db\.[a-z0-9-]+\.[a-z0-9]+$/, says: "like db.t4g.micro" },
    engine: { replaces: true },
    engineVersion: { pattern: /^1[3-8](\.\d+)?$/, says: "13 to 18, with or without a minor version" },
    allocatedStorage: { range: [20, 65536] },
    username: {
      pattern: /^(?!rdsadmin$|admin$|user$)[A-Za-z]\w{0,62}$/,
      says: "letters, digits and _, a letter first, and no word that RDS keeps for itself",
      replaces: true,
    },
    password,
    dbName: { pattern: /^[A-Za-z_]\w{0,62}$/, says: "letters, digits and _, a letter first", replaces: true },
    port: { default: 5432, range: [1150, 65535] },
    dbSubnetGroupName: { refers: { to: t.dbSubnetGroup }, replaces: true },
    parameterGroupName: { refers: { to: t.dbParameterGroup, unless: /^default\./ } },
    "vpcSecurityGroupIds[]": groups,
    kmsKeyId: { refers: { ...keyRef.refers, by: ["arn"] }, replaces: true },
    storageEncrypted: { default: false, replaces: true },
    storageType: { options: ["gp2", "gp3", "io1", "io2", "standard"], default: "gp2" },
    backupRetentionPeriod: { default: 0, range: [0, 35] },
    finalSnapshotIdentifier: {
      ...lowerName,
      pattern: /^[A-Za-z](?!.*--)[A-Za-z0-9-]*(?<!-)$/,
      range: [1, 255],
    },
    caCertIdentifier: {
      options: ["rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1"],
      default: "rds-ca-rsa2048-g1",
    },
    "enabledCloudwatchLogsExports[]": { options: ["postgresql", "upgrade", "iam-db-auth-error"] },
    databaseInsightsMode: { options: ["standard", "advanced"] },
    performanceInsightsRetentionPeriod: { range: [7, 731] },
    monitoringInterval: { options: [0, 1, 5, 10, 15, 30, 60], default: 0 },
    multiAz: { default: false },
    publiclyAccessible: { default: false },
    availabilityZone: { replaces: true },
    deletionProtection: { default: false },
    skipFinalSnapshot: { default: false },
    deleteAutomatedBackups: { default: true },
    autoMinorVersionUpgrade: { default: true },
  },
  naming: {
    property: "identifier",
    scope: "region",
    auto: { limit: 63, lower: true },
    taken: "DBInstanceAlreadyExists: DB instance already exists",
  },
  refuse,
  unchanged: (path, olds, news) =>
    path === "allocatedStorage" &&
    grows(news) &&
    Number(news.allocatedStorage) < Number(olds.allocatedStorage),
  id: ({ inputs }) => `db-${digest(26, given({ inputs }, "identifier"), freshId("db")).toUpperCase()}`,
  imports: (record) => given(record, "identifier"),
  admit,
  outputs: {
    arn: ({ world, inputs }) => arn(world, "rds", `db:${given({ inputs }, "identifier")}`),
    address: (making) => hostOf(making, given(making, "identifier")),
    endpoint: ({ outputs }) => `${textOf(outputs, "address")}:${String(outputs.port)}`,
    hostedZoneId: ({ world }) => `Z${digest(13, "rds", world.region).toUpperCase()}`,
    resourceId: ({ id }) => id,
    status: () => "available",
    engineVersionActual: ({ inputs }) => {
      const version = given({ inputs }, "engineVersion");
      return version.includes(".") ? version : `${version}.1`;
    },
    masterUserSecrets: (making) =>
      making.inputs.manageMasterUserPassword === true
        ? [
            {
              secretArn: managedSecret(making),
              secretStatus: "active",
              kmsKeyId: textOf(making.inputs, "masterUserSecretKmsKeyId"),
            },
          ]
        : [],
  },
  behind: async (making) => {
    const { world, id, inputs, outputs } = making;
    const managed = inputs.manageMasterUserPassword === true;
    const secret = managed ? managedPassword(making) : given(making, "password");
    const database = given(making, "dbName");
    await world.backend.postgres.ensure({
      id,
      host: textOf(outputs, "address"),
      port: Number(outputs.port),
      version: majorOf(inputs.engineVersion),
      username: given(making, "username"),
      password: secret,
      ...(database === "" ? {} : { database }),
      requireTls: requireTls(world, inputs),
    });
    if (managed) {
      const secretString = JSON.stringify({ username: given(making, "username"), password: secret });
      const arnOf = managedSecret(making);
      bring(world, t.secret, arnOf, { name: arnOf.split(":").at(-1)?.slice(0, -7) ?? "" }, { arn: arnOf });
      bring(
        world,
        t.secretVersion,
        `${arnOf}|managed`,
        { secretId: arnOf, secretString },
        { arn: arnOf, versionId: "managed", versionStages: ["AWSCURRENT"] },
      );
    }
    return undefined;
  },
  protectedBy: ({ inputs }) =>
    inputs.deletionProtection === true
      ? "InvalidParameterCombination: Cannot delete protected DB Instance, please disable deletion protection and try again."
      : undefined,
  release: ({ world, record }) => {
    if (record.inputs.skipFinalSnapshot === true) return;
    const name = textOf(record.inputs, "finalSnapshotIdentifier");
    if (world.store.find(own.dbSnapshot, name) !== undefined)
      throw new Refused(
        `DBSnapshotAlreadyExists: Cannot create the snapshot because a snapshot with the identifier ${name} already exists.`,
      );
  },
  remove: async ({ world, record }) => {
    if (record.inputs.skipFinalSnapshot !== true) {
      const name = textOf(record.inputs, "finalSnapshotIdentifier");
      bring(world, own.dbSnapshot, name, { dbInstanceIdentifier: textOf(record.inputs, "identifier") }, {});
    }
    const days = Number(record.inputs.backupRetentionPeriod ?? 0);
    if (record.inputs.deleteAutomatedBackups === false && days > 0)
      bring(
        world,
        own.dbBackup,
        record.id,
        { dbInstanceIdentifier: textOf(record.inputs, "identifier"), retentionPeriod: days },
        {},
      );
    for (const secret of textsAt(record.outputs, "masterUserSecrets[].secretArn")) {
      world.store.remove(t.secret, secret);
      world.store.remove(t.secretRotation, secret);
      world.store.remove(t.secretVersion, `${secret}|managed`);
    }
    await world.backend.postgres.remove(record.id);
  },
};

function managedSecret({ world, id }: Making): string {
  return arn(world, "secretsmanager", `secret:rds!${id.toLowerCase()}-${digest(6, id)}`);
}

const made: Kind = { id: () => freshId("made"), internal: true };

export const rds: Readonly<Record<string, Kind>> = {
  ...rdsGroups,
  [t.dbInstance]: instance,
  [own.dbSnapshot]: made,
  [own.dbBackup]: made,
};
