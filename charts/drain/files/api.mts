/** The Kubernetes API as far as draining needs it, with nothing but what Node brings. */

/** An object of any kind, by what is read of it. */
export interface Item {
  readonly path: string;
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, unknown>>;
  readonly annotations: Readonly<Record<string, unknown>>;
  readonly finalizers: readonly string[];
  readonly deleting: boolean;
  readonly owners: readonly Owner[];
  readonly spec: Bag;
  readonly status: Bag;
}

export interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly controller: boolean;
}

export type Bag = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** One call; `path` with its query. Throws only when no answer came. */
export type Call = (method: "GET" | "DELETE" | "PATCH", path: string, body?: Bag) => Promise<Answer>;

export class Refused extends Error {}

/** All objects of a kind in all namespaces; none where the cluster does not have the kind. */
export async function list(call: Call, prefix: string, resource: string, query = ""): Promise<Item[]> {
  const items: Item[] = [];
  let next = "";
  do {
    const path = `${prefix}/${resource}?limit=500${query}${next}`;
    const { status, body } = await call("GET", path);
    if (status === 404) return [];
    if (status !== 200) throw new Refused(`listing ${resource}: ${messageOf(body, status)}`);
    const page = bag(body);
    items.push(...array(page.items).map((one) => item(prefix, resource, one)));
    const token = text(bag(page.metadata).continue);
    next = token === "" ? "" : `&continue=${encodeURIComponent(token)}`;
  } while (next !== "");
  return items;
}

/** One object; undefined where it is gone. */
export async function get(
  call: Call,
  prefix: string,
  resource: string,
  namespace: string,
  name: string,
): Promise<Item | undefined> {
  const { status, body } = await call("GET", `${prefix}/namespaces/${namespace}/${resource}/${name}`);
  return status === 200 ? item(prefix, resource, body) : undefined;
}

/** Asks for an object's deletion; what is gone meanwhile is no mistake. Dependents go in the background. */
export async function remove(call: Call, { path }: Item): Promise<void> {
  const { status, body } = await call("DELETE", `${path}?propagationPolicy=Background`);
  if (status >= 400 && status !== 404 && status !== 409) {
    throw new Refused(`deleting ${path}: ${messageOf(body, status)}`);
  }
}

/** Changes fields of an object's spec; what is gone meanwhile is no mistake. */
export async function patchSpec(call: Call, { path }: Item, spec: Bag): Promise<void> {
  const { status, body } = await call("PATCH", path, { spec });
  if (status >= 400 && status !== 404) throw new Refused(`changing ${path}: ${messageOf(body, status)}`);
}

function item(prefix: string, resource: string, value: unknown): Item {
  const object = bag(value);
  const metadata = bag(object.metadata);
  const [name, namespace] = [text(metadata.name), text(metadata.namespace)];
  const scope = namespace === "" ? "" : `/namespaces/${namespace}`;
  return {
    path: `${prefix}${scope}/${resource}/${name}`,
    name,
    namespace,
    labels: bag(metadata.labels),
    annotations: bag(metadata.annotations),
    finalizers: array(metadata.finalizers).map(text),
    deleting: metadata.deletionTimestamp !== undefined,
    owners: array(metadata.ownerReferences).map((one) => {
      const owner = bag(one);
      return { kind: text(owner.kind), name: text(owner.name), controller: owner.controller === true };
    }),
    spec: bag(object.spec),
    status: bag(object.status),
  };
}

function messageOf(body: unknown, status: number): string {
  return text(bag(body).message) || `status ${status}`;
}

/** The value as an object; empty where it is none. */
export function bag(value: unknown): Bag {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}

export function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
