/** The network: a VPC with one subnet and its way out, or one that is there already. */
import { getNetworkOutput } from "@pulumi/gcp/compute/getNetwork.js";
import { getSubnetworkOutput } from "@pulumi/gcp/compute/getSubnetwork.js";
import { Network as Vpc } from "@pulumi/gcp/compute/network.js";
import { Router } from "@pulumi/gcp/compute/router.js";
import { RouterNat } from "@pulumi/gcp/compute/routerNat.js";
import { Subnetwork } from "@pulumi/gcp/compute/subnetwork.js";
import * as pulumi from "@pulumi/pulumi";
import { refuse } from "../mistakes.ts";
import { networkMistakes } from "./existing.ts";
import { nameIn, type Scope } from "./scope.ts";
import type { NetworkSettings } from "./settings.ts";

export interface Network {
  /** `projects/PROJECT/global/networks/NAME`. */
  readonly id: pulumi.Output<string>;
  readonly name: pulumi.Output<string>;
  readonly subnetId: pulumi.Output<string>;
  /** Names of the subnet's secondary ranges. */
  readonly podRange: pulumi.Input<string>;
  readonly serviceRange: pulumi.Input<string>;
  /** Without it private nodes fetch no image: made before the cluster, deleted after it. */
  readonly wayOut: pulumi.Resource[];
}

const ranges = { pods: "pods", services: "services" } as const;

export function network(scope: Scope, settings: NetworkSettings): Network {
  return settings.kind === "existing" ? existingNetwork(scope, settings) : newNetwork(scope, settings);
}

function newNetwork(scope: Scope, settings: Extract<NetworkSettings, { kind: "new" }>): Network {
  const { name, lifecycle, region, parent } = scope;
  const vpc = new Vpc(
    `${name}-network`,
    { name: nameIn(scope, "network"), autoCreateSubnetworks: false, routingMode: "REGIONAL" },
    { parent, dependsOn: scope.apis },
  );
  const subnet = new Subnetwork(
    `${name}-subnet`,
    {
      name: nameIn(scope, "subnet"),
      network: vpc.id,
      region,
      ipCidrRange: settings.nodes,
      // Pods and nodes reach Google's APIs without the way out.
      privateIpGoogleAccess: true,
      secondaryIpRanges: [
        { rangeName: ranges.pods, ipCidrRange: settings.pods },
        { rangeName: ranges.services, ipCidrRange: settings.services },
      ],
      ...(lifecycle === "production"
        ? {
            logConfig: {
              aggregationInterval: "INTERVAL_10_MIN",
              flowSampling: 0.5,
              metadata: "INCLUDE_ALL_METADATA",
            },
          }
        : {}),
    },
    { parent },
  );
  const router = new Router(
    `${name}-router`,
    { name: nameIn(scope, "router"), network: vpc.id, region },
    { parent },
  );
  const nat = new RouterNat(
    `${name}-nat`,
    {
      name: nameIn(scope, "router", "nat"),
      router: router.name,
      region,
      natIpAllocateOption: "AUTO_ONLY",
      // Of this subnet alone: taking all of a network's forbids every other gateway in the region.
      sourceSubnetworkIpRangesToNat: "LIST_OF_SUBNETWORKS",
      subnetworks: [{ name: subnet.id, sourceIpRangesToNats: ["ALL_IP_RANGES"] }],
      logConfig: { enable: true, filter: "ERRORS_ONLY" },
    },
    { parent },
  );
  return {
    id: vpc.id,
    name: vpc.name,
    subnetId: subnet.id,
    podRange: ranges.pods,
    serviceRange: ranges.services,
    wayOut: [nat],
  };
}

function existingNetwork(scope: Scope, settings: Extract<NetworkSettings, { kind: "existing" }>): Network {
  const invoke = { parent: scope.parent, dependsOn: scope.apis };
  const vpc = getNetworkOutput({ name: settings.network }, invoke);
  const found = getSubnetworkOutput({ name: settings.subnetwork, region: scope.region }, invoke);
  const subnetId = pulumi
    .all([found.id, found.network, vpc.id, found.secondaryIpRanges])
    .apply(([id, of, vpcId, secondary]) => {
      // A subnet names its network by the full URL, which ends in the id.
      const ranges = secondary?.map(({ rangeName }) => rangeName);
      refuse(networkMistakes(settings, of.endsWith(vpcId), ranges));
      return id;
    });
  const { podRange, serviceRange } = settings;
  return { id: vpc.id, name: vpc.name, subnetId, podRange, serviceRange, wayOut: [] };
}
