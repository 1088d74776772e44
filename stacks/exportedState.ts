/**
 * The exported state of a stack, as far as interrupted creations go: what the next `up` and `make mend` both read. Whatever
 * is not named here is kept as it is.
 */
import { z } from "zod";

const bag = z.record(z.string(), z.unknown());
const resource = z.looseObject({
  urn: z.string(),
  type: z.string(),
  id: z.string().optional(),
  custom: z.boolean().default(false),
  /** An older one of this URN that only waits for its deletion. */
  delete: z.boolean().default(false),
  inputs: bag.default({}),
  outputs: bag.optional(),
  provider: z.string().optional(),
});
const operation = z.looseObject({ resource, type: z.string() });
const exported = z.looseObject({
  deployment: z.looseObject({
    resources: z.array(resource).default([]),
    pending_operations: z.array(operation).default([]),
  }),
});

export type Resource = z.infer<typeof resource>;
/** What `pulumi stack export` prints. Secrets in it stay sealed. */
export type State = z.infer<typeof exported>;

/** @throws when it is no export of a stack that the engine of today writes */
export function readState(text: string): State {
  const found = exported.safeParse(JSON.parse(text));
  if (found.success) return found.data;
  throw new Error(
    `pulumi stack export gave another form than is known here:\n${z.prettifyError(found.error)}`,
  );
}

/** `aws:ec2/vpc:Vpc::platform-vpc`: a resource as a human names it. */
export function shortName({ urn, type }: Pick<Resource, "urn" | "type">): string {
  return `${type}::${urn.split("::").slice(3).join("::")}`;
}

/**
 * The resources whose creation began, and of which nobody heard the end; each once. Those too that a `mend` which was
 * interrupted itself put into the state: they have no outputs.
 */
export function interrupted({ deployment }: State): Resource[] {
  const byUrn = new Map<string, Resource>();
  for (const found of deployment.resources) if (isUnread(found)) byUrn.set(found.urn, found);
  // The last one is the one whose inputs count.
  for (const { type, resource: found } of deployment.pending_operations)
    if (type === "creating" && !isUnread(byUrn.get(found.urn))) byUrn.set(found.urn, found);
  return [...byUrn.values()];
}

/** A thing of a cloud that has an id in the state, and of which the cloud was not asked yet. */
export function isUnread(found: Resource | undefined): found is Resource & { id: string } {
  if (found?.custom !== true || found.id === undefined || found.delete || !isOfCloud(found.type))
    return false;
  return Object.keys(found.inputs).length > 0 && Object.keys(found.outputs ?? {}).length === 0;
}

/** Whatever is neither in the cluster nor in the state alone. */
function isOfCloud(type: string): boolean {
  return !/^(kubernetes|random|tls|pulumi):/.test(type);
}
