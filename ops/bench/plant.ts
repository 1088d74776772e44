/** Cells that nobody brought up: what one leaves in the cloud and in the cluster, copied under other names. */
import { join } from "node:path";
import { z } from "zod";
import { Store } from "../../sandbox/clouds/core/store.ts";
import { cloudFolder, type Inside } from "../inside.ts";

/**
 * What a cell's tenants have in their namespaces, but for what somebody would act on: no pod of a planted cell runs, and
 * no certificate is issued.
 */
const kinds = [
  "secrets",
  "configmaps",
  "services",
  "serviceaccounts",
  "networkpolicies",
  "resourcequotas",
  "limitranges",
].join(",");

const objects = z.object({
  items: z.array(
    z.looseObject({
      kind: z.string(),
      metadata: z.looseObject({
        name: z.string(),
        namespace: z.string().optional(),
        ownerReferences: z.array(z.unknown()).optional(),
      }),
    }),
  ),
});
type KubeObject = z.infer<typeof objects>["items"][number];

export interface Pattern {
  /** Stack of the cell that is copied, and what its tenants' slugs begin with. */
  readonly stack: string;
  readonly prefix: string;
}

/** Answers how many records and objects each cell was given. */
export async function plantCells(
  inside: Inside,
  pattern: Pattern,
  copies: readonly Pattern[],
  services: string,
  report: (line: string) => void,
): Promise<{ readonly records: number; readonly objects: number }> {
  const records = plantRecords(inside, pattern, copies);
  const found = await readObjects(inside, pattern, services);
  for (const [index, copy] of copies.entries()) {
    // Namespaces come first in the list, and so they are made first.
    const items = found.map((object) => renamed(object, pattern, copy));
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items });
    await inside.kube.kubectl(["create", "--filename=-"], { input: list, timeout: 300_000 });
    report(`planted ${index + 1} of ${copies.length} cells`);
  }
  return { records, objects: found.length };
}

function plantRecords(inside: Inside, pattern: Pattern, copies: readonly Pattern[]): number {
  const cloud = inside.run.rehearsal?.cloud ?? "aws";
  const store = new Store(join(cloudFolder(inside.run), cloud));
  const own = store.living().filter(({ urn }) => urn.startsWith(`urn:pulumi:${pattern.stack}::`));
  for (const copy of copies) {
    for (const record of own) {
      const made = renamed(record, pattern, copy);
      // Ids that the cloud chose tell nothing of the tenant.
      const id = made.id === record.id ? `${record.id}-${copy.prefix}` : made.id;
      store.put(made.id === id ? made : { ...made, id });
    }
  }
  return own.length;
}

async function readObjects(
  { kube }: Inside,
  { stack, prefix }: Pattern,
  services: string,
): Promise<KubeObject[]> {
  const read = async (args: readonly string[]) =>
    objects.parse(JSON.parse(await kube.kubectl(["get", ...args, "--output=json"]))).items;
  const namespaces = await read(["namespaces", `--selector=portolan.dev/cell=${stack}`]);
  const names = new Set(namespaces.map(({ metadata }) => metadata.name));
  const all = await read([kinds, "--all-namespaces"]);
  const ofCell = all.filter(
    ({ metadata: { name, namespace = "" } }) =>
      names.has(namespace) || (namespace === services && name.includes(prefix)),
  );
  return [...namespaces, ...ofCell].filter(isOurs).map(bare);
}

/** Not what the cluster makes in each namespace by itself, nor what others made for an object of ours. */
function isOurs({ kind, metadata }: KubeObject): boolean {
  if (kind === "ConfigMap" && metadata.name === "kube-root-ca.crt") return false;
  if (kind === "ServiceAccount" && metadata.name === "default") return false;
  return metadata.ownerReferences === undefined;
}

/** Without what the API server gave it. */
function bare(object: KubeObject): KubeObject {
  const {
    uid: _u,
    resourceVersion: _r,
    creationTimestamp: _c,
    managedFields: _m,
    ...metadata
  } = object.metadata;
  const { status: _s, spec, ...rest } = object;
  if (object.kind === "Namespace") return { ...rest, metadata };
  if (object.kind !== "Service" || typeof spec !== "object" || spec === null)
    return spec === undefined ? { ...rest, metadata } : { ...rest, metadata, spec };
  const { clusterIP: _ip, clusterIPs: _ips, ...own } = { clusterIP: "", clusterIPs: [], ...spec };
  return { ...rest, metadata, spec: own };
}

/** The same thing of another cell: stack and slugs are in nearly every name. */
export function renamed<T>(thing: T, from: Pattern, to: Pattern): T {
  const copy = structuredClone(thing);
  renameWithin(copy, (text) => text.replaceAll(from.stack, to.stack).replaceAll(from.prefix, to.prefix));
  return copy;
}

function renameWithin(thing: unknown, rename: (text: string) => string): void {
  if (typeof thing !== "object" || thing === null) return;
  for (const key of Object.keys(thing)) {
    const value: unknown = Reflect.get(thing, key);
    if (typeof value === "string") Reflect.set(thing, key, rename(value));
    else renameWithin(value, rename);
  }
}
