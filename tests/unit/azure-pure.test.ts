/** The parts of providers/azure that are arithmetic: names, ranges, roles, the kubeconfig. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { kubeconfigOf } from "../../providers/azure/clusterAccess.ts";
import { relativeNames } from "../../providers/azure/dns.ts";
import { longestName, type NameKind, nameKinds, physicalName } from "../../providers/azure/names.ts";
import { estimate, prices } from "../../providers/azure/prices.ts";
import { retainedLines, retainedOfCell } from "../../providers/azure/retained.ts";
import { nameOf, subscriptionOf } from "../../providers/azure/roles.ts";
import { sizeOf, vmSize } from "../../providers/azure/sizes.ts";
import { dnsAddress, subnetPlan } from "../../providers/azure/subnets.ts";
import { overlap, parseCidr } from "../../providers/cidr.ts";
import { needs, settings } from "./azure-fixtures.ts";

describe("physical names", () => {
  it.each<[NameKind, string[], string | undefined, string]>([
    ["resourceGroup", ["eu-prod"], undefined, "portolan-eu-prod"],
    ["database", ["eu-prod"], "a1b2c3", "portolan-eu-prod-a1b2c3"],
    ["storageAccount", ["eu-prod"], "a1b2c3", "portolaneuproda1b2c3"],
    ["storageAccount", ["a-stack-with-a-long-name"], "a1b2c3", "portolanasta605f38a1b2c3"],
    ["vault", ["eu-prod"], "a1b2c3", "portolan-eu-prod-a1b2c3"],
    ["vault", ["europe-prod"], "a1b2c3", "portolan-e-b738fe-a1b2c3"],
    ["container", ["eu-prod", "acme"], undefined, "portolan-eu-prod-acme"],
    [
      "vaultSecret",
      ["organization/portolan/eu-prod/acme/APP_KEY"],
      undefined,
      "portolan-organization-portolan-eu-prod-acme-app-key-706f78",
    ],
    ["cache", ["s".repeat(40), "tenant"], "a1b2c3", "portolan-sssssssssssssssssssss-baf695-a1b2c3"],
  ])("%s of %j and %s is %s", (kind, parts, suffix, expected) => {
    expect(physicalName(kind, parts, suffix)).toBe(expected);
  });

  /** By Azure's naming rules, of which these are the alphabets. */
  const shapes: Partial<Record<NameKind, RegExp>> = {
    storageAccount: /^[a-z0-9]{3,24}$/,
    vault: /^[a-z](?!.*--)[a-z0-9-]{1,22}[a-z0-9]$/,
    container: /^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$/,
    database: /^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/,
    cache: /^[a-z0-9](?!.*--)[a-z0-9-]{0,42}[a-z0-9]$/,
  };

  it.each(nameKinds)("%s: whatever the parts, it fits", (kind) => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 40 }), { minLength: 1, maxLength: 3 }),
        fc.boolean(),
        (parts, ends) => {
          const name = physicalName(kind, parts, ends ? "a1b2c3" : undefined);
          expect(name.length).toBeLessThanOrEqual(longestName(kind));
          expect(name).toMatch(shapes[kind] ?? /^[a-z][a-z0-9-]*[a-z0-9]$/);
        },
      ),
    );
  });

  it("two that are cut to the same beginning differ", () => {
    const long = (end: string) => physicalName("vault", [`${"x".repeat(30)}${end}`], "a1b2c3");
    expect(long("1")).not.toBe(long("2"));
    expect(physicalName("container", ["a_b"])).not.toBe(physicalName("container", ["a-b"]));
  });
});

describe("ranges", () => {
  it.each([
    ["10.64.0.0/16", { nodes: "10.64.0.0/17", endpoints: "10.64.128.0/18", database: "10.64.192.0/19" }],
    [
      "192.168.5.0/24",
      { nodes: "192.168.5.0/25", endpoints: "192.168.5.128/26", database: "192.168.5.192/27" },
    ],
  ])("%s is cut into parts that do not meet", (cidr, plan) => {
    expect(subnetPlan(cidr)).toEqual(plan);
    const parts = Object.values(plan).flatMap((text) => parseCidr(text) ?? []);
    expect(parts.length).toBe(3);
    for (const [index, part] of parts.entries())
      for (const other of parts.slice(index + 1)) expect(overlap(part, other)).toBe(false);
  });

  it.each(["10.0.0.1/16", "10.0.0.0", "10.0.0.0/33", "256.0.0.0/8", "::/0"])("%s is none", (text) => {
    expect(parseCidr(text)).toBeUndefined();
  });

  it("puts the cluster's DNS at the tenth address", () => {
    expect(dnsAddress("10.0.0.0/16")).toBe("10.0.0.10");
    expect(dnsAddress("172.20.0.0/16")).toBe("172.20.0.10");
  });
});

describe("a role assignment's name", () => {
  it("follows from scope, principal and role, and from nothing else", () => {
    // RFC 9562 names no vector for this namespace and text; this one is what `uuid5` of Python gives.
    expect(nameOf(["www.example.com"])).toBe("b63cdfa4-3df9-568e-97ae-006c5b8fd652");
    expect(nameOf(["/Scope", "P", "r"])).toBe(nameOf(["/scope", "p", "R"]));
    expect(nameOf(["/scope", "p", "r"])).not.toBe(nameOf(["/scope", "q", "r"]));
  });

  it("is for the subscription of what it is about", () => {
    expect(subscriptionOf("/subscriptions/abc/resourceGroups/x")).toBe("abc");
  });
});

describe("the kubeconfig", () => {
  const yaml =
    "clusters:\n- cluster:\n    certificate-authority-data: Y2E=\n    server: https://aks.example.com:443\n  name: x\n";
  const json = JSON.stringify({
    clusters: [{ cluster: { "certificate-authority-data": "Y2E=", server: "https://aks.example.com:443" } }],
  });

  it.each([yaml, json])(
    "asks kubelogin for a token, and takes only server and authority of what AKS lists",
    (listed) => {
      const made = JSON.parse(kubeconfigOf("aks", listed, "workloadidentity"));
      expect(made.clusters).toEqual([
        {
          name: "aks",
          cluster: { server: "https://aks.example.com:443", "certificate-authority-data": "Y2E=" },
        },
      ]);
      expect(made.users[0].user).toEqual({
        exec: {
          apiVersion: "client.authentication.k8s.io/v1beta1",
          command: "kubelogin",
          args: [
            "get-token",
            "--login",
            "workloadidentity",
            "--server-id",
            "6dae42f8-4368-4678-94ff-3960e28e3630",
          ],
          installHint: "kubelogin is not on PATH: see https://aka.ms/aks/kubelogin",
          interactiveMode: "Never",
        },
      });
    },
  );
});

describe("the records of the edge's domain and hosts", () => {
  it.each([
    ["example.com", "example.com", { domain: "@", hosts: "*" }],
    ["example.com", "apps.example.com", { domain: "apps", hosts: "*.apps" }],
    ["example.com", "a.b.example.com", { domain: "a.b", hosts: "*.a.b" }],
  ])("in zone %s for %s are %j", (zone, domain, names) => {
    expect(relativeNames(zone, domain)).toEqual(names);
  });
});

describe("sizes", () => {
  const order = ["small", "medium", "large"] as const;

  it("grow: no step begins with a smaller disk or with fewer nodes", () => {
    const grows = (numbers: number[]) => expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    grows(order.map((size) => sizeOf(size, "production").database.storage));
    grows(order.map((size) => sizeOf(size, "production").nodes.max));
  });

  it("have a standby for every production database, and a node in every zone", () => {
    for (const size of order) {
      expect(sizeOf(size, "production").database.tier).not.toBe("Burstable");
      expect(sizeOf(size, "production").nodes.min).toBeGreaterThanOrEqual(3);
    }
  });

  it("have the same machines in both lifecycles, and the same nodes in all sizes: neither changes in place", () => {
    for (const size of order) {
      const { nodes: before, ...servers } = sizeOf(size, "production");
      const { nodes: after, ...others } = sizeOf(size, "disposable");
      expect(others).toEqual(servers);
      expect([before.vmSize, after.vmSize]).toEqual([vmSize, vmSize]);
    }
  });
});

describe("what a month costs", () => {
  it("is what has a source, and says what it leaves out", () => {
    const asked = { settings, size: "small", lifecycle: "disposable", needs } as const;
    expect(estimate(asked)).toEqual({
      currency: "USD",
      // 0.23 x 730 + 32 x 0.1369
      amount: 172.28,
      priced: "2026-09-01",
      covers: ["nodes: 1 of at most 6 x Standard_D4s_v5", "Flexible Server: 32 GiB"],
      leavesOut: [
        "Flexible Server: Standard_D2ds_v5",
        "Azure Managed Redis: Balanced_B1",
        "Blob Storage",
        "disks of nodes",
        "load balancer, public address, private endpoints and DNS",
        "Key Vault, logs and backups",
        "traffic",
      ],
    });
    // (0.1 + 3 x 0.23) x 730 + 2 x 128 x 0.1369
    const medium = estimate({ ...asked, size: "medium", lifecycle: "production" });
    expect(medium?.amount).toBe(611.75);
    expect(medium?.covers).toContain("nodes: 3 of at most 12 x Standard_D4s_v5");
    const elsewhere = { ...settings, region: "uksouth" };
    expect(estimate({ ...asked, settings: elsewhere })).toBeUndefined();
    expect(estimate({ ...asked, settings: elsewhere, lifecycle: "production" })?.covers).toEqual([
      "AKS, tier Standard",
    ]);
    for (const { source, read } of Object.values(prices).flat()) {
      expect(source).toMatch(/^https:/);
      expect(read).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    }
  });
});

describe("what stays after a destroy", () => {
  it("is data in production", () => {
    expect(retainedLines({ settings, needs, externalSecrets: false, lifecycle: "production" })).toEqual([
      "the resource group stays: it would take everything in it along",
      "the database stays, with its backups of 35 days and the network it is in",
      "Redis stays, and with it its key",
      "the storage account stays, with each tenant's container",
      "the edge's public address stays",
      "the vault of write-once keys stays, and cannot be purged for 90 days once deleted",
      "disks of pods stay in the cluster's own resource group, to be found with `az disk list`",
    ]);
  });

  it("is the user's own vault and cluster, with what came into them", () => {
    const brought = {
      ...settings,
      vault: { name: "ours", resourceGroup: "theirs" },
      cluster: { ...settings.cluster, kind: "existing", name: "mine", resourceGroup: "theirs" },
    } as const;
    const lines = retainedLines({
      settings: brought,
      needs: {},
      externalSecrets: false,
      lifecycle: "disposable",
    });
    expect(lines).toEqual([
      "write-once keys stay in the vault ours, which is yours",
      "definitions (CRDs) of cert-manager, Traefik stay in your cluster: Helm does not take them along",
    ]);
  });

  it("is a name, and a server's ghost, in a disposable stack", () => {
    expect(retainedLines({ settings, needs, externalSecrets: false, lifecycle: "disposable" })).toEqual([
      "a deleted database server can be taken back for five days under another name (createMode ReviveDropped)",
      "the vault of write-once keys: deleted, but the name stays taken for seven days, or until `az keyvault purge`; for 90 days in any case where the stack was production before",
    ]);
  });

  it("is of a cell its write-once keys, and in production what else its tenants have", () => {
    const keys = "write-once keys stay in the vault, until the vault goes";
    expect(retainedOfCell({ needs, ownRedis: true, lifecycle: "production" })).toEqual([
      "each tenant's database stays on its server",
      "each tenant's Redis stays, and with it its key",
      "each tenant's container stays in the storage account",
      "volumes of pods stay, shared ones too",
      keys,
    ]);
    expect(retainedOfCell({ needs, ownRedis: false, lifecycle: "production" })).not.toContain(
      "each tenant's Redis stays, and with it its key",
    );
    expect(retainedOfCell({ needs, ownRedis: true, lifecycle: "disposable" })).toEqual([keys]);
  });
});
