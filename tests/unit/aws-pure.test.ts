/** Arithmetic, names and texts of providers/aws: no resource is declared. */
import { X509Certificate } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clusterMistakes, type FoundCluster } from "../../providers/aws/cluster.ts";
import { zoneMistakes } from "../../providers/aws/dns.ts";
import { type FoundNetwork, networkMistakes } from "../../providers/aws/existingNetwork.ts";
import { kubeconfigOf } from "../../providers/aws/kubeconfig.ts";
import { type NameKind, physicalName } from "../../providers/aws/names.ts";
import { accessString } from "../../providers/aws/redisTenant.ts";
import { regions } from "../../providers/aws/regions.ts";
import { retainedLines, retainedOfCell } from "../../providers/aws/retained.ts";
import { rdsRoots } from "../../providers/aws/roots.ts";
import type { AwsSettings, ClusterSettings } from "../../providers/aws/settings.ts";
import { subnetPlan } from "../../providers/aws/subnets.ts";
import { overlap, parseCidr, within } from "../../providers/cidr.ts";
import { mistakeText } from "../../providers/mistakes.ts";
import { needs, settings } from "./aws-fixtures.ts";

describe("physical names", () => {
  const long = "a-stack-with-a-name-that-nobody-would-want-to-type-more-than-once-or-twice-in-a-whole-life";

  it.each<[NameKind, string[], string | undefined, string]>([
    ["cluster", ["us-prod"], "a1b2c3", "portolan-us-prod-a1b2c3"],
    ["bucket", ["us-prod", "acme"], "a1b2c3", "portolan-us-prod-acme-a1b2c3"],
    ["role", ["us-prod", "tenant", "acme"], undefined, "portolan-us-prod-tenant-acme"],
    ["cache", [long], "a1b2c3", "portolan-a-stack-with-a-na-cfd61a-a1b2c3"],
    ["cacheUser", [long, "acme"], "a1b2c3", "portolan-a-stack-with-a-na-344cf5-a1b2c3"],
    ["database", ["Us_Prod"], "a1b2c3", "portolan-us-prod-52c85a-a1b2c3"],
  ])("%s of %j", (kind, parts, suffix, name) => {
    expect(physicalName(kind, parts, suffix)).toBe(name);
  });

  const limits: Record<NameKind, [number, RegExp]> = {
    cluster: [100, /^[0-9A-Za-z][0-9A-Za-z_-]*$/],
    database: [63, /^[a-z](?!.*--)[a-z0-9-]*[a-z0-9]$/],
    snapshot: [255, /^[a-z](?!.*--)[a-z0-9-]*[a-z0-9]$/],
    cache: [40, /^[a-z](?!.*--)[a-z0-9-]*[a-z0-9]$/],
    cacheUser: [40, /^[a-z](?!.*--)[a-z0-9-]*[a-z0-9]$/],
    cacheUserGroup: [40, /^[a-z](?!.*--)[a-z0-9-]*[a-z0-9]$/],
    cacheSnapshot: [255, /^[a-z](?!.*--)[a-z0-9-]*[a-z0-9]$/],
    bucket: [63, /^(?!xn--|sthree-)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/],
    role: [64, /^[\w+=,.@-]+$/],
    keyAlias: [250, /^(?!aws\/)[A-Za-z0-9/_-]+$/],
  };

  it.each(Object.entries(limits))(
    "%s keeps to its service's rules, whatever the stack's name",
    (kind, [max, rule]) => {
      fc.assert(
        fc.property(
          fc.string({ unit: "grapheme", minLength: 1, maxLength: 120 }),
          fc.stringMatching(/^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$/),
          (stack, slug) => {
            const name = physicalName(kind as NameKind, [stack, slug], "a1b2c3");
            expect(name.length).toBeLessThanOrEqual(max);
            expect(name).toMatch(rule);
            expect(name.endsWith("-a1b2c3")).toBe(true);
          },
        ),
      );
    },
  );

  it("tells two apart that look the same once they are cut or cleaned", () => {
    expect(physicalName("cacheUser", [`${long}-a`])).not.toBe(physicalName("cacheUser", [`${long}-b`]));
    expect(physicalName("database", ["us_prod"])).not.toBe(physicalName("database", ["us.prod"]));
  });
});

describe("ranges", () => {
  it.each([
    ["10.0.0.0/16", true],
    ["10.0.0.1/16", false],
    ["10.0.0.0/33", false],
    ["10.0.256.0/24", false],
    ["10.0.0.0", false],
    ["fd00::/8", false],
  ])("%s is a CIDR: %s", (text, is) => {
    expect(parseCidr(text) !== undefined).toBe(is);
  });

  it("divides a network so that pods have most of it, and a zone's subnets never move", () => {
    expect(subnetPlan("10.20.0.0/16", 3)).toEqual({
      private: ["10.20.0.0/18", "10.20.64.0/18", "10.20.128.0/18"],
      public: ["10.20.192.0/20", "10.20.208.0/20", "10.20.224.0/20"],
    });
    const { private: two } = subnetPlan("10.20.0.0/16", 2);
    expect(two).toEqual(["10.20.0.0/18", "10.20.64.0/18"]);
  });

  it("keeps subnets inside the network and apart from each other", () => {
    const anyRange = fc
      .tuple(fc.integer({ min: 16, max: 22 }), fc.nat(255))
      .map(([prefix, second]) => `10.${second}.0.0/${prefix}`);
    fc.assert(
      fc.property(anyRange, (cidr) => {
        const outer = parseCidr(cidr);
        const plan = subnetPlan(cidr, 3);
        const all = [...plan.private, ...plan.public].map(parseCidr);
        for (const [index, one] of all.entries()) {
          if (!outer || !one) throw new Error(`${cidr} gave what is no range`);
          expect(within(one, outer)).toBe(true);
          for (const other of all.slice(index + 1)) expect(other && overlap(one, other)).toBe(false);
        }
      }),
    );
  });
});

describe("a network of the user's", () => {
  const settings = {
    kind: "existing",
    vpcId: "vpc-1",
    privateSubnetIds: ["subnet-1", "subnet-2"],
    publicSubnetIds: ["subnet-3", "subnet-4"],
  } as const;
  const cluster: ClusterSettings = {
    kind: "new",
    version: "1.35",
    endpoint: { access: "private", cidrs: [] },
    adminRoles: [],
    serviceCidr: "172.20.0.0/16",
  };
  const subnet = (zone: string) => ({ of: "vpc-1", free: 200, zone });
  const fine: FoundNetwork = {
    hostnames: true,
    support: true,
    ranges: ["10.0.0.0/16"],
    subnets: {
      "subnet-1": subnet("us-east-1a"),
      "subnet-2": subnet("us-east-1b"),
      "subnet-3": subnet("us-east-1a"),
      "subnet-4": subnet("us-east-1b"),
    },
  };
  const told = (over: Partial<FoundNetwork>) =>
    networkMistakes(settings, cluster, { ...fine, ...over }).map(mistakeText);

  it("is taken when its subnets are in it, in two zones, with room", () => {
    expect(told({})).toEqual([]);
  });

  it.each<[string, Partial<FoundNetwork>, string[]]>([
    [
      "without DNS host names",
      { hostnames: false },
      [
        "network.vpcId",
        '"vpc-1"',
        "a VPC with DNS support and DNS hostnames, which EKS needs",
        "`aws ec2 modify-vpc-attribute --vpc-id vpc-1 --enable-dns-hostnames`",
      ],
    ],
    [
      "with a subnet of another",
      { subnets: { ...fine.subnets, "subnet-3": { ...subnet("us-east-1a"), of: "vpc-2" } } },
      [
        "network.publicSubnetIds",
        '"subnet-3"',
        "subnets of vpc-1; this one is of vpc-2",
        "name another subnet or VPC",
      ],
    ],
    [
      "with a full subnet",
      { subnets: { ...fine.subnets, "subnet-1": { ...subnet("us-east-1a"), free: 5 } } },
      ["network.privateSubnetIds", '"subnet-1"', "a subnet with 6 free addresses; it has 5", "name another"],
    ],
    [
      "in one zone",
      { subnets: { ...fine.subnets, "subnet-2": subnet("us-east-1a") } },
      [
        "network.privateSubnetIds",
        '["subnet-1","subnet-2"]',
        "subnets in two zones at least; all are in us-east-1a",
        "add a subnet of another zone",
      ],
    ],
    [
      "where Services would have their addresses",
      { ranges: ["10.0.0.0/16", "172.20.8.0/24"] },
      [
        "cluster.serviceCidr",
        '"172.20.0.0/16"',
        "a range beside 172.20.8.0/24, which is vpc-1's",
        "choose another, or leave it out: EKS then chooses one",
      ],
    ],
  ])("%s is refused", (_title, over, [key, value, allowed, remedy]) => {
    expect(told(over)).toEqual([
      `  portolan:platform.${key}\n    value:   ${value}\n    allowed: ${allowed}\n    remedy:  ${remedy}`,
    ]);
  });

  it("is told everything at once", () => {
    expect(told({ support: false, ranges: ["172.20.0.0/16"] }).length).toBe(2);
  });
});

describe("a cluster that is there already", () => {
  const fine: FoundCluster = { computeConfigs: [{ enabled: true }], vpcConfig: { vpcId: "vpc-1" } };
  const mistakes = (over: Partial<FoundCluster> = {}) =>
    clusterMistakes("mine", "vpc-1", { ...fine, ...over }).map(mistakeText);

  it("is taken in Auto Mode and in the network", () => {
    expect(mistakes()).toEqual([]);
  });

  it.each([[undefined], [[]], [[{}]], [[{ enabled: false }]]])(
    "is refused without Auto Mode, of which AWS then says %j",
    (computeConfigs) => {
      expect(mistakes({ computeConfigs })).toEqual([
        '  portolan:platform.cluster.name\n    value:   "mine"\n    allowed: a cluster in Auto Mode\n' +
          "    remedy:  switch Auto Mode on, or choose platform kind `existing` with the cluster's context",
      ]);
    },
  );

  it("is refused in another network, where neither database nor cache would let its pods in", () => {
    expect(mistakes({ vpcConfig: { vpcId: "vpc-2" } })).toEqual([
      '  portolan:platform.network.vpcId\n    value:   "vpc-1"\n    allowed: the VPC of cluster mine, vpc-2\n' +
        "    remedy:  name it and its subnets: database and cache must stand where the pods are",
    ]);
  });
});

describe("a hosted zone", () => {
  it("of the domain or of one above it is right", () => {
    expect(zoneMistakes("Z1", "apps.example.com", "example.com.")).toEqual([]);
  });

  it("of another domain is named with its own", () => {
    expect(zoneMistakes("Z1", "example.com", "example.org").map(mistakeText)).toEqual([
      '  portolan:platform.dns.zoneId\n    value:   "Z1"\n    allowed: the hosted zone of example.com, which is ' +
        "edge.domain, or of a domain above it; this one is of example.org\n" +
        "    remedy:  name that zone, or change portolan:edge.domain",
    ]);
  });
});

describe("RDS's roots", () => {
  it("are three in each region offered, its own, and good for longer than anybody plans", () => {
    for (const region of regions) {
      const found =
        rdsRoots(region).match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
      const roots = found.map((pem) => new X509Certificate(pem));
      expect(roots.length, region).toBe(3);
      for (const root of roots) {
        expect(root.subject).toContain(`RDS ${region} Root CA`);
        expect(root.ca).toBe(true);
        expect(new Date(root.validTo).getFullYear()).toBeGreaterThan(2060);
      }
    }
  });

  it("of an unknown region end the run", () => {
    expect(() => rdsRoots("xx-north-9")).toThrow("no roots of RDS are known for region xx-north-9");
  });
});

describe("a tenant's rights on the cache", () => {
  const text = accessString("bhc:");

  it("are to keys and channels of its prefix", () => {
    expect(text).toMatch(/^on ~bhc:\* resetchannels &bhc:\* -@all \+@read /);
    expect(text.match(/[~&]\S+/g)).toEqual(["~bhc:*", "&bhc:*"]);
  });

  it("leave out every command that sees or empties what belongs to others", () => {
    const words = text.split(" ");
    const last = (command: string) => words.lastIndexOf(`-${command}`);
    const granted = Math.max(
      ...["+@read", "+@write", "+@connection", "+@pubsub", "+@scripting"].map((one) => words.indexOf(one)),
    );
    const keyspaceWide = ["scan", "randomkey", "keys", "dbsize", "flushall", "flushdb", "swapdb", "pubsub"];
    for (const command of [...keyspaceWide, "script|flush", "client|tracking"])
      expect(last(command), command).toBeGreaterThan(granted);
    for (const category of ["@admin", "@dangerous"])
      expect(last(category), category).toBeGreaterThan(granted);
  });
});

describe("the kubeconfig", () => {
  it("gets its credentials by AWS's own program, and holds none", () => {
    const text = kubeconfigOf({
      name: "portolan-us-prod-a1b2c3",
      region: "us-east-1",
      endpoint: "https://eks.example.com",
      certificateAuthority: "Y2E=",
    });
    const config = JSON.parse(text);
    expect(config.users[0].user).toEqual({
      exec: {
        apiVersion: "client.authentication.k8s.io/v1beta1",
        command: "aws",
        args: ["eks", "get-token", "--cluster-name", "portolan-us-prod-a1b2c3", "--region", "us-east-1"],
        interactiveMode: "Never",
      },
    });
    expect(config.clusters[0].cluster["certificate-authority-data"]).toBe("Y2E=");
    expect(text).not.toContain("insecure");
  });
});

describe("what stays after a destroy", () => {
  const everything = { ...needs, sharedVolume: { sizeGi: 10 } };
  const roles =
    "roles that AWS made for its own services (AWSServiceRoleForAmazonEKS and its like) stay in the account; they cost nothing";
  const tls = { roots: "system" } as const;
  const brought: AwsSettings = {
    ...settings,
    cluster: { kind: "existing", name: "mine" },
    database: {
      kind: "existing",
      host: "db.mine.example",
      port: 5432,
      tls,
      admin: { username: "postgres", secretName: "admin", key: "password" },
    },
    redis: { kind: "existing", host: "redis.mine.example", port: 6379, tls, isolation: "prefix" },
  };

  it("is all data in production, and the key that opens it", () => {
    expect(
      retainedLines({ externalSecrets: false, settings, needs: everything, lifecycle: "production" }),
    ).toEqual([
      roles,
      "the KMS key stays: what stays of database, cache, buckets and shared volumes is encrypted with it",
      "the database stays, with its backups of 35 days, its log groups /aws/rds/instance/<its name>/*, which never expire, and the network it is in",
      "the cache stays, with its snapshots of 35 days",
      "each tenant's bucket stays, with what was deleted or written over for 90 days",
      "the file system of shared volumes stays, with AWS Backup's copies of 35 days",
      "the log of who talked to whom stays, /portolan/<the stack's name>-<six digits>/flow, each line for 90 days",
      "disks of pods stay, to be found with `aws ec2 describe-volumes --filters Name=status,Values=available`",
      "write-once keys stay in Secrets Manager",
    ]);
  });

  it("is a key that waits, and what AWS itself makes and leaves, in a disposable stack", () => {
    expect(
      retainedLines({ externalSecrets: false, settings, needs: everything, lifecycle: "disposable" }),
    ).toEqual([
      roles,
      "the KMS key waits seven days for its deletion, and opens nothing meanwhile",
      "where the stack was production before: the database's log groups /aws/rds/instance/<its name>/*, which RDS made, until you delete them",
      "where the stack was production before: copies of the shared volumes in AWS Backup, in the vault aws/efs/automatic-backup-vault, each until it is 35 days old",
      "the cluster's log group /aws/eks/<its name>/cluster, should a late line of the control plane make it anew, until you delete it",
    ]);
  });

  it("is nothing of what the user brought, nor of what nobody needs", () => {
    const key = "the KMS key waits seven days for its deletion, and opens nothing meanwhile";
    expect(
      retainedLines({ externalSecrets: false, settings: brought, needs, lifecycle: "disposable" }),
    ).toEqual([
      key,
      "definitions (CRDs) of cert-manager, Traefik stay in your cluster: Helm does not take them along",
    ]);
    expect(retainedLines({ externalSecrets: false, settings, needs: {}, lifecycle: "disposable" })).toEqual([
      roles,
      key,
      expect.stringContaining("/aws/eks/"),
    ]);
  });

  it("is of a cell what its tenants have, in production alone", () => {
    expect(retainedOfCell({ needs: everything, lifecycle: "production" })).toEqual([
      "each tenant's database stays on its server",
      "each tenant's bucket stays, with what was deleted or written over for 90 days",
      "volumes of pods stay, shared ones too",
      "write-once keys stay in Secrets Manager",
    ]);
    expect(retainedOfCell({ needs: everything, lifecycle: "disposable" })).toEqual([]);
  });
});
