/** The cluster: GKE Autopilot in a region, whose nodes are private and Google's to run. */
import { Cluster } from "@pulumi/gcp/container/cluster.js";
import { getClusterOutput } from "@pulumi/gcp/container/getCluster.js";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { refuse } from "../mistakes.ts";
import { clusterMistakes } from "./existing.ts";
import type { ClusterKey } from "./keys.ts";
import type { Network } from "./network.ts";
import { nodeIdentity } from "./nodes.ts";
import { deletionPolicy, nameIn, type Scope } from "./scope.ts";
import type { ClusterSettings, ControlPlaneAccess } from "./settings.ts";

export interface GkeCluster {
  readonly name: pulumi.Output<string>;
  /** Host of the API server, with no scheme. */
  readonly endpoint: pulumi.Output<string>;
  /** Base64 of the authority that signed it; empty: one of the public ones, as behind the DNS name. */
  readonly certificateAuthority: pulumi.Output<string>;
  /** Made anew with the cluster and only then. */
  readonly identifier: pulumi.Output<string>;
  /** What must stand while anything in the cluster is made or deleted: itself, and its nodes' way out. */
  readonly ready: pulumi.Resource[];
}

export function cluster(
  scope: Scope,
  settings: ClusterSettings,
  within: Network,
  key: ClusterKey | undefined,
): GkeCluster {
  return settings.kind === "existing"
    ? existingCluster(scope, settings, within)
    : newCluster(scope, settings, within, key);
}

/** What Autopilot logs anyhow, and in production the API server. Said in both cases, lest it stays as it was. */
function logs(lifecycle: Scope["lifecycle"]): string[] {
  const always = ["SYSTEM_COMPONENTS", "WORKLOADS"];
  return lifecycle === "production" ? [...always, "APISERVER"] : always;
}

/** Building takes a quarter of an hour, deleting as long; what holds a cluster back (disks, balancers) longer. */
const timeouts = { create: "60m", update: "90m", delete: "60m" };

function newCluster(
  scope: Scope,
  settings: Extract<ClusterSettings, { kind: "new" }>,
  within: Network,
  key: ClusterKey | undefined,
): GkeCluster {
  const { name, lifecycle, region, parent } = scope;
  const nodes = nodeIdentity(scope);
  const made = new Cluster(
    `${name}-gke`,
    {
      name: nameIn(scope, "cluster"),
      location: region,
      enableAutopilot: true,
      network: within.id,
      subnetwork: within.subnetId,
      ipAllocationPolicy: {
        clusterSecondaryRangeName: within.podRange,
        servicesSecondaryRangeName: within.serviceRange,
      },
      privateClusterConfig: { enablePrivateNodes: true },
      releaseChannel: { channel: settings.channel },
      // The one place where Autopilot takes the account of its nodes; `nodeConfig` it ignores.
      clusterAutoscaling: { autoProvisioningDefaults: { serviceAccount: nodes.email } },
      ...controlPlane(settings.access),
      loggingConfig: { enableComponents: logs(lifecycle) },
      // Said in both cases, lest what is left out stays as it was: a cluster whose key is gone reads its Secrets no more.
      databaseEncryption: key ? { state: "ENCRYPTED", keyName: key.id } : { state: "DECRYPTED" },
      // The provider's own default is true: a disposable stack says otherwise from the first run on.
      deletionProtection: lifecycle === "production",
      deletionPolicy: deletionPolicy(lifecycle),
    },
    {
      parent,
      protect: lifecycle === "production",
      dependsOn: [...scope.apis, ...nodes.ready, ...within.wayOut, ...(key?.ready ?? [])],
      customTimeouts: timeouts,
    },
  );
  const dns = made.controlPlaneEndpointsConfig.apply((config) => config.dnsEndpointConfig.endpoint);
  const byName = settings.access.kind === "dns";
  return {
    name: made.name,
    endpoint: byName ? dns : made.endpoint,
    certificateAuthority: byName
      ? pulumi.output("")
      : made.masterAuth.apply((auth) => auth.clusterCaCertificate),
    identifier: generation(scope, dns),
    ready: [made, ...within.wayOut],
  };
}

/**
 * By name: whoever has `container.clusters.connect` in IAM, from anywhere, with a public certificate, and the address is
 * closed. By address: from the listed ranges alone, and the name is closed. Tokens and certificates of Kubernetes' own
 * never open the name.
 */
export function controlPlane(access: ControlPlaneAccess) {
  const byName = access.kind === "dns";
  return {
    controlPlaneEndpointsConfig: {
      dnsEndpointConfig: {
        allowExternalTraffic: byName,
        enableK8sTokensViaDns: false,
        enableK8sCertsViaDns: false,
      },
      ipEndpointsConfig: { enabled: !byName },
    },
    ...(access.kind === "ip"
      ? {
          masterAuthorizedNetworksConfig: {
            cidrBlocks: access.sources.map((cidrBlock) => ({ cidrBlock })),
            // Else machines with an address of Google Cloud's may call as well, whoever's they are (GKE, authorized networks).
            gcpPublicCidrsAccessEnabled: false,
          },
        }
      : {}),
  };
}

function existingCluster(
  scope: Scope,
  settings: Extract<ClusterSettings, { kind: "existing" }>,
  within: Network,
): GkeCluster {
  const found = getClusterOutput(
    { name: settings.name, location: settings.location, project: scope.project },
    { parent: scope.parent, dependsOn: scope.apis },
  );
  const byDns = found.controlPlaneEndpointsConfigs.apply((all) => all?.[0]?.dnsEndpointConfigs[0]);
  const dns = byDns.apply((config) => config?.endpoint ?? "");
  const name = pulumi
    .all([found.workloadIdentityConfigs, byDns, found.network, found.subnetwork, within.id, within.subnetId])
    .apply(([configs, config, network, subnetwork, networkId, subnetId]) => {
      const answer = {
        hasWorkloadIdentity: configs?.length !== 0,
        opensByName: config?.allowExternalTraffic === true,
        network,
        subnet: subnetwork,
      };
      refuse(clusterMistakes(settings, answer, { network: networkId, subnet: subnetId }));
      return settings.name;
    });
  const byName = settings.access === "dns";
  return {
    name,
    endpoint: byName ? dns : found.endpoint,
    certificateAuthority: byName
      ? pulumi.output("")
      : found.masterAuths.apply((auths) => auths?.[0]?.clusterCaCertificate ?? ""),
    identifier: generation(scope, dns),
    ready: [],
  };
}

/**
 * The DNS name holds the cluster's own id: not the address, which may change under a living cluster, and not the self
 * link, which a new one of the same name has too. Every cluster has the name, whether or not it is open.
 */
function generation(scope: Scope, dns: pulumi.Output<string>): pulumi.Output<string> {
  return new random.RandomId(
    `${scope.name}-cluster-generation`,
    { byteLength: 8, keepers: { dns } },
    { parent: scope.parent },
  ).hex;
}
