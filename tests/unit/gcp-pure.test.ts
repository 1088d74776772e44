/** Names, ranges, sizes and words of providers/gcp: functions that make nothing. */
import { describe, expect, it } from "vitest";
import { parseCidr, partOf, rangeOf } from "../../providers/cidr.ts";
import { apisFor } from "../../providers/gcp/apis.ts";
import { controlPlane } from "../../providers/gcp/cluster.ts";
import { instanceName } from "../../providers/gcp/databaseEndpoint.ts";
import { zoneMistakes } from "../../providers/gcp/dns.ts";
import { clusterMistakes, networkMistakes } from "../../providers/gcp/existing.ts";
import { kubeconfigOf } from "../../providers/gcp/facts.ts";
import { labelValue, type NameKind, physicalName } from "../../providers/gcp/names.ts";
import { estimate, prices } from "../../providers/gcp/prices.ts";
import { retainedLines, retainedOfCell } from "../../providers/gcp/retained.ts";
import { databaseTier, sizes } from "../../providers/gcp/sizes.ts";
import { mistakeText } from "../../providers/mistakes.ts";
import type { Lifecycle } from "../../providers/platform.ts";
import { needs, settings } from "./gcp-fixtures.ts";

/** What each service takes: the provider's own checks, and the API's where it has none. */
const rules: Readonly<Record<NameKind, RegExp>> = {
  network: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  subnet: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  router: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  address: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  forwardingRule: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  cluster: /^[a-z]([-a-z0-9]{0,38}[a-z0-9])?$/,
  serviceAccount: /^[a-z]([-a-z0-9]{4,28}[a-z0-9])$/,
  keyRing: /^[a-zA-Z0-9_-]{1,63}$/,
  database: /^[a-z]([-a-z0-9]{0,65}[a-z0-9])?$/,
  zone: /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
  cache: /^[a-z]([a-z0-9-]{0,38}[a-z0-9])$/,
  bucket: /^(?!goog)[a-z0-9][a-z0-9_-]{1,61}[a-z0-9]$/,
  secret: /^[a-zA-Z0-9_-]{1,255}$/,
};

const stacks = ["asia-prod", "Drill_GCP", "a", "x".repeat(100), "a.b", `${"long-".repeat(12)}end`];

describe("a physical name", () => {
  it.each(Object.keys(rules) as NameKind[])("fits what %s takes, whatever the stack is called", (kind) => {
    for (const stack of stacks) {
      const name = physicalName(kind, [stack, "tenant-with-a-long-slug"], "a1b2c3");
      expect(name).toMatch(rules[kind]);
      expect(name).toMatch(/-a1b2c3$/);
    }
  });

  it("says what it is for, where that fits", () => {
    expect(physicalName("bucket", ["asia-prod", "acme"], "a1b2c3")).toBe("portolan-asia-prod-acme-a1b2c3");
    expect(physicalName("cluster", ["asia-prod"], "a1b2c3")).toBe("portolan-asia-prod-a1b2c3");
  });

  it("is never the same for two that differ in what was cut or replaced", () => {
    const pairs: [string[], string[]][] = [
      [["a_b"], ["a-b"]],
      [["A"], ["a"]],
      [
        ["a", "b-c"],
        ["a-b", "c"],
      ],
      [[`${"x".repeat(60)}1`], [`${"x".repeat(60)}2`]],
    ];
    for (const [one, other] of pairs.filter((_, index) => index !== 2)) {
      expect(physicalName("cluster", one)).not.toBe(physicalName("cluster", other));
    }
  });

  it("is the same at every run", () => {
    expect(physicalName("serviceAccount", ["asia-prod", "nodes"], "a1b2c3")).toBe(
      physicalName("serviceAccount", ["asia-prod", "nodes"], "a1b2c3"),
    );
  });

  it("fits a label's value", () => {
    expect(labelValue("asia-prod")).toBe("asia-prod");
    for (const stack of stacks) expect(labelValue(stack)).toMatch(/^[a-z0-9_-]{0,63}$/);
    expect(labelValue("A")).not.toBe(labelValue("a"));
  });
});

describe("the kubeconfig", () => {
  const parsed = (certificateAuthority: string) =>
    JSON.parse(kubeconfigOf({ context: "c", endpoint: "gke.example.com", certificateAuthority }));

  it("gets its credentials by Google's plugin, and holds none", () => {
    expect(parsed("").users).toEqual([
      {
        name: "c",
        user: {
          exec: expect.objectContaining({
            apiVersion: "client.authentication.k8s.io/v1beta1",
            command: "gke-gcloud-auth-plugin",
            provideClusterInfo: true,
          }),
        },
      },
    ]);
    expect(parsed("")["current-context"]).toBe("c");
  });

  it("names the cluster's authority by address, and none behind the DNS name, whose certificate is public", () => {
    expect(parsed("").clusters[0].cluster).toEqual({ server: "https://gke.example.com" });
    expect(parsed("Y2E=").clusters[0].cluster).toEqual({
      server: "https://gke.example.com",
      "certificate-authority-data": "Y2E=",
    });
  });
});

describe("the control plane", () => {
  it("is open by one of its two ways, never by both", () => {
    expect(controlPlane({ kind: "dns" })).toMatchObject({
      controlPlaneEndpointsConfig: {
        dnsEndpointConfig: { allowExternalTraffic: true },
        ipEndpointsConfig: { enabled: false },
      },
    });
    expect(controlPlane({ kind: "ip", sources: ["203.0.113.7/32"] })).toMatchObject({
      controlPlaneEndpointsConfig: {
        dnsEndpointConfig: { allowExternalTraffic: false },
        ipEndpointsConfig: { enabled: true },
      },
      masterAuthorizedNetworksConfig: { cidrBlocks: [{ cidrBlock: "203.0.113.7/32" }] },
    });
  });
});

describe("the database's name", () => {
  const own = { connectionType: "PRIVATE_SERVICE_CONNECT", dnsScope: "INSTANCE", name: "a.b.sql.goog." };
  const cluster = { ...own, dnsScope: "CLUSTER", name: "write.sql.goog." };

  it("is the instance's own by Private Service Connect, with a final dot", () => {
    expect(instanceName([cluster, own], "old.sql.goog.")).toBe("a.b.sql.goog.");
    expect(instanceName([], "old.sql.goog")).toBe("old.sql.goog.");
    expect(instanceName(undefined, "old.sql.goog.")).toBe("old.sql.goog.");
  });

  it("is missed aloud", () => {
    expect(() => instanceName([cluster], "")).toThrow("no DNS name");
  });
});

describe("a network of the user's own", () => {
  const given = {
    kind: "existing",
    network: "shared",
    subnetwork: "nodes",
    podRange: "pods",
    serviceRange: "services",
    privateServices: false,
  } as const;

  const ranges = (inNetwork: boolean, found: readonly string[]) =>
    networkMistakes(given, inNetwork, found).map(mistakeText);

  it("is refused with its key, its value, what is there and how to mend it", () => {
    expect(ranges(true, ["pods", "services"])).toEqual([]);
    expect(ranges(false, ["pods", "services"])).toEqual([
      [
        "  portolan:platform.network.subnet",
        '    value:   "nodes"',
        "    allowed: a subnet of shared",
        "    remedy:  name the one that holds the nodes",
      ].join("\n"),
    ]);
    expect(ranges(true, ["pods", "svc"])).toEqual([
      [
        "  portolan:platform.network.serviceRange",
        '    value:   "services"',
        "    allowed: pods | svc",
        "    remedy:  name one of these, or add the range to the subnet",
      ].join("\n"),
    ]);
    expect(ranges(true, [])).toEqual([
      expect.stringMatching(/podRange.*which has none/s),
      expect.stringMatching(/serviceRange.*which has none/s),
    ]);
  });

  it("is the cluster's own, its subnet that of the nodes, and its pods are somebody", () => {
    const network = "projects/clinic-1/global/networks/shared";
    const subnetOf = (name: string) => `projects/clinic-1/regions/asia-northeast1/subnetworks/${name}`;
    const named = { network, subnet: subnetOf("nodes") };
    const found = { ...named, hasWorkloadIdentity: true, opensByName: true };
    const mine = { name: "mine", access: "dns" } as const;
    const url = `https://www.googleapis.com/compute/v1/${network}`;
    expect(clusterMistakes(mine, found, named)).toEqual([]);
    expect(clusterMistakes(mine, { ...found, network: url }, named)).toEqual([]);
    const closed = { ...found, opensByName: false };
    expect(clusterMistakes({ ...mine, access: "ip" }, closed, named)).toEqual([]);
    expect(clusterMistakes(mine, closed, named).map(mistakeText)).toEqual([
      expect.stringMatching(/platform\.cluster\.access\n.*"dns"\n.*ip: .* closed\n.*--enable-dns-access/),
    ]);
    const elsewhere = { network: "projects/clinic-1/global/networks/other", subnet: subnetOf("pool") };
    const text = clusterMistakes(mine, { ...found, ...elsewhere, hasWorkloadIdentity: false }, named).map(
      mistakeText,
    );
    expect(text).toHaveLength(3);
    expect(text[0]).toMatch(/platform\.cluster\.name\n.*"mine"\n.*workload identity/);
    expect(text[1]).toBe(
      [
        "  portolan:platform.network.name",
        '    value:   "shared"',
        "    allowed: the VPC of cluster mine: other",
        "    remedy:  name it: the way to database and Redis must be where the pods are",
      ].join("\n"),
    );
    expect(text[2]).toContain("the subnet of cluster mine: pool");
  });
});

describe("sizes", () => {
  it("are machines that Cloud SQL has", () => {
    for (const { database } of Object.values(sizes)) {
      const perCpu = database.memory / 1024 / database.cpus;
      expect(database.memory % 256).toBe(0);
      expect(database.memory).toBeGreaterThanOrEqual(3840);
      expect(perCpu).toBeGreaterThanOrEqual(0.9);
      expect(perCpu).toBeLessThanOrEqual(6.5);
      expect(database.cpus === 1 || database.cpus % 2 === 0).toBe(true);
    }
    expect(databaseTier("small")).toBe("db-custom-1-3840");
  });
});

describe("the estimate", () => {
  const args = { settings, needs, size: "small", lifecycle: "production" } as const;

  it("adds up only what a source names, and says what it leaves out", () => {
    expect(estimate(args)).toEqual({
      currency: "USD",
      amount: 73,
      priced: "2026-11-21",
      covers: ["GKE cluster's fee"],
      leavesOut: expect.arrayContaining([
        "Cloud SQL: 2 x 1 vCPU",
        "Memorystore: 2 x 1 GiB",
        "what pods request of GKE Autopilot, and their volumes",
      ]),
    });
    const iowa = estimate({ ...args, settings: { ...settings, region: "us-central1" } });
    // 0.1 and two of 1 vCPU and 3.75 GiB, 730 hours.
    expect(iowa?.amount).toBe(171.62);
    expect(iowa?.priced).toBe("2026-10-01");
  });

  it("has a date and a source for each price", () => {
    for (const price of Object.values(prices).flat()) {
      expect(price.read).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(price.source).toMatch(/^https:/);
    }
  });
});

describe("the APIs that are switched on", () => {
  it("are those of what is made", () => {
    expect(apisFor(settings, needs, true)).toEqual([
      "compute",
      "container",
      "iam",
      "cloudkms",
      "sqladmin",
      "dns",
      "redis",
      "storage",
      "secretmanager",
    ]);
    expect(apisFor(settings, {}, false)).toEqual(["compute", "container", "iam", "secretmanager"]);
  });
});

describe("what stays after a destroy", () => {
  const everything = { ...needs, sharedVolume: { sizeGi: 10 } };
  const instances =
    "each tenant's Filestore instance stays, to be found with `gcloud filestore instances list`";
  const forGood =
    "stay for good, because Cloud KMS deletes neither; they cost nothing once the key's versions are destroyed";
  const logs =
    "logs stay in Cloud Logging for as long as the project's log bucket says: 30 days, where nobody changed it";
  const rules =
    "firewall rules k8s-* and gke-* are GKE's to remove: should the network refuse to be deleted, delete them and run the destroy again";

  it("is all data and the keys in production", () => {
    const lines = retainedLines({
      externalSecrets: false,
      settings,
      needs: everything,
      lifecycle: "production",
    });
    for (const word of [
      "key ring",
      "database stays",
      "Redis stays",
      "bucket stays",
      "Filestore instance stays",
      "Secret Manager",
      "edge's address",
    ])
      expect(lines.join("\n")).toContain(word);
    expect(lines).toEqual(expect.arrayContaining([instances, logs]));
    expect(lines).not.toContain(rules);
  });

  it("is next to nothing in a disposable stack", () => {
    expect(retainedLines({ externalSecrets: false, settings, needs: {}, lifecycle: "disposable" })).toEqual([
      "the project's APIs stay switched on: compute, container, iam, secretmanager",
      `where the stack was production before: its key ring and key ${forGood}`,
      logs,
      rules,
    ]);
  });

  it("is a key of the cluster's own in every lifecycle that has one, or had", () => {
    const told = (ownKey: boolean | undefined, lifecycle: Lifecycle) =>
      retainedLines({
        externalSecrets: false,
        settings: {
          ...settings,
          cluster: { kind: "new", channel: "REGULAR", access: { kind: "dns" }, ownKey },
        },
        needs,
        lifecycle,
      }).filter((line) => line.endsWith(forGood));
    expect(told(true, "disposable")).toEqual([`the key ring and its key ${forGood}`]);
    expect(told(undefined, "production")).toEqual([`the key ring and its key ${forGood}`]);
    expect(told(false, "production")).toEqual([]);
    expect(told(false, "disposable")).toEqual([]);
  });

  it("is what Google is slow to let go of, in one that had all of it", () => {
    expect(
      retainedLines({ externalSecrets: false, settings, needs: everything, lifecycle: "disposable" }).slice(
        2,
      ),
    ).toEqual([
      logs,
      "the deleted database's name stays taken for a week; the next database has another",
      "Memorystore's own peering goes with its last instance: should the network refuse to be deleted, run the destroy again some minutes later",
      "Filestore's instance is the driver's to remove: look with `gcloud filestore instances list`",
      rules,
    ]);
  });

  it("is of a cell what its tenants have, in production alone", () => {
    expect(retainedOfCell({ needs: everything, ownRedis: true, lifecycle: "production" })).toEqual([
      "each tenant's database stays on its server",
      "each tenant's Redis stays, and with it its password",
      "each tenant's bucket stays, with all versions of its objects",
      instances,
      "disks of pods stay",
      "write-once keys stay in Secret Manager",
    ]);
    expect(retainedOfCell({ needs, ownRedis: false, lifecycle: "production" })).not.toContain(
      "each tenant's Redis stays, and with it its password",
    );
    expect(retainedOfCell({ needs: everything, ownRedis: true, lifecycle: "disposable" })).toEqual([]);
  });
});

describe("a range", () => {
  it.each<[string, unknown]>([
    ["10.64.0.0/20", { from: 171_966_464, to: 171_970_559, prefix: 20 }],
    ["203.0.113.7/32", { from: 3_405_803_783, to: 3_405_803_783, prefix: 32 }],
    ["0.0.0.0/0", { from: 0, to: 4_294_967_295, prefix: 0 }],
    ["10.64.0.1/20", undefined],
    ["10.64.0.0/33", undefined],
    ["10.64.0/20", undefined],
    ["10.064.0.0/20", undefined],
    ["10.64.0.0", undefined],
    ["10.64.0.0/", undefined],
    ["10.64.0.0/20/1", undefined],
    ["::/0", undefined],
  ])("%s is read or refused", (text, expected) => {
    expect(parseCidr(text)).toEqual(expected);
  });

  it.each<[string, number, number, string]>([
    ["10.65.0.0/16", 13, 0, "10.65.0.0/29"],
    ["10.65.0.0/16", 2, 3, "10.65.192.0/18"],
    ["10.65.0.8/29", 0, 0, "10.65.0.8/29"],
    ["0.0.0.0/0", 1, 1, "128.0.0.0/1"],
  ])("%s has with %i bits more, at place %i, the part %s", (cidr, bits, place, part) => {
    expect(partOf(rangeOf(cidr), bits, place)).toBe(part);
  });
});

describe("a managed zone", () => {
  const zone = (dnsName: string, visibility = "public") =>
    zoneMistakes("clinic", "apps.example.com", { dnsName, visibility }).map(mistakeText);

  it("that is public and of the domain, or of one above it, is right", () => {
    expect(zone("example.com.")).toEqual([]);
  });

  it.each([
    ["example.org.", "public", "of example.org"],
    ["example.com.", "private", "a private zone of example.com"],
  ])("of %s that is %s is refused with what it is", (dnsName, visibility, what) => {
    expect(zone(dnsName, visibility)).toEqual([
      `  portolan:platform.dns.zone\n    value:   "clinic"\n    allowed: the public zone of apps.example.com, which is edge.domain, or of a domain above it; this one is ${what}\n    remedy:  name that zone, or change portolan:edge.domain`,
    ]);
  });
});
