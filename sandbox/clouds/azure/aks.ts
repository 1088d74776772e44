/** AKS: the cluster that is handed out is the sandbox's own. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import { overlaps, parseCidr } from "../core/cidr.ts";
import { type Kind, type Making, Refused } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { bagOf, textOf, textsAt } from "../core/paths.ts";
import { hasRole } from "./access.ts";
import { inSubnet, subnetsOf } from "./network.ts";
import { networkContributor } from "./roles.ts";
import { t } from "./types.ts";
import { armId, given, inGroup, named, part, partOf, tenant, tracked, uuid } from "./words.ts";

const fixed = [
  "dnsPrefix",
  "fqdnSubdomain",
  "nodeResourceGroup",
  "diskEncryptionSetID",
  "networkProfile.serviceCidr",
  "networkProfile.dnsServiceIP",
  "networkProfile.podCidr",
  "networkProfile.networkPlugin",
  "networkProfile.networkPluginMode",
  "networkProfile.networkDataplane",
  "networkProfile.networkPolicy",
  "networkProfile.outboundType",
];

/** Ranges of the cluster itself, as AKS has them where nothing is said. */
function rangesOf(inputs: PlainBag): readonly { key: string; cidr: string }[] {
  const profile = bagOf(inputs, "networkProfile");
  return [
    { key: "podCidr", cidr: textOf(profile, "podCidr") || "10.244.0.0/16" },
    { key: "serviceCidr", cidr: textOf(profile, "serviceCidr") || "10.0.0.0/16" },
  ];
}

/** Fixed when the cluster is made: AKS documentation, "Create a private AKS cluster", limitations. */
function isClosed(inputs: PlainBag): boolean {
  return bagOf(inputs, "apiServerAccessProfile").enablePrivateCluster === true;
}

function refuse(inputs: PlainBag): readonly string[] {
  const profile = bagOf(inputs, "networkProfile");
  const cilium = textOf(profile, "networkDataplane") === "cilium";
  const policy = textOf(profile, "networkPolicy");
  const service = parseCidr(rangesOf(inputs)[1]?.cidr ?? "");
  const dns = parseCidr(`${textOf(profile, "dnsServiceIP") || "10.0.0.10"}/32`);
  const inside = service !== undefined && dns !== undefined && overlaps(service, dns);
  const server = bagOf(inputs, "apiServerAccessProfile");
  const closed = isClosed(inputs);
  const workload = bagOf(bagOf(inputs, "securityProfile"), "workloadIdentity").enabled === true;
  const issuer = bagOf(inputs, "oidcIssuerProfile").enabled === true;
  const systems = poolsOf(inputs).filter(({ mode }) => mode === "System");
  return [
    ...(systems.length === 0 ? ['"agentPoolProfiles" must have a pool of mode System'] : []),
    ...(cilium && policy !== "cilium" ? ['"networkPolicy" must be cilium with the dataplane cilium'] : []),
    ...(inside ? [] : ['"networkProfile.dnsServiceIP" must be in "networkProfile.serviceCidr"']),
    ...(closed && textsAt(server, "authorizedIPRanges[]").length > 0
      ? ['"authorizedIPRanges" must not be set for a private cluster']
      : []),
    ...(workload && !issuer ? ['workload identity needs "oidcIssuerProfile.enabled"'] : []),
    ...(inputs.disableLocalAccounts === true && inputs.aadProfile === undefined
      ? ['"disableLocalAccounts" needs an "aadProfile"']
      : []),
  ];
}

/** The cluster's own identity must be there, and may join the nodes' subnets. */
function admit({ world, inputs, old }: Making): void {
  const ids = textsAt(inputs, "identity.userAssignedIdentities[]");
  const holders = ids.map((id) => world.store.find(t.identity, id));
  const principals = holders.map((holder) => textOf(holder?.outputs ?? {}, "principalId"));
  for (const subnet of textsAt(inputs, "agentPoolProfiles[].vnetSubnetID")) {
    const isGranted = principals.some((principal) => hasRole(world, principal, [networkContributor], subnet));
    if (principals.length > 0 && !isGranted)
      throw new Refused(
        `LinkedAuthorizationFailed: The client with object id '${principals.join(", ")}' does not have permission to perform action 'Microsoft.Network/virtualNetworks/subnets/join/action' over scope '${subnet}'`,
      );
    const delegated = textsAt(world.store.find(t.subnet, subnet)?.inputs ?? {}, "delegations[].serviceName");
    if (delegated.length > 0)
      throw new Refused(`SubnetIsDelegated: ${subnet} is delegated to ${delegated.join(", ")}`);
    for (const { key, cidr } of rangesOf(inputs)) {
      const range = parseCidr(cidr);
      const other = subnetsOf(world, subnet.replace(/\/subnets\/[^/]+$/, "")).find((taken) => {
        const known = parseCidr(taken.cidr);
        return range !== undefined && known !== undefined && overlaps(known, range);
      });
      if (other !== undefined)
        throw new Refused(
          `${key === "podCidr" ? "PodCidr" : "ServiceCidr"}OverlapExistingSubnetsCidr: ${cidr} overlaps with ${other.cidr} of ${other.id}`,
        );
    }
  }
  if (old !== undefined) admitPools(old.inputs, inputs);
  if (old !== undefined && isClosed(old.inputs) !== isClosed(inputs))
    throw new Refused(
      "PropertyChangeNotAllowed: Changing property 'apiServerAccessProfile.enablePrivateCluster' is not allowed",
    );
  if (old?.inputs.oidcIssuerProfile !== undefined && bagOf(inputs, "oidcIssuerProfile").enabled !== true)
    throw new Refused("OIDCIssuerFeatureCannotBeDisabled: the OIDC issuer cannot be disabled");
}

/** Of a pool that is there, as AKS lists it. */
const fixedOfPool = ["vmSize", "vnetSubnetID", "availabilityZones", "osType", "osDiskType", "type"];

/** By way of the cluster, pools are changed within limits, and no pool comes. One that is left out stays. */
function admitPools(before: PlainBag, after: PlainBag): void {
  const known = poolsOf(before);
  for (const pool of poolsOf(after)) {
    const old = known.find(({ name }) => name === pool.name);
    if (old === undefined)
      throw new Refused(
        `BadRequest: A new agent pool was introduced. Adding agent pools to an existing cluster is not allowed through managed cluster operations: ${textOf(pool, "name")}`,
      );
    const key = fixedOfPool.find((one) => JSON.stringify(old[one]) !== JSON.stringify(pool[one]));
    if (key !== undefined)
      throw new Refused(
        `PropertyChangeNotAllowed: Changing property 'properties.${key}' of agent pool ${textOf(pool, "name")} is not allowed`,
      );
  }
}

function poolsOf(inputs: PlainBag): readonly PlainBag[] {
  const pools = Array.isArray(inputs.agentPoolProfiles) ? inputs.agentPoolProfiles : [];
  return pools.flatMap((pool) =>
    typeof pool === "object" && pool !== null && !Array.isArray(pool) ? [pool] : [],
  );
}

const cluster: Kind = {
  everywhere: true,
  inputs: {
    ...tracked,
    ...Object.fromEntries(fixed.map((path) => [path, { replaces: true as const }])),
    resourceName: named(/^[A-Za-z0-9]([\w-]*[A-Za-z0-9])?$/, "letters, digits, - and _", 63),
    dnsPrefix: {
      pattern: /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/,
      says: "letters, digits and -",
      range: [1, 54],
      replaces: true,
    },
    kubernetesVersion: { pattern: /^1\.3[2-6](\.\d+)?$/, says: "1.32 to 1.36, with or without a patch" },
    "sku.tier": { options: ["Free", "Standard", "Premium"] },
    "agentPoolProfiles[].name": {
      pattern: /^[a-z][a-z0-9]{0,11}$/,
      says: "up to 12 lower-case letters and digits, a letter first",
    },
    "agentPoolProfiles[].vnetSubnetID": inSubnet,
    "identity.userAssignedIdentities[]": { refers: { to: t.identity } },
    "apiServerAccessProfile.authorizedIPRanges": { range: [0, 200] },
  },
  naming: inGroup("resourceName", 63),
  refuse,
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.ContainerService/managedClusters",
      given(making, "resourceName"),
    ),
  admit,
  outputs: {
    resourceUID: ({ id, created }) => digest(24, id, String(created)),
    currentKubernetesVersion: ({ inputs }) => {
      const version = textOf(inputs, "kubernetesVersion") || "1.35";
      return /^\d+\.\d+$/.test(version) ? `${version}.1` : version;
    },
    fqdn: ({ id, inputs, outputs }) =>
      `${textOf(inputs, "dnsPrefix")}-${digest(8, id)}.hcp.${textOf(outputs, "location")}.azmk8s.io`,
    nodeResourceGroup: ({ inputs, outputs }) =>
      `MC_${textOf(inputs, "resourceGroupName")}_${textOf(inputs, "resourceName")}_${textOf(outputs, "location")}`.slice(
        0,
        80,
      ),
    "oidcIssuerProfile.enabled": ({ inputs }) => bagOf(inputs, "oidcIssuerProfile").enabled === true,
    "oidcIssuerProfile.issuerURL": ({ world, id, inputs, created }) =>
      bagOf(inputs, "oidcIssuerProfile").enabled === true
        ? `https://${textOf(inputs, "location") || world.region}.oic.prod-aks.azure.com/${tenant}/${uuid(id, String(created))}/`
        : undefined,
    identity: ({ world, inputs }) => {
      const of = bagOf(inputs, "identity");
      const ids = textsAt(of, "userAssignedIdentities[]");
      const assigned = ids.map((id) => {
        const { clientId = "", principalId = "" } = world.store.find(t.identity, id)?.outputs ?? {};
        return [id, { clientId, principalId }] as const;
      });
      return {
        type: textOf(of, "type"),
        tenantId: tenant,
        userAssignedIdentities: Object.fromEntries(assigned),
      };
    },
    powerState: () => ({ code: "Running" }),
    maxAgentPools: () => 100,
  },
  behind: async ({ world, id }) => {
    await world.backend.cluster(id);
    return undefined;
  },
  remove: ({ world, record }) => world.backend.removeCluster(record.id),
};

const maintenance: Kind = {
  everywhere: true,
  inputs: {
    ...part,
    resourceName: partOf(t.cluster),
    configName: {
      options: ["default", "aksManagedAutoUpgradeSchedule", "aksManagedNodeOSUpgradeSchedule"],
      required: true,
      replaces: true,
    },
    "maintenanceWindow.durationHours": { range: [4, 24] },
    "maintenanceWindow.startTime": { pattern: /^([01]\d|2[0-3]):[0-5]\d$/, says: "like 01:00" },
  },
  taken: "cannot create already existing resource",
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.ContainerService/managedClusters",
      given(making, "resourceName"),
      "maintenanceConfigurations",
      given(making, "configName"),
    ),
};

export const aks: Readonly<Record<string, Kind>> = { [t.cluster]: cluster, [t.maintenance]: maintenance };
