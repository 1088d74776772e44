/** What a platform on Google Cloud does not make because the user has it, how it is entered, and its way in. */
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { declared, namesOf } from "./gcp-fixtures.ts";

function known<T>(value: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => pulumi.output(value).apply(resolve));
}

const network = {
  kind: "existing",
  network: "shared",
  subnetwork: "nodes",
  podRange: "pods",
  serviceRange: "services",
  privateServices: true,
} as const;

const vpc = "projects/clinic-1/global/networks/shared";
const found = {
  "gcp:compute/getNetwork:getNetwork": () => ({ id: vpc, name: "shared" }),
  "gcp:compute/getSubnetwork:getSubnetwork": () => ({
    id: "projects/clinic-1/regions/asia-northeast1/subnetworks/nodes",
    network: `https://www.googleapis.com/compute/v1/${vpc}`,
    secondaryIpRanges: [{ rangeName: "pods" }, { rangeName: "services" }],
  }),
};

describe("a network of the user's own", () => {
  it("is used and not made, and Redis comes by its one connection of private services", async () => {
    const stack = await declared("production", { settings: { network }, answers: found });
    const made = stack.custom.map(({ type }) => type);
    const parts = /compute\/(network|subnetwork|router|routerNat):/;
    expect(made.filter((type) => parts.test(type))).toEqual([]);
    expect(stack.find("gcp:container/cluster:Cluster", "platform-gke").inputs).toMatchObject({
      network: vpc,
      subnetwork: "projects/clinic-1/regions/asia-northeast1/subnetworks/nodes",
      ipAllocationPolicy: { clusterSecondaryRangeName: "pods", servicesSecondaryRangeName: "services" },
    });
    expect(stack.find("gcp:redis/instance:Instance", "platform-redis").inputs).toMatchObject({
      authorizedNetwork: vpc,
      connectMode: "PRIVATE_SERVICE_ACCESS",
    });
  });

  it("gets Memorystore's own peering where private services access is not set up", async () => {
    const without = { ...network, privateServices: false };
    const stack = await declared("production", { settings: { network: without }, answers: found });
    expect(stack.find("gcp:redis/instance:Instance", "platform-redis").inputs).toMatchObject({
      connectMode: "DIRECT_PEERING",
    });
    // Of its addresses nothing is known.
    expect(stack.find("gcp:redis/instance:Instance", "platform-redis").inputs).not.toHaveProperty(
      "reservedIpRange",
    );
  });
});

describe("a cluster of the user's own", () => {
  const cluster = { kind: "existing", name: "shared", location: "asia-northeast1", access: "ip" } as const;
  const answers = {
    ...found,
    "gcp:container/getCluster:getCluster": () => ({
      endpoint: "203.0.113.20",
      network: vpc,
      subnetwork: "projects/clinic-1/regions/asia-northeast1/subnetworks/nodes",
      masterAuths: [{ clusterCaCertificate: "Y2E=" }],
      controlPlaneEndpointsConfigs: [{ dnsEndpointConfigs: [{ endpoint: "gke-1.gke.goog" }] }],
      workloadIdentityConfigs: [{ workloadPool: "clinic-1.svc.id.goog" }],
    }),
  };

  it("is entered and not made: no nodes' account, no key", async () => {
    const stack = await declared("production", { settings: { network, cluster }, answers });
    const made = stack.custom.map(({ type }) => type);
    expect(made.filter((type) => /container\/cluster:|serviceaccount|iAMMember:|kms\//.test(type))).toEqual(
      [],
    );
    const kubeconfig = JSON.parse(await known(stack.result().platform.kubeconfig));
    expect(kubeconfig.clusters[0].cluster).toEqual({
      server: "https://203.0.113.20",
      "certificate-authority-data": "Y2E=",
    });
    expect(kubeconfig["current-context"]).toBe("clinic-1_asia-northeast1_shared");
  });
});

describe("the way into a cluster that is made", () => {
  it("is its DNS name, by a public certificate", async () => {
    const stack = await declared("production");
    const kubeconfig = JSON.parse(await known(stack.result().platform.kubeconfig));
    expect(kubeconfig.clusters[0].cluster).toEqual({
      server: "https://gke-0123456789abcdef-987654321.asia-northeast1.gke.goog",
    });
  });

  it("is its address from listed ranges, by its own authority, when the stack file says so", async () => {
    const stack = await declared("production", {
      settings: {
        cluster: {
          kind: "new",
          channel: "STABLE",
          access: { kind: "ip", sources: ["203.0.113.7/32"] },
          ownKey: false,
        },
      },
    });
    const { inputs } = stack.find("gcp:container/cluster:Cluster", "platform-gke");
    expect(inputs).toMatchObject({
      releaseChannel: { channel: "STABLE" },
      masterAuthorizedNetworksConfig: {
        cidrBlocks: [{ cidrBlock: "203.0.113.7/32" }],
        gcpPublicCidrsAccessEnabled: false,
      },
    });
    expect(inputs.databaseEncryption).toEqual({ state: "DECRYPTED" });
    const kubeconfig = JSON.parse(await known(stack.result().platform.kubeconfig));
    expect(kubeconfig.clusters[0].cluster).toEqual({
      server: "https://203.0.113.9",
      "certificate-authority-data": "Y2E=",
    });
  });

  it("has an identifier that a new cluster of the same name does not have", async () => {
    const stack = await declared("production");
    expect(stack.find("random:index/randomId:RandomId", "platform-cluster-generation").inputs).toMatchObject({
      keepers: { dns: "gke-0123456789abcdef-987654321.asia-northeast1.gke.goog" },
    });
    expect(stack.find("pulumi:providers:kubernetes", "platform-cluster").inputs).toMatchObject({
      clusterIdentifier: "a1b2c3",
    });
  });
});

describe("the edge", () => {
  it("has an address that stays, named to the load balancer, and records in a zone that is given", async () => {
    const stack = await declared("production", { settings: { dns: { zone: "clinic" } } });
    const values = JSON.stringify(
      stack.find("kubernetes:helm.sh/v3:Release", "platform-traefik").inputs.values,
    );
    expect(values).toContain('"cloud.google.com/l4-rbs":"enabled"');
    expect(values).toContain(
      '"networking.gke.io/load-balancer-ip-addresses":"portolan-asia-prod-edge-a1b2c3"',
    );
    const records = stack.custom.filter(({ name }) => /^platform-(domain|hosts)$/.test(name));
    expect(records.map(({ inputs }) => [inputs.managedZone, inputs.name, inputs.rrdatas])).toEqual([
      ["clinic", "example.com.", ["203.0.113.10"]],
      ["clinic", "*.example.com.", ["203.0.113.10"]],
    ]);
    expect(await known(stack.result().platform.facts.edge.address)).toBe("203.0.113.10");
  });

  it("writes no record without a zone", async () => {
    const stack = await declared("production");
    const records = stack.custom.filter(({ type }) => type === "gcp:dns/recordSet:RecordSet");
    expect(records.map(({ name }) => name)).toEqual(["platform-postgres"]);
  });
});

describe("shared volumes", () => {
  it("are a class of their own in the platform's network, only where they are needed", async () => {
    const stack = await declared("disposable", { request: { needs: { sharedVolume: { sizeGi: 10 } } } });
    const { inputs, options } = stack.find("kubernetes:storage.k8s.io/v1:StorageClass", "platform-shared");
    expect(inputs).toMatchObject({
      provisioner: "filestore.csi.storage.gke.io",
      reclaimPolicy: "Delete",
      parameters: { multishare: "true", network: "portolan-asia-prod-a1b2c3" },
    });
    expect(namesOf(options.dependsOn)).toContain("platform-drain");
    expect(stack.result().platform.facts.storage).toEqual({
      block: "portolan-block",
      shared: { className: "portolan-shared", accessMode: "ReadWriteMany" },
    });
    const plain = await declared("disposable");
    const classes = plain.custom.filter(({ type }) => type.includes("StorageClass"));
    expect(classes.map(({ name }) => name)).toEqual(["platform-block"]);
  });
});
