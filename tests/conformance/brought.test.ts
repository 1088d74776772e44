/**
 * A stack in a cloud where the user has everything already: network, cluster, database and Redis, made by a program of
 * the user's own (tests/landlord), and things of the user's own in the cluster.
 */
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { pulumi } from "../../ops/pulumi/cli.ts";
import { changeCount } from "../../ops/pulumi/events.ts";
import { certManagerDefinition, certManagerNamespace } from "../../providers/addons/places.ts";
import { removeAll } from "../../sandbox/clouds/backend/index.ts";
import { otherProgram } from "../otherProgram.ts";
import { apply, named, secret } from "./objects.ts";
import { isWhole, theRun } from "./target.ts";
import { verdict } from "./verdict.ts";
import { openWorld, type World } from "./world.ts";

const cloud = isWhole() ? theRun().rehearsal?.cloud : undefined;
/** Types of what the user brings; a private DNS zone of another service and an encryption key are the stack's own. */
const brought =
  /:(Vpc|Subnet|Cluster|Instance|ReplicationGroup|VirtualNetwork|ManagedCluster|Server|RedisEnterprise|Network|Subnetwork|DatabaseInstance)$/;
const slugs = ["ada", "bea"];
const account = "our-account";

const ownedShape = z.object({
  platform: z.record(z.string(), z.record(z.string(), z.unknown())),
  passwords: z.object({ database: z.string(), redis: z.string() }),
  redisUsers: z.array(z.string()).optional(),
});

describe.runIf(cloud)("a stack on what the user has in a cloud", () => {
  const rules = verdict();
  let world: World;
  /** The user's own stack. */
  let landlord: World;
  let stack: World;
  let owned: z.infer<typeof ownedShape>;

  beforeAll(async () => {
    world = await openWorld();
    const program = otherProgram("landlord", join(world.inside.workspace.folder, "landlord-project"));
    landlord = await world.another("landlord", program);
    await landlord.upWell("landlord");
    const output = await pulumi(landlord.context, ["stack", "output", "--json", "--show-secrets", "owned"]);
    owned = ownedShape.parse(JSON.parse(output));
    await apply(world.inside, theirs);
    await certManagerOf(undefined);
    stack = await world.another("tenant");
    for (const [part, keys] of Object.entries(owned.platform))
      for (const [key, value] of Object.entries(keys)) stack.set("platform", [part, key], value);
    // What says who may call a cluster that is made; this one is there.
    for (const key of ["endpoint", "sources"])
      if (cloud !== "azure") stack.set("platform", ["cluster", key], undefined);
    stack.set("tenants", [], {});
    rules.begin();
  });

  afterAll(async () => {
    if (cloud !== undefined && rules.holds()) await removeAll(world.inside.run.cluster.kubeconfig, cloud);
    await world?.close();
  });

  /**
   * A sandbox has cert-manager's definitions from the beginning: somebody else's, unless they say that a release of ours
   * left them.
   */
  async function certManagerOf(namespace: string | undefined): Promise<void> {
    const release = `meta.helm.sh/release-namespace${namespace === undefined ? "-" : `=${namespace}`}`;
    await world.inside.kube.kubectl(["annotate", "--overwrite", "crd", certManagerDefinition, release]);
  }

  async function listed(what: string): Promise<string[]> {
    const path =
      "jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name} {.metadata.uid}{'\\n'}{end}";
    const text = await world.inside.kube.kubectl(["get", what, "-A", "-o", path]);
    return text.split("\n").filter((line) => line !== "");
  }

  /** What the user's own program made, as the cloud has it. */
  const ofLandlord = () =>
    stack
      .cloud()
      .living.filter(({ urn }) => urn.startsWith("urn:pulumi:landlord::"))
      .map(({ id, type }) => `${type} ${id}`)
      .toSorted();

  it("refuses to take over the Traefik and the cert-manager that are in that cluster, and makes nothing in it", async () => {
    const before = await listed("namespaces");
    const run = await stack.up("traefik-taken");
    expect(run.ok).toBe(false);
    expect(run.output).toContain("error: What is in your cluster already is in this stack's way");
    for (const what of ["namespace traefik", "traefik", certManagerDefinition])
      expect(run.output).toContain(`; ${what} belongs to somebody else`);
    for (const key of ["edge.namespace", "edge.className", "platform.cluster.name"])
      expect(run.output).toContain(`portolan:${key}\n`);
    expect(await listed("namespaces")).toEqual(before);
    stack.set("edge", ["namespace"], "portolan-traefik");
    stack.set("edge", ["className"], "portolan");
    await certManagerOf(certManagerNamespace);
  });

  it("makes none of what the user has", async () => {
    const before = ofLandlord();
    expect(before.length).toBeGreaterThan(10);
    await stack.upWell("without-tenants");
    expect(ofLandlord()).toEqual(before);
    const twice = stack
      .cloud()
      .living.filter(({ urn, type }) => urn.startsWith("urn:pulumi:tenant::") && brought.test(type));
    expect(twice).toEqual([]);
  });

  it("serves its tenants on the user's database and Redis, with TLS verified, and a second up changes nothing", async () => {
    await apply(world.inside, [
      secret("portolan-tenant", "our-admin", { password: owned.passwords.database }),
      ...slugs.flatMap((slug) => [
        named("Namespace", `theirs-${slug}`),
        secret(`theirs-${slug}`, account, { password: owned.passwords.redis }),
      ]),
    ]);
    for (const slug of slugs) {
      stack.set("tenants", [slug], {
        hosts: [`${slug}.${stack.domain}`],
        namespace: `theirs-${slug}`,
        redis: {
          ...(owned.redisUsers?.includes(slug) ? { username: slug } : {}),
          password: { secretName: account, key: "password" },
        },
      });
    }
    await stack.upWell("tenants");
    await stack.healthy();
    expect(changeCount((await stack.upWell("second")).operation)).toBe(0);
  });

  it("a plain destroy leaves the user's things in cluster, database and cloud as they were", async () => {
    const own = (line: string) => line.startsWith("hospital/");
    const things = ofLandlord();
    const classes = (await listed("ingressclasses")).filter((line) => !line.startsWith("/portolan "));
    const kept = "services,persistentvolumeclaims,configmaps";
    const before = (await listed(kept)).filter(own);
    expect(before.filter((line) => /\/(front|data) /.test(line))).toHaveLength(2);
    const destroyed = await stack.destroy("destroy");
    expect(destroyed.ok, destroyed.output).toBe(true);
    expect((await listed(kept)).filter(own)).toEqual(before);
    expect(await listed("ingressclasses")).toEqual(classes);
    expect((await listed("namespaces")).map((line) => line.split(" ")[0])).toEqual(
      expect.arrayContaining(["/hospital", "/traefik", ...slugs.map((slug) => `/theirs-${slug}`)]),
    );
    // Of the stack nothing is left, and of the user's everything.
    expect(ofLandlord()).toEqual(things);
    expect(stack.cloud().living.filter(({ urn }) => urn.startsWith("urn:pulumi:tenant::"))).toEqual([]);
    expect(changeCount((await landlord.upWell("landlord-again")).operation)).toBe(0);
  });

  it("and the user can take it all away", async () => {
    await world.inside.kube.kubectl(["delete", "ingressclass", "traefik"]);
    const gone = ["hospital", "traefik", ...slugs.map((slug) => `theirs-${slug}`)];
    await world.inside.kube.kubectl(["delete", "namespace", ...gone], { timeout: 120_000 });
    const destroyed = await landlord.destroy("landlord-destroy");
    expect(destroyed.ok, destroyed.output).toBe(true);
    expect(stack.cloud().living).toEqual([]);
  });
});

/** A Traefik of the user's own, as far as it is in the way, and an application with a load balancer and a volume. */
const theirs = [
  named("Namespace", "traefik"),
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    metadata: { name: "traefik" },
    spec: { controller: "traefik.io/ingress-controller" },
  },
  named("Namespace", "hospital"),
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "front", namespace: "hospital" },
    spec: { type: "LoadBalancer", ports: [{ port: 8443 }], selector: { app: "front" } },
  },
  {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "hospital" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  },
];
