/** What `make mend` looks up in an exported state, and what it puts there. */
import type { Resource, State } from "../../stacks/exportedState.ts";

/** The resource that the state has under a URN, and that is not about to be deleted. */
export function standing({ deployment }: State, urn: string): Resource | undefined {
  return deployment.resources.find((found) => found.urn === urn && !found.delete);
}

/** The provider by which a resource is made. */
export function providerOf({ deployment }: State, { provider = "" }: Resource): Resource | undefined {
  // `<urn>::<id>`
  const urn = provider.slice(0, provider.lastIndexOf("::"));
  return deployment.resources.find((found) => found.urn === urn);
}

/**
 * The state with these resources in it, by the ids that the cloud knows them under and without outputs, so that a refresh
 * asks the cloud for them and lets go again of what is not there. No creation is noted as interrupted any more:
 * `pulumi stack import` would forget them all the same.
 */
export function withAdopted(state: State, adopted: readonly { resource: Resource; id: string }[]): State {
  const { deployment } = state;
  const added = adopted
    .filter(({ resource: { urn } }) => standing(state, urn) === undefined)
    .map(({ resource: found, id }) => ({ ...found, id, outputs: {} }));
  const resources = [...deployment.resources, ...added];
  return { ...state, deployment: { ...deployment, resources, pending_operations: [] } };
}
