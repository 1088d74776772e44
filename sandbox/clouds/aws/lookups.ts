/** Functions that look up what is there already. */
import type { Plain, PlainBag } from "../../engine/rpc/values.ts";
import { parseCidr } from "../core/cidr.ts";
import { type CloudFunction, Refused, type World } from "../core/kind.ts";
import { bagOf, textOf, valuesAt } from "../core/paths.ts";
import { holdersOf } from "../core/references.ts";
import type { CloudRecord } from "../core/store.ts";
import { getResources } from "./tagging.ts";
import { getOpenIdConnectProvider } from "./tokens.ts";
import { t } from "./types.ts";
import { time } from "./words.ts";

/** Filters of the EC2 API by the outputs that they look at; `tag:NAME` looks at a tag. */
const filterKeys: Readonly<Record<string, string>> = {
  "vpc-id": "vpcId",
  "subnet-id": "id",
  cidr: "cidrBlock",
  "cidr-block": "cidrBlock",
  "availability-zone": "availabilityZone",
  "availability-zone-id": "availabilityZoneId",
  state: "state",
};

function filtersOf(args: PlainBag): { name: string; values: readonly Plain[] }[] {
  return valuesAt(args, "filters[]").flatMap(({ value }) => {
    if (typeof value !== "object" || value === null || !("name" in value)) return [];
    const { name, values } = value;
    return typeof name === "string" && Array.isArray(values)
      ? [{ name, values: values.filter((one) => typeof one === "string") }]
      : [];
  });
}

function fits(record: CloudRecord, args: PlainBag): boolean {
  const tags = bagOf(record.outputs, "tagsAll");
  const seen = (key: string): Plain | undefined => (key === "id" ? record.id : record.outputs[key]);
  const plain = ["id", "vpcId", "cidrBlock", "availabilityZone", "availabilityZoneId"];
  return (
    plain.every((key) => args[key] === undefined || args[key] === seen(key)) &&
    Object.entries(bagOf(args, "tags")).every(([key, value]) => tags[key] === value) &&
    filtersOf(args).every(({ name, values }) => {
      const value = name.startsWith("tag:") ? tags[name.slice(4)] : seen(filterKeys[name] ?? name);
      return value !== undefined && values.includes(value);
    })
  );
}

function matching(world: World, type: string, args: PlainBag): CloudRecord[] {
  return world.store.living([type]).filter((record) => record.region === world.region && fits(record, args));
}

/** @throws Refused unless exactly one fits */
function only(world: World, type: string, args: PlainBag, what: string): CloudRecord {
  const [first, ...others] = matching(world, type, args);
  if (first === undefined) throw new Refused(`no matching ${what} found: ${JSON.stringify(args)}`);
  if (others.length > 0)
    throw new Refused(
      `multiple ${what}s matched; use additional constraints to reduce matches to a single ${what}`,
    );
  return first;
}

/** @throws Refused when there is none */
function required(record: CloudRecord | undefined, code: string, name: string): CloudRecord {
  if (record === undefined) throw new Refused(`${code}: ${name}`);
  return record;
}

const answered = ({ id, outputs }: CloudRecord): PlainBag => ({
  ...outputs,
  tags: bagOf(outputs, "tagsAll"),
  id,
});

const getVpc: CloudFunction = (args, world) => ({
  ...answered(only(world, t.vpc, args, "EC2 VPC")),
  state: "available",
  default: false,
});

const getSubnet: CloudFunction = (args, world) => {
  const found = only(world, t.subnet, args, "EC2 Subnet");
  const range = parseCidr(textOf(found.inputs, "cidrBlock"));
  const size = range === undefined ? 0 : range.to - range.from + 1;
  // AWS keeps five addresses of each subnet; everything that names it takes one.
  const used = holdersOf(world, found).length;
  return { ...answered(found), state: "available", availableIpAddressCount: Math.max(0, size - 5 - used) };
};

const getSubnets: CloudFunction = (args, world) => ({
  ...args,
  id: world.region,
  region: world.region,
  tags: bagOf(args, "tags"),
  ids: matching(world, t.subnet, args).map(({ id }) => id),
});

const getCluster: CloudFunction = (args, world) => {
  const name = textOf(args, "name");
  const found = required(
    world.store.living([t.cluster]).find(({ id }) => id === name),
    "ResourceNotFoundException: No cluster found for name",
    name,
  );
  const { outputs } = found;
  const listed = (key: string): Plain[] => (outputs[key] === undefined ? [] : [bagOf(outputs, key)]);
  return {
    ...answered(found),
    accessConfigs: listed("accessConfig"),
    certificateAuthorities: listed("certificateAuthority"),
    computeConfigs: listed("computeConfig"),
    kubernetesNetworkConfigs: listed("kubernetesNetworkConfig"),
    storageConfigs: listed("storageConfig"),
    upgradePolicies: listed("upgradePolicy"),
  };
};

const getSecrets: CloudFunction = (args, world) => {
  const found = world.store.living([t.secret]).filter((record) => {
    const name = textOf(record.inputs, "name");
    return (
      record.region === world.region &&
      filtersOf(args).every(
        // Secrets Manager compares beginnings, and takes a leading ! as "not".
        (filter) =>
          filter.name !== "name" ||
          filter.values.some(
            (value) =>
              typeof value === "string" &&
              (value.startsWith("!") ? !name.startsWith(value.slice(1)) : name.startsWith(value)),
          ),
      )
    );
  });
  const names = found.map(({ inputs }) => textOf(inputs, "name")).toSorted();
  return { ...args, id: world.region, region: world.region, names, arns: found.map(({ id }) => id) };
};

function secretNamed(world: World, name: string): CloudRecord {
  const found = world.store
    .living([t.secret])
    .find(({ id, inputs, region }) => id === name || (inputs.name === name && region === world.region));
  return required(found, "ResourceNotFoundException: Secrets Manager can't find the specified secret", name);
}

const getSecret: CloudFunction = (args, world) => {
  const found = secretNamed(world, textOf(args, "arn") || textOf(args, "name"));
  return { ...answered(found), createdDate: time(found.created), lastChangedDate: time(found.created) };
};

const getSecretVersion: CloudFunction = (args, world) => {
  const name = textOf(args, "secretId");
  const secret = secretNamed(world, name);
  const versions = world.store
    .living([t.secretVersion])
    .filter(({ inputs }) => inputs.secretId === secret.id || inputs.secretId === secret.inputs.name)
    .toSorted((left, right) => right.created - left.created);
  const wanted = textOf(args, "versionId");
  const found = required(
    wanted === "" ? versions[0] : versions.find(({ outputs }) => outputs.versionId === wanted),
    "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging label: AWSCURRENT",
    name,
  );
  return {
    ...answered(found),
    secretId: name,
    secretArn: secret.id,
    arn: secret.id,
    createdDate: time(found.created),
  };
};

const getZone: CloudFunction = (args, world) => {
  const name = textOf(args, "name").replace(/\.$/, "");
  const id = textOf(args, "zoneId");
  const found = required(
    world.store
      .living([t.zone])
      .find((zone) => (id === "" ? textOf(zone.inputs, "name").replace(/\.$/, "") === name : zone.id === id)),
    "no matching Route 53 Hosted Zone found",
    id || name,
  );
  return { ...answered(found), zoneId: found.id };
};

const getKey: CloudFunction = (args, world) => {
  const asked = textOf(args, "keyId");
  const target = world.store
    .living([t.alias])
    .find(({ id, outputs }) => id === asked || outputs.arn === asked)?.outputs.targetKeyArn;
  const found = required(
    world.store
      .all()
      .find(({ type, id, outputs }) => type === t.key && [id, outputs.arn].includes(target ?? asked)),
    "NotFoundException: Invalid keyId",
    asked,
  );
  const gone = found.kept !== undefined;
  return {
    ...answered(found),
    enabled: !gone,
    keyState: gone ? "PendingDeletion" : "Enabled",
    keyManager: "CUSTOMER",
    awsAccountId: found.account,
    creationDate: time(found.created),
  };
};

export const lookups: Readonly<Record<string, CloudFunction>> = {
  "aws:ec2/getVpc:getVpc": getVpc,
  "aws:ec2/getSubnet:getSubnet": getSubnet,
  "aws:ec2/getSubnets:getSubnets": getSubnets,
  "aws:eks/getCluster:getCluster": getCluster,
  "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": getOpenIdConnectProvider,
  "aws:secretsmanager/getSecrets:getSecrets": getSecrets,
  "aws:secretsmanager/getSecret:getSecret": getSecret,
  "aws:secretsmanager/getSecretVersion:getSecretVersion": getSecretVersion,
  "aws:route53/getZone:getZone": getZone,
  "aws:kms/getKey:getKey": getKey,
  "aws:resourcegroupstaggingapi/getResources:getResources": getResources,
};
