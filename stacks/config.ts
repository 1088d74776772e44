/** Reads a stack's configuration, once, into what the deployment needs. Throws every mistake at once. */

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import type { App } from "../apps/app.ts";
import { mergeValues } from "../components/chartValues.ts";
import { SealedFile } from "../components/sealedFile.ts";
import { assignPorts } from "../components/tcpPorts.ts";
import { existingOffers } from "../providers/existing/platform.ts";
import { localOffers } from "../providers/local/platform.ts";
import type { EdgeFacts, Images, KeyEscrow, Lifecycle, Offers, StorageFacts } from "../providers/platform.ts";
import { checkChart, type ToldAll } from "./chart.ts";
import {
  checkApp,
  checkHosts,
  checkImages,
  checkPlatform,
  checkSecrets,
  checkStackName,
  edgeDefaults,
  lifecycleOf,
} from "./checks.ts";
import { cloudOf } from "./clouds/index.ts";
import type { Cluster } from "./cluster.ts";
import { checkCluster } from "./clusterChecks.ts";
import { roomFor } from "./clusterRoom.ts";
import { droppedProblems, lastRun } from "./droppedTenants.ts";
import { endpointsOf } from "./endpoints.ts";
import { checkGiven } from "./givenChecks.ts";
import { imagesOf } from "./images.ts";
import { checkNeeds } from "./needsChecks.ts";
import { interruption } from "./pendingCreations.ts";
import { isCloud, type PlatformConfig } from "./platformVocabulary.ts";
import { preflight } from "./preflight.ts";
import { type Problem, StackFileError } from "./problems.ts";
import { checkRemoteChart } from "./remoteChart.ts";
import { sampleBindings } from "./sampleBindings.ts";
import { sharedCacheWarnings } from "./sharedCache.ts";
import { type Machine, thisMachine } from "./signIn/machine.ts";
import { checkSignIn } from "./signIn/signIn.ts";
import { checkTcp, defaultTcpPorts, portWishes } from "./tcpChecks.ts";
import { type Parts, readParts } from "./values.ts";
import type { EdgeConfig, StackFile } from "./vocabulary.ts";

/** A stack whose configuration holds together, on a cluster that was asked. */
export interface Stack {
  readonly name: string;
  /** `organization/project/stack`: what another stack calls this one. */
  readonly fullName: string;
  readonly file: StackFile;
  readonly app: App;
  readonly lifecycle: Lifecycle;
  /** A run before this one has brought its platform up. */
  readonly stoodBefore: boolean;
  /** Tenants for whom a run before this one made write-once keys. */
  readonly keyed: readonly string[];
  readonly edge: EdgeFacts;
  readonly storage: StorageFacts;
  readonly images: Images;
  readonly ports: ReadonlyMap<string, number>;
  readonly escrow: KeyEscrow;
  /** The user's own; undefined where the platform makes one. */
  readonly cluster: { readonly context: string; readonly identifier: string } | undefined;
  /** Undefined in a preview without a cluster, and where the platform makes one. */
  readonly client: Cluster | undefined;
}

export type Apps = Readonly<Record<string, App>>;

/** Where the program is: chart paths begin here. */
const programFolder = fileURLToPath(new URL("..", import.meta.url));

/** `apps`: every application that a stack may name. `machine`: where an `up` would sign in from. */
export async function readStack(apps: Apps, machine: Machine = thisMachine()): Promise<Stack> {
  const name = pulumi.getStack();
  const fullName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${name}`;
  const { parts, problems } = readParts(pulumi.runtime.allConfig());
  problems.push(...checkStackName(name), ...checkTogether(parts, apps));
  const { platform, app: appConfig, edge, images, secrets } = parts;
  if (problems.length > 0 || !platform || !appConfig || !edge || !images || !secrets) {
    throw new pulumi.RunError(new StackFileError(problems).message);
  }
  const app = appOf(parts, apps);
  const [asked, last, chart, interrupted] = await Promise.all([
    isCloud(platform) ? undefined : preflight(platform, pulumi.runtime.isDryRun()),
    lastRun(fullName),
    app ? checkRemoteChart(app.chart, platform.lifecycle, toldOf(parts, app)) : [],
    interruptionOf(platform, fullName, machine),
  ]);
  const inCluster = (await asked?.answer?.cluster.tenantsOf(name)) ?? [];
  const dropped = droppedProblems(last, inCluster, Object.keys(parts.tenants), platform.lifecycle);
  const claims = {
    tenants: parts.tenants,
    existingSecrets: secrets.kind === "existing",
    store: secrets.store,
    stack: name,
    platform: platform.on?.split("/").at(-1) ?? name,
  };
  const others = (await asked?.answer?.cluster.tenantsOn(claims.platform, name)) ?? [];
  const found =
    asked?.answer && app ? await checkCluster(asked.answer.cluster, { ...claims, app }, others) : [];
  const signIn = await signInProblems(platform, machine);
  const late = [...(asked?.problems ?? []), ...signIn, ...chart, ...dropped, ...found];
  if (late.length > 0 || !app) throw new pulumi.RunError(new StackFileError(late).message);
  if (interrupted) throw new pulumi.RunError(interrupted);
  const atFirst =
    isCloud(platform) && !last.clusterIdentifier ? cloudOf(platform).unreachableAtFirst : undefined;
  if (atFirst) await pulumi.log.warn(atFirst);
  if (asked && !asked.answer) {
    await pulumi.log.warn(
      "no cluster answers: this preview shows what the program declares, not what the cluster has",
    );
  }
  const warnings = [...roomFor(parts, app).warnings, ...sharedCacheWarnings(parts, app)];
  for (const warning of warnings) await pulumi.log.warn(warning);
  const range = edge.tcpPorts ?? defaultTcpPorts;
  return {
    name,
    fullName,
    // Every part was parsed: a missing one ended above.
    file: { ...(parts as StackFile), platform },
    app,
    lifecycle: platform.lifecycle,
    stoodBefore: last.clusterIdentifier !== undefined,
    keyed: last.keyed,
    edge: edgeFacts(edge),
    storage: storageFacts(platform),
    images: imagesOf(images, app),
    ports: assignPorts(portWishes(parts.tenants, app.needs.tcp ?? []), range).ports,
    escrow: new SealedFile(escrowFile(secrets.escrow, name), passphrase()),
    cluster: asked && {
      context: asked.context,
      identifier: asked.answer?.identifier ?? last.clusterIdentifier ?? "not-asked",
    },
    client: asked?.answer?.cluster,
  };
}

/** A preview only warns: one of an empty state may be all that is wanted, and the engine's own plugins speak for themselves. */
async function signInProblems(platform: PlatformConfig, machine: Machine): Promise<Problem[]> {
  if (!isCloud(platform)) return [];
  const problems = checkSignIn(cloudOf(platform).signIn, machine);
  if (!pulumi.runtime.isDryRun()) return problems;
  for (const { allowed, remedy } of problems) {
    await pulumi.log.warn(`an \`up\` from here would be refused. It needs ${allowed}. Remedy: ${remedy}`);
  }
  return [];
}

/** None for a preview: it makes nothing twice, and the engine's own warning is in it. */
async function interruptionOf(
  platform: PlatformConfig,
  fullName: string,
  machine: Machine,
): Promise<string | undefined> {
  if (!isCloud(platform) || pulumi.runtime.isDryRun() || !machine.runs("pulumi")) return undefined;
  return interruption(cloudOf(platform).signIn.plugin, fullName);
}

/** Every mistake that shows without asking a cluster or a cloud. */
export function checkTogether(parts: Parts, apps: Apps): Problem[] {
  const app = appOf(parts, apps);
  const lifecycle = lifecycleOf(parts.platform);
  return [
    ...checkPlatform(parts, app),
    ...checkApp(parts, apps),
    ...checkImages(parts, apps),
    ...checkHosts(parts),
    ...checkSecrets(parts, app),
    ...(app ? checkTcp(parts, app) : []),
    ...(app ? checkGiven(parts, app) : []),
    ...(app && parts.platform && !parts.platform.on
      ? checkNeeds(app, offersOf(parts.platform), parts.platform.kind)
      : []),
    ...(app ? roomFor(parts, app).problems : []),
    ...(app && lifecycle ? checkChart(app.chart, programFolder, lifecycle, toldOf(parts, app)) : []),
  ];
}

/** What the releases' charts are told, as far as it is known before there is a platform. */
function toldOf(parts: Parts, app: App): ToldAll {
  const lifecycle = lifecycleOf(parts.platform) ?? "production";
  const common = mergeValues(app.values(sampleBindings(app, lifecycle)), parts.app?.values ?? {});
  return [
    { key: "portolan:app.values", values: common },
    ...Object.entries(parts.tenants).map(([slug, tenant]) => ({
      key: `portolan:tenants.${slug}.values`,
      values: mergeValues(common, tenant.values),
    })),
  ];
}

/** The application, with the chart that the stack file puts in place of its own. */
function appOf({ app: config }: Parts, apps: Apps): App | undefined {
  const app = config && apps[config.name];
  if (!app || !config.chart) return app;
  const { path, repository, oci, version } = config.chart;
  if (path) return { ...app, chart: { path } };
  if (oci && version) return { ...app, chart: { oci, version } };
  if (repository && version) return { ...app, chart: { repository, name: app.name, version } };
  return app;
}

function offersOf(platform: PlatformConfig): Offers {
  if (isCloud(platform)) return cloudOf(platform).offers;
  return platform.kind === "local"
    ? localOffers
    : existingOffers(endpointsOf(platform), storageFacts(platform));
}

/** What the stack file says of volumes; a platform that is built knows better. */
function storageFacts(platform: PlatformConfig): StorageFacts {
  if (isCloud(platform)) return { block: null, shared: null };
  const { block, shared } = platform.storage;
  if (shared) return { block: block ?? null, shared: { className: shared, accessMode: "ReadWriteMany" } };
  // On one node, several pods may use a ReadWriteOnce volume; local clusters have one.
  const oneNode = { className: block ?? null, accessMode: "ReadWriteOnce" } as const;
  return { block: block ?? null, shared: platform.kind === "local" ? oneNode : null };
}

function edgeFacts(edge: EdgeConfig): EdgeFacts {
  return {
    kind: edge.kind,
    ...edgeDefaults(edge),
    domain: edge.domain,
    issuer: edge.issuer,
    address: edge.address ?? null,
    tcpPorts: edge.kind === "traefik" ? (edge.tcpPorts ?? defaultTcpPorts) : null,
  };
}

/** Beside Pulumi's own settings, so that a clone that is thrown away takes no key with it. */
function escrowFile(named: string | undefined, stack: string): string {
  const state = process.env.XDG_STATE_HOME ?? join(homedir(), ".local", "state");
  return named ?? join(state, "portolan", `${pulumi.getProject()}-${stack}.age`);
}

function passphrase(): string | undefined {
  const file = process.env.PULUMI_CONFIG_PASSPHRASE_FILE;
  return process.env.PULUMI_CONFIG_PASSPHRASE ?? (file ? readFileSync(file, "utf8").trimEnd() : undefined);
}
