/** GKE in Autopilot mode. */

import type { PlainBag } from "../../engine/rpc/values.ts";
import { type Kind, type Making, Refused } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { bring } from "../core/operations.ts";
import { bagOf, textOf, textsAt, valuesAt } from "../core/paths.ts";
import { networkOf, subnetOf } from "./network.ts";
import { regions, zonesOf } from "./regions.ts";
import { own, t } from "./types.ts";
import {
  given,
  guarded,
  inNetwork,
  inSubnet,
  label,
  numberOf,
  path,
  projectOf,
  selfLink,
  wrongLabels,
} from "./words.ts";

/** What the provider refuses beside `enableAutopilot` (conflicts in its schema). */
const notInAutopilot = [
  "nodePools",
  "removeDefaultNodePool",
  "networkPolicy",
  "enableShieldedNodes",
  "enableIntranodeVisibility",
  "defaultMaxPodsPerNode",
  "clusterAutoscaling.enabled",
  "clusterAutoscaling.resourceLimits",
];

function refuse(inputs: PlainBag): readonly string[] {
  const endpoints = bagOf(inputs, "controlPlaneEndpointsConfig");
  const byAddress = bagOf(endpoints, "ipEndpointsConfig").enabled !== false;
  const byName = bagOf(endpoints, "dnsEndpointConfig").allowExternalTraffic === true;
  return [
    ...wrongLabels(inputs, "resourceLabels"),
    ...(inputs.enableAutopilot === true
      ? []
      : ['"enableAutopilot" must be true: the simulated cloud has no node pools']),
    ...notInAutopilot
      .filter((key) => valuesAt(inputs, key).length > 0)
      .map((key) => `"${key}" conflicts with "enableAutopilot"`),
    ...(regions.includes(given({ inputs }, "location"))
      ? []
      : [`"location" must be a region in Autopilot mode, not "${given({ inputs }, "location")}"`]),
    ...(byAddress || inputs.masterAuthorizedNetworksConfig === undefined
      ? []
      : ['"masterAuthorizedNetworksConfig" is for the address, which ipEndpointsConfig.enabled closes']),
    ...(byAddress || byName ? [] : ["neither the address nor the DNS name of the control plane is open"]),
  ];
}

/** @throws Refused where the subnet is another network's or lacks a range, or the key may not be used */
function admit(making: Making): void {
  const { world, inputs } = making;
  const vpc = networkOf(world, given(making, "network"));
  const subnet = subnetOf(world, given(making, "subnetwork"));
  if (
    vpc !== undefined &&
    subnet !== undefined &&
    networkOf(world, textOf(subnet.inputs, "network"))?.id !== vpc.id
  )
    throw new Refused(`Error 400: subnetwork ${subnet.id} is not in network ${vpc.id}., badRequest`);
  const ranges = textsAt(subnet?.inputs ?? {}, "secondaryIpRanges[].rangeName");
  const policy = bagOf(inputs, "ipAllocationPolicy");
  for (const key of ["clusterSecondaryRangeName", "servicesSecondaryRangeName"]) {
    const range = textOf(policy, key);
    if (range !== "" && !ranges.includes(range))
      throw new Refused(
        `Error 400: Pod or Services secondary range "${range}" does not exist in network "${vpc?.id ?? ""}", subnetwork "${subnet?.id ?? ""}"., badRequest`,
      );
  }
  const key = textOf(bagOf(inputs, "databaseEncryption"), "keyName");
  if (key === "") return;
  const agent = `serviceAccount:service-${numberOf(projectOf(making))}@container-engine-robot.iam.gserviceaccount.com`;
  const granted = world.store
    .living([t.keyMember])
    .some(
      ({ inputs: grant }) =>
        grant.cryptoKeyId === key &&
        grant.member === agent &&
        grant.role === "roles/cloudkms.cryptoKeyEncrypterDecrypter",
    );
  if (!granted)
    throw new Refused(
      `Error 400: Cloud KMS Key "${key}" cannot be used: grant roles/cloudkms.cryptoKeyEncrypterDecrypter to ${agent}., badRequest`,
    );
}

/** The DNS name of the control plane: the cluster's own id is in it, so it changes with each one made. */
export function dnsEndpoint(making: Pick<Making, "world" | "inputs" | "id" | "created">): string {
  const { id, created } = making;
  return `gke-${digest(32, id, String(created))}-${numberOf(projectOf(making))}.${given(making, "location")}.gke.goog`;
}

const cluster: Kind = guarded("container", {
  inputs: {
    name: label(40),
    location: { required: true, replaces: true },
    network: inNetwork,
    subnetwork: inSubnet,
    enableAutopilot: { replaces: true },
    ipAllocationPolicy: { replaces: true },
    "privateClusterConfig.enablePrivateNodes": { default: false },
    "releaseChannel.channel": { options: ["UNSPECIFIED", "RAPID", "REGULAR", "STABLE", "EXTENDED"] },
    "databaseEncryption.state": { options: ["ENCRYPTED", "DECRYPTED"] },
    // Cloud KMS would destroy the key's versions all the same, and the cluster could not read its Secrets any more.
    "databaseEncryption.keyName": { refers: { to: t.cryptoKey } },
    "clusterAutoscaling.autoProvisioningDefaults.serviceAccount": {
      refers: { to: t.serviceAccount, by: ["email"], atDelete: "leave", unless: /^default$/ },
    },
    "gatewayApiConfig.channel": { options: ["CHANNEL_DISABLED", "CHANNEL_EXPERIMENTAL", "CHANNEL_STANDARD"] },
    deletionProtection: { default: true },
  },
  naming: {
    property: "name",
    scope: "region",
    auto: { limit: 40, lower: true },
    taken: "Error 409: Already exists, alreadyExists",
  },
  refuse,
  id: (making) => path(making, `locations/${given(making, "location")}/clusters`),
  admit,
  outputs: {
    selfLink: ({ id }) => selfLink(id).replace("www.googleapis.com/compute", "container.googleapis.com"),
    "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint": dnsEndpoint,
    "workloadIdentityConfig.workloadPool": (making) => `${projectOf(making)}.svc.id.goog`,
    nodeLocations: ({ inputs }) => [...zonesOf(given({ inputs }, "location"))].slice(0, 3),
    networkingMode: () => "VPC_NATIVE",
    datapathProvider: () => "ADVANCED_DATAPATH",
    // Told by the backend.
    endpoint: () => undefined,
    "masterAuth.clusterCaCertificate": () => undefined,
    masterVersion: () => undefined,
  },
  behind: async ({ world, id }) => {
    const access = await world.backend.cluster(id);
    const version = `${access.version || "1.35"}.0-gke.1`;
    return {
      // No scheme; the sandbox's port is not the usual one.
      endpoint: new URL(access.endpoint).host,
      masterAuth: {
        clientCertificate: "",
        clientKey: "",
        clientCertificateConfig: { issueClientCertificate: false },
        clusterCaCertificate: Buffer.from(access.caPem).toString("base64"),
      },
      masterVersion: version,
      nodeVersion: version,
    };
  },
  protectedBy: ({ inputs }) =>
    inputs.deletionProtection === false
      ? undefined
      : "Cannot destroy cluster because deletion_protection is set to true. Set it to false to proceed with cluster deletion",
  remove: async ({ world, record }) => {
    const before = await world.backend.made();
    const network = textOf(record.inputs, "network");
    await world.backend.removeCluster(record.id);
    const left = new Set((await world.backend.made()).volumes);
    const zone = zonesOf(world.region)[0] ?? "";
    for (const volume of before.volumes.filter((id) => left.has(id)))
      bring(
        world,
        own.disk,
        `projects/${record.account}/zones/${zone}/disks/${volume}`,
        { name: volume, zone },
        {},
      );
    // GKE tries to tidy up behind Services, and does not promise it: what is left holds the network.
    for (const service of before.loadBalancers) {
      const name = `k8s-fw-${digest(32, service)}`;
      bring(
        world,
        t.forwardingRule,
        `projects/${record.account}/regions/${world.region}/forwardingRules/${name}`,
        { name, network },
        {},
      );
    }
  },
});

export const gke: Readonly<Record<string, Kind>> = {
  [t.cluster]: cluster,
  [own.disk]: { id: () => "", internal: true },
};
