/** The outline: a platform, then its tenants. */
import * as pulumi from "@pulumi/pulumi";
import { mergeValues } from "../components/chartValues.ts";
import { tenantRoute } from "../components/edge.ts";
import type { ExternalSecretReader } from "../components/externalKeys.ts";
import { namespaceOf, platformLabels, servicesNamespaceOf } from "../components/names.ts";
import { type ReleaseRepair, repairHooks } from "../components/releaseRepair.ts";
import { Tenant } from "../components/tenant.ts";
import type { ExternalArgs } from "../components/tenantArgs.ts";
import type { TenantOutputs } from "../components/tenantOutputs.ts";
import type { ClusterAccess } from "../providers/cluster.ts";
import { providers } from "../providers/index.ts";
import type { Platform, PlatformFacts, ReleaseHooks } from "../providers/platform.ts";
import { secretNameOf } from "../providers/secretNames.ts";
import { baseFacts } from "./base.ts";
import { cloudOf } from "./clouds/index.ts";
import { checkCluster, claimsOf } from "./clusterChecks.ts";
import { boundsOf } from "./clusterRoom.ts";
import type { Stack } from "./config.ts";
import { endpointsOf } from "./endpoints.ts";
import { storesIn } from "./externalChecks.ts";
import { LateRepair } from "./lateRepair.ts";
import { type ExistingConfig, isCloud, type LocalConfig } from "./platformVocabulary.ts";
import { StackFileError } from "./problems.ts";
import { reachOf } from "./reach.ts";
import { cloudRequest } from "./request.ts";
import { checkRoom } from "./sharedLimits.ts";
import { takenInCluster } from "./tcpChecks.ts";

/** What hooks ask of the cluster. */
type LateQuestions = ReleaseRepair & ExternalSecretReader;

/** The facts, and what is for people alone: a cell leaves other things than its base. */
export interface PlatformOutputs extends PlatformFacts {
  readonly retained: readonly string[];
}

export interface StackOutputs {
  readonly platform: pulumi.Output<PlatformOutputs>;
  readonly tenants: Record<string, pulumi.Output<TenantOutputs>>;
}

export async function deploy(stack: Stack): Promise<StackOutputs> {
  const questions = repairOf(stack);
  const repair = repairHooks(questions);
  const platform = await platformOf(stack, () => repair);
  if (questions instanceof LateRepair && platform.kubeconfig) questions.use(platform.kubeconfig);
  if (platform.kubeconfig && stack.file.platform.on && !pulumi.runtime.isDryRun())
    await refuseInCluster(stack, platform.facts, reached(stack, platform.kubeconfig));
  const tenants = Object.keys(stack.file.tenants).map(
    (slug) => [slug, tenantOf(stack, platform, { questions, repair }, slug).outputs] as const,
  );
  return {
    platform: pulumi.output({ ...factsForCells(stack, platform.facts), retained: platform.retained }),
    tenants: Object.fromEntries(tenants),
  };
}

/** With what a cell must know of a platform that is built: how many tenants it has room for, and which ports are open. */
function factsForCells(
  { app, file }: Stack,
  facts: PlatformFacts<pulumi.Input<string>>,
): PlatformFacts<pulumi.Input<string>> {
  const { platform, edge } = file;
  if (!isCloud(platform) || platform.on) return facts;
  // The ports of cells are among those that the base opens, so nothing is left of them to count.
  const limits = boundsOf(platform, app, file).limits.filter(({ name }) => name !== "balancerPorts");
  return { ...facts, limits, edge: { ...facts.edge, tcpOpen: edge.tcpOpen } };
}

/** A cell's cluster stands before the run, so it is asked what is there; where its base makes the cluster, nothing is. */
async function refuseInCluster(
  stack: Stack,
  { stack: base, limits = [], estimate }: PlatformFacts<pulumi.Input<string>>,
  kubeconfig: pulumi.Output<string>,
): Promise<void> {
  const { Cluster } = await import("./cluster.ts");
  const cluster = Cluster.of(await new Promise<string>((resolve) => kubeconfig.apply(resolve)));
  const { app, file, ports } = stack;
  const own = Object.keys(file.tenants);
  const others = await cluster.tenantsOn(base, stack.name);
  const [foreign, routes] = await Promise.all([
    checkCluster(cluster, { ...claimsOf(stack), platform: base }, others),
    ports.size > 0 ? cluster.tcpRoutes() : [],
  ]);
  const namespaces = own.map((slug) => file.tenants[slug]?.namespace ?? namespaceOf(app.name, slug));
  const room = checkRoom(limits, { own, others }, estimate);
  const problems = [...foreign, ...room.problems, ...takenInCluster(ports, namespaces, routes)];
  if (problems.length > 0) throw new pulumi.RunError(new StackFileError(problems).message);
  for (const warning of room.warnings) await pulumi.log.warn(warning);
}

function reached({ file }: Stack, kubeconfig: pulumi.Output<string>): pulumi.Output<string> {
  return isCloud(file.platform) ? reachOf(cloudOf(file.platform).unreachable)(kubeconfig) : kubeconfig;
}

async function platformOf(stack: Stack, hooks: ReleaseHooks): Promise<Platform> {
  const { images, lifecycle, app, edge, ports } = stack;
  const config = stack.file.platform;
  const tenants = Object.keys(stack.file.tenants);
  const { secrets } = stack.file;
  const stores = storesIn(secrets);
  const base = config.on
    ? await baseFacts(config.on, { kind: config.kind, lifecycle, app, edge, tenants, ports, stores })
    : undefined;
  if (isCloud(config)) {
    const cloud = cloudOf(config);
    return base
      ? cloud.cell({ base, images, hooks, needs: app.needs })
      : cloud.build(cloudRequest(stack, config, hooks));
  }
  return base ? cellOn(stack, config, hooks, base) : onCluster(stack, config, hooks);
}

function cellOn(
  { images, cluster }: Stack,
  config: LocalConfig | ExistingConfig,
  hooks: ReleaseHooks,
  base: PlatformFacts,
): Platform {
  return config.kind === "local"
    ? new providers.local.cell("platform", { cluster: given(cluster), images, hooks, base })
    : new providers.existing.cell("platform", {
        cluster: given(cluster),
        base,
        endpoints: endpointsOf(config),
      });
}

function onCluster(stack: Stack, config: LocalConfig | ExistingConfig, hooks: ReleaseHooks): Platform {
  const { name, lifecycle, edge, storage, images, app } = stack;
  const cluster = given(stack.cluster);
  const shared = { stack: name, lifecycle, size: config.size, cluster, edge, storage };
  const namespace = servicesNamespaceOf(name);
  return config.kind === "local"
    ? new providers.local.base("platform", {
        ...shared,
        namespace,
        labels: platformLabels(name),
        images,
        hooks,
        database: app.needs.database !== undefined,
      })
    : new providers.existing.base("platform", { ...shared, namespace, endpoints: endpointsOf(config) });
}

function given(cluster: Stack["cluster"]): ClusterAccess {
  if (!cluster) throw new Error("a platform that is not built needs a cluster of the user's own");
  return cluster;
}

function tenantOf(
  stack: Stack,
  platform: Platform,
  { questions, repair }: { readonly questions: LateQuestions; readonly repair: pulumi.ResourceHookBinding },
  slug: string,
): Tenant {
  const { app, file, edge, ports, images, escrow, fullName } = stack;
  const config = file.tenants[slug];
  if (!config) throw new Error(`no entry for tenant ${slug}`);
  return new Tenant(slug, {
    slug,
    cell: stack.name,
    hosts: config.hosts,
    state: config.state,
    lifecycle: config.lifecycle ?? platform.facts.lifecycle,
    size: config.size ?? file.platform.size,
    app,
    version: file.app.version,
    release: file.app.release ?? app.name,
    timeout: file.app.timeout,
    platform,
    route: tenantRoute(edge, slug, config.hosts, app.needs.tcp ?? [], ports),
    values: mergeValues(file.app.values, config.values),
    images,
    namespace: config.namespace,
    rotation: config.rotation,
    given: {
      ...(config.database ? { database: config.database } : {}),
      ...(config.redis
        ? {
            redis: {
              password: config.redis.password,
              ...(config.redis.username ? { username: config.redis.username } : {}),
              ...(config.redis.prefix ? { prefix: config.redis.prefix } : {}),
            },
          }
        : {}),
      ...(config.objectStore ? { objectStore: config.objectStore } : {}),
    },
    provided: secretsOf(file.tenantSecrets[slug] ?? {}),
    existingSecret: file.secrets.kind === "existing" ? config.secret : undefined,
    keepsKeys: stack.keyed.includes(slug),
    external: externalOf(stack, platform, questions, slug),
    escrow: platform.escrow ?? escrow,
    escrowScope: fullName,
    repair,
  });
}

const usualRefresh = "1h";

function externalOf(
  { app, file }: Stack,
  { facts }: Platform,
  reader: ExternalSecretReader,
  slug: string,
): ExternalArgs | undefined {
  const { kind, store, refresh = usualRefresh } = file.secrets;
  if (kind !== "external") return undefined;
  const secret = file.tenants[slug]?.secret;
  const name = secret ?? secretNameOf("existing", { stack: facts.stack, app: app.name, slug });
  return { given: store && { store, secret: name }, secret, refresh, reader };
}

/** Plain text in the engine's configuration; secret from here on, whether or not the user said so. */
function secretsOf(values: Readonly<Record<string, string>>): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, pulumi.secret(value)]));
}

function repairOf({ client, cluster }: Stack): LateQuestions {
  if (!cluster) return new LateRepair();
  return client ?? withoutCluster;
}

/** Hooks do not run in previews, and an `up` always has a cluster. */
const withoutCluster: LateQuestions = {
  records: () => Promise.reject(new Error("no cluster was asked")),
  removeRecord: () => Promise.reject(new Error("no cluster was asked")),
  externalSecret: () => Promise.reject(new Error("no cluster was asked")),
  readAgain: () => Promise.reject(new Error("no cluster was asked")),
};
