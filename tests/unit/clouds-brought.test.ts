/** What a platform does in a cluster that the user brings, on each cloud: only what is this stack's is its own there. */
import { describe, expect, it } from "vitest";
import type { CloudRequest } from "../../providers/cloud.ts";
import * as aws from "./aws-fixtures.ts";
import * as azure from "./azure-fixtures.ts";
import * as gcp from "./gcp-fixtures.ts";

const onAws = (brought: boolean, request: Partial<CloudRequest> = {}) =>
  aws.declared("disposable", {
    request,
    settings: brought ? { cluster: { kind: "existing", name: "shared" } } : {},
    answers: {
      "aws:eks/getCluster:getCluster": () => ({
        arn: "arn:aws:eks:us-east-1:123456789012:cluster/shared",
        identities: [{ oidcs: [{ issuer: "https://oidc.example.com/id/GIVEN" }] }],
        computeConfigs: [{ enabled: true }],
        vpcConfig: { clusterSecurityGroupId: "sg-cluster", vpcId: "platform-vpc-id" },
      }),
    },
  });

const onAzure = (brought: boolean) =>
  azure.declared("disposable", {
    settings: brought
      ? {
          cluster: {
            kind: "existing",
            name: "shared",
            resourceGroup: "hub",
            endpoint: { access: "private", cidrs: [] },
            adminGroupObjectIds: [azure.group],
          },
        }
      : {},
    answers: {
      "azure-native:containerservice:getManagedCluster": () => ({
        oidcIssuerProfile: { issuerURL: "https://oidc.example.com/" },
        aadProfile: { managed: true },
        securityProfile: { workloadIdentity: { enabled: true } },
        identity: { principalId: "22222222-0000-4000-8000-000000000003" },
        resourceUID: "0123",
      }),
    },
  });

const onGcp = (brought: boolean) =>
  gcp.declared("disposable", {
    settings: brought
      ? { cluster: { kind: "existing", name: "shared", location: "asia-northeast1", access: "ip" } }
      : {},
    answers: {
      "gcp:container/getCluster:getCluster": () => ({
        endpoint: "203.0.113.20",
        network: "platform-network-id",
        subnetwork: "platform-subnet-id",
        masterAuths: [{ clusterCaCertificate: "Y2E=" }],
        controlPlaneEndpointsConfigs: [{ dnsEndpointConfigs: [{ endpoint: "gke-1.gke.goog" }] }],
        workloadIdentityConfigs: [{ workloadPool: "clinic-1.svc.id.goog" }],
      }),
    },
  });

const classType = "kubernetes:storage.k8s.io/v1:StorageClass";
const isDefault = "storageclass.kubernetes.io/is-default-class";

/** Of the class for volumes of one pod, which only AWS makes the default: the other two bring one. */
async function annotations(brought: boolean): Promise<unknown> {
  const { inputs } = (await onAws(brought)).find(classType, "platform-block");
  return Object(inputs.metadata).annotations;
}

it("the default class of volumes of a cluster that is brought stays what it was", async () => {
  expect(await annotations(true)).toEqual({ [isDefault]: "false" });
  expect(await annotations(false)).toEqual({ [isDefault]: "true" });
});

it("no driver of shared volumes is brought to a cluster that is there: its others use it", async () => {
  const drivers = async (brought: boolean) => {
    const { custom } = await onAws(brought, { needs: { sharedVolume: { sizeGi: 10 } } });
    return custom
      .filter(({ name }) => name === "platform-efs-driver")
      .map(({ type }) => type.split(":").at(-1));
  };
  expect(await drivers(true)).toEqual([]);
  expect(await drivers(false)).toEqual(expect.arrayContaining(["Addon", "PodIdentityAssociation"]));
});

describe.each([
  ["AWS", (brought: boolean) => onAws(brought), "portolan.dev/stack=us-prod"],
  ["Azure", onAzure, "portolan.dev/stack=eu-prod"],
  ["Google Cloud", onGcp, "portolan.dev/stack=asia-prod"],
] as const)("on %s", (_, declared, selector) => {
  const release = "kubernetes:helm.sh/v3:Release";

  it("the drain of a cluster that is brought keeps to this stack's namespaces", async () => {
    const { inputs } = (await declared(true)).find(release, "platform-drain");
    expect(inputs).toMatchObject({ values: { claims: true, namespaces: selector } });
  });

  it("the drain of a cluster that is made takes all of it", async () => {
    const { inputs } = (await declared(false)).find(release, "platform-drain");
    expect(inputs.values).not.toHaveProperty("namespaces");
  });
});
