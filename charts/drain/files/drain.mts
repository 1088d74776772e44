/** Removes what would hold a cloud's network and disks when the cluster goes, and waits until it is gone. */
import { array, bag, type Call, get, type Item, list, patchSpec, Refused, remove, text } from "./api.mts";

/** A kind by its API, and which of its objects. */
export interface Kind {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly selector?: string;
}

export interface DrainOptions {
  /** Whether claims, and the data on their volumes, go too. */
  readonly claims: boolean;
  readonly also: readonly Kind[];
  /** Label selector of the only namespaces to drain; nothing outside of them is touched or waited for. Default: all. */
  readonly namespaces?: string;
  readonly waitSeconds: number;
  /** Milliseconds between two looks. */
  readonly pollMs: number;
}

/** What the chart says. An empty selector is none. */
export function optionsOf(settings: unknown): DrainOptions {
  const given = bag(settings);
  const namespaces = text(given.namespaces);
  return {
    claims: given.claims === true,
    also: array(given.also).map((one): Kind => {
      const { group, version, resource, selector } = bag(one);
      const kind = { group: text(group), version: text(version), resource: text(resource) };
      return selector === undefined ? kind : { ...kind, selector: text(selector) };
    }),
    ...(namespaces === "" ? {} : { namespaces }),
    waitSeconds: Number(given.waitSeconds),
    pollMs: 2000,
  };
}

/** An object with this label (`skip`), or in a namespace with it, is the cluster's own: neither removed nor waited for. */
export const label = "portolan.dev/drain";

/** What runs pods, so that a pod that is removed does not come back. */
const workloads: Readonly<Record<string, readonly [prefix: string, resource: string]>> = {
  StatefulSet: ["/apis/apps/v1", "statefulsets"],
  ReplicaSet: ["/apis/apps/v1", "replicasets"],
  Deployment: ["/apis/apps/v1", "deployments"],
  DaemonSet: ["/apis/apps/v1", "daemonsets"],
  Job: ["/apis/batch/v1", "jobs"],
  CronJob: ["/apis/batch/v1", "cronjobs"],
};

interface Found {
  /** To be deleted, unless that is asked for already. */
  readonly doomed: readonly Item[];
  /** To be waited for besides. */
  readonly awaited: readonly Item[];
  /** Volumes that a driver made and that would stay: made in production, and disposable now. */
  readonly kept: readonly Item[];
}

/**
 * Looks, deletes, and looks again until nothing is left or the time is over. Answers what is left, one line each.
 *
 * @throws Refused when the API refuses a call: rights will not grow by waiting.
 */
export async function drain(
  call: Call,
  options: DrainOptions,
  say: (line: string) => void,
): Promise<string[]> {
  const end = Date.now() + options.waitSeconds * 1000;
  const told = new Set<string>();
  for (;;) {
    const { doomed, awaited, kept } = await look(call, options);
    for (const one of kept) {
      await patchSpec(call, one, { persistentVolumeReclaimPolicy: "Delete" });
      say(`${one.path} goes with its claim from now on`);
    }
    for (const one of doomed.filter(({ deleting }) => !deleting)) {
      await remove(call, one);
      if (!told.has(one.path)) say(`deleted ${one.path}`);
      told.add(one.path);
    }
    const left = [...doomed, ...awaited, ...kept];
    if (left.length === 0) return [];
    if (Date.now() >= end) return left.map(describe);
    await new Promise((resolve) => setTimeout(resolve, options.pollMs));
  }
}

async function look(call: Call, options: DrainOptions): Promise<Found> {
  const kept = await namespacesWith(call, `${label}=skip`);
  const only = options.namespaces === undefined ? undefined : await namespacesWith(call, options.namespaces);
  const ours = (one: Item) => {
    const space = spaceOf(one);
    return one.labels[label] !== "skip" && !kept.has(space) && (only?.has(space) ?? true);
  };
  const doomed = [
    ...(await list(call, "/api/v1", "services", "&fieldSelector=spec.type%3DLoadBalancer")),
    ...(await list(call, "/apis/networking.k8s.io/v1", "ingresses")).filter(hasAddress),
    ...(await list(call, "/apis/gateway.networking.k8s.io/v1", "gateways")).filter(hasAddress),
  ];
  for (const { group, version, resource, selector } of options.also) {
    const query = selector === undefined ? "" : labelled(selector);
    const prefix = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    doomed.push(...(await list(call, prefix, resource, query)));
  }
  if (options.claims) doomed.push(...(await claims(call)));
  const volumes = await list(call, "/api/v1", "persistentvolumes");
  return {
    doomed: doomed.filter(ours),
    awaited: volumes.filter((one) => isGoing(one, options.claims) && ours(one)),
    kept: options.claims ? volumes.filter((one) => wouldStay(one) && ours(one)) : [],
  };
}

function labelled(selector: string): string {
  return `&labelSelector=${encodeURIComponent(selector)}`;
}

async function namespacesWith(call: Call, selector: string): Promise<ReadonlySet<string>> {
  return new Set((await list(call, "/api/v1", "namespaces", labelled(selector))).map(({ name }) => name));
}

/** The namespace of an object, or of the claim that a volume is bound to; empty where there is none. */
function spaceOf({ namespace, spec }: Item): string {
  return namespace || text(bag(spec.claimRef).namespace);
}

/** Claims and, first, what keeps them in use: each pod with a claim, by what runs it. */
async function claims(call: Call): Promise<Item[]> {
  const pods = (await list(call, "/api/v1", "pods")).filter(usesClaim);
  const users = await Promise.all(pods.map(async (pod) => [await topmost(call, pod), pod]));
  const unique = new Map(users.flat().map((one) => [one.path, one]));
  return [...unique.values(), ...(await list(call, "/api/v1", "persistentvolumeclaims"))];
}

async function topmost(call: Call, one: Item): Promise<Item> {
  const owner = one.owners.find(({ controller }) => controller);
  const known = owner === undefined ? undefined : workloads[owner.kind];
  if (owner === undefined || known === undefined) return one;
  const above = await get(call, ...known, one.namespace, owner.name);
  return above === undefined ? one : topmost(call, above);
}

function usesClaim({ spec, status }: Item): boolean {
  if (["Succeeded", "Failed"].includes(text(status.phase))) return false;
  return array(spec.volumes).some((volume) => {
    const { persistentVolumeClaim, ephemeral } = bag(volume);
    return persistentVolumeClaim !== undefined || ephemeral !== undefined;
  });
}

/** A load balancer was made for it. */
function hasAddress({ status }: Item): boolean {
  const balanced = array(bag(status.loadBalancer).ingress);
  return balanced.length > 0 || array(status.addresses).length > 0;
}

/** A volume that goes with its claim. One that nobody claimed yet is not deleted by its policy. */
function isGoing({ spec, status }: Item, withClaims: boolean): boolean {
  if (spec.persistentVolumeReclaimPolicy !== "Delete") return false;
  const phase = text(status.phase);
  return ["Released", "Failed"].includes(phase) || (withClaims && phase === "Bound");
}

/** A volume that somebody made by hand has no driver's annotation, and is left alone. */
function wouldStay({ spec, status, annotations }: Item): boolean {
  return (
    spec.persistentVolumeReclaimPolicy === "Retain" &&
    annotations["pv.kubernetes.io/provisioned-by"] !== undefined &&
    ["Bound", "Released"].includes(text(status.phase))
  );
}

function describe({ path, finalizers, deleting, status }: Item): string {
  const reason = text(status.message);
  return [
    path,
    deleting ? "is being deleted" : "is there",
    ...(finalizers.length > 0 ? [`and waits for ${finalizers.join(", ")}`] : []),
    ...(reason === "" ? [] : [`(${reason})`]),
  ].join(" ");
}

export { Refused };
