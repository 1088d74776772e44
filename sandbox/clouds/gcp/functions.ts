/** Functions of the provider: the project, what is there already, secrets and their values. */
import type { Plain, PlainBag } from "../../engine/rpc/values.ts";
import { type CloudFunction, Refused } from "../core/kind.ts";
import { bagOf, textOf } from "../core/paths.ts";
import { named } from "../core/references.ts";
import type { CloudRecord } from "../core/store.ts";
import { networkOf } from "./network.ts";
import { secretNames } from "./secrets.ts";
import { t } from "./types.ts";
import { inNetwork, inSubnet, numberOf, selfLink, time } from "./words.ts";

/** @throws Refused when there is none */
function required(record: CloudRecord | undefined, what: string): CloudRecord {
  if (record === undefined) throw new Refused(`googleapi: Error 404: ${what} was not found, notFound`);
  return record;
}

const answered = ({ id, outputs }: CloudRecord): PlainBag => ({ ...outputs, id });

const getProject: CloudFunction = (args, world) => {
  const project = textOf(args, "projectId") || world.account;
  return {
    id: `projects/${project}`,
    projectId: project,
    name: project,
    number: numberOf(project),
    autoCreateNetwork: false,
    labels: {},
    effectiveLabels: {},
  };
};

const getNetwork: CloudFunction = (args, world) => {
  const name = textOf(args, "name") || textOf(args, "selfLink");
  const found = required(
    named(world, inNetwork.refers, name),
    `The resource 'projects/${world.account}/global/networks/${name}'`,
  );
  const subnets = world.store
    .living([t.subnet])
    .filter(({ inputs }) => networkOf(world, textOf(inputs, "network"))?.id === found.id)
    .map(({ id }) => selfLink(id));
  // A text in the resource, a number in the function.
  return { ...answered(found), networkId: 0, subnetworksSelfLinks: subnets };
};

const getSubnetwork: CloudFunction = (args, world) => {
  const name = textOf(args, "name") || textOf(args, "selfLink");
  const found = named(world, inSubnet.refers, name);
  const here = found?.region === world.region ? found : undefined;
  return answered(
    required(here, `The resource 'projects/${world.account}/regions/${world.region}/subnetworks/${name}'`),
  );
};

const getCluster: CloudFunction = (args, world) => {
  const name = textOf(args, "name");
  const location = textOf(args, "location") || world.region;
  const found = required(
    world.store
      .living([t.cluster])
      .find(({ inputs }) => inputs.name === name && inputs.location === location),
    `projects/${world.account}/locations/${location}/clusters/${name}`,
  );
  const listed = (key: string): Plain[] =>
    found.outputs[key] === undefined ? [] : [bagOf(found.outputs, key)];
  const endpoints = bagOf(found.outputs, "controlPlaneEndpointsConfig");
  const inner = (key: string): Plain[] => (endpoints[key] === undefined ? [] : [bagOf(endpoints, key)]);
  return {
    ...answered(found),
    controlPlaneEndpointsConfigs: [
      { dnsEndpointConfigs: inner("dnsEndpointConfig"), ipEndpointsConfigs: inner("ipEndpointsConfig") },
    ],
    masterAuths: listed("masterAuth"),
    workloadIdentityConfigs: listed("workloadIdentityConfig"),
    ipAllocationPolicies: listed("ipAllocationPolicy"),
    releaseChannels: listed("releaseChannel"),
    privateClusterConfigs: listed("privateClusterConfig"),
  };
};

const getRedis: CloudFunction = (args, world) => {
  const name = textOf(args, "name");
  const found = world.store
    .living([t.redis])
    .find((record) => record.inputs.name === name && record.region === world.region);
  return answered(required(found, `projects/${world.account}/locations/${world.region}/instances/${name}`));
};

/** Terms of a filter: `labels.KEY=VALUE` and `name:TEXT`, joined by AND or a blank. @throws Refused for any other */
function fits({ inputs, outputs }: CloudRecord, filter: string): boolean {
  return filter
    .split(/\s+(?:AND\s+)?/)
    .filter((term) => term !== "")
    .every((term) => {
      const [, key = "", value = ""] = /^labels\.([\w-]+)=(.*)$/.exec(term) ?? [];
      if (key !== "") return bagOf(inputs, "labels")[key] === value;
      const [, text] = /^name:(.+)$/.exec(term) ?? [];
      if (text !== undefined) return textOf(outputs, "name").includes(text);
      throw new Refused(
        `googleapi: Error 400: the simulated cloud does not read the filter "${term}", invalid`,
      );
    });
}

const getSecrets: CloudFunction = (args, world) => {
  const project = textOf(args, "project") || world.account;
  const found = world.store
    .living([t.secret])
    .filter((record) => record.account === project && fits(record, textOf(args, "filter")));
  return {
    ...args,
    id: `projects/${project}/secrets`,
    project,
    secrets: found.map(({ created, outputs }) => ({ ...outputs, createTime: time(created) })),
  };
};

const getSecretVersionAccess: CloudFunction = (args, world) => {
  const name = textOf(args, "secret");
  const wanted = textOf(args, "version") || "latest";
  const secret = named(world, { to: t.secret, by: secretNames }, name);
  const versions = world.store
    .living([t.secretVersion])
    .filter(
      ({ inputs }) =>
        named(world, { to: t.secret, by: secretNames }, textOf(inputs, "secret"))?.id === secret?.id,
    )
    .toSorted((one, other) => Number(other.outputs.version) - Number(one.outputs.version));
  const version =
    secret === undefined
      ? undefined
      : wanted === "latest"
        ? versions[0]
        : versions.find(({ outputs }) => outputs.version === wanted);
  const { id, inputs, outputs } = required(
    version,
    `Secret [projects/${numberOf(world.account)}/secrets/${name}] not found or has no versions: version ${wanted}`,
  );
  return {
    ...args,
    id,
    name: id,
    project: world.account,
    version: textOf(outputs, "version"),
    secretData: textOf(inputs, "secretData"),
  };
};

const getManagedZone: CloudFunction = (args, world) => {
  const name = textOf(args, "name");
  const found = required(
    named(world, { to: t.zone, by: ["name"] }, name),
    `The 'parameters.managedZone' resource named '${name}'`,
  );
  const { inputs, id } = found;
  return { ...answered(found), id, visibility: textOf(inputs, "visibility") || "public" };
};

export const functions: Readonly<Record<string, CloudFunction>> = {
  "gcp:organizations/getProject:getProject": getProject,
  "gcp:compute/getNetwork:getNetwork": getNetwork,
  "gcp:compute/getSubnetwork:getSubnetwork": getSubnetwork,
  "gcp:container/getCluster:getCluster": getCluster,
  "gcp:dns/getManagedZone:getManagedZone": getManagedZone,
  "gcp:redis/getInstance:getInstance": getRedis,
  "gcp:secretmanager/getSecrets:getSecrets": getSecrets,
  "gcp:secretmanager/getSecretVersionAccess:getSecretVersionAccess": getSecretVersionAccess,
};
