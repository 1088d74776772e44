import { expect } from "../checks.ts";
import type { Inside } from "../inside.ts";
import type { Outputs, Tenant } from "../outputs.ts";
import type { Inventory } from "../report/inventory.ts";
import type { ClusterEvidence, Receipt } from "../report/model.ts";
import type { SmokeContext } from "../smoke/context.ts";
import type { ArgumentWatch } from "./secretScan.ts";

/** What a drill learns on its way, shared by its steps. */
export interface DrillState {
  readonly inside: Inside;
  readonly slugs: readonly string[];
  before: Inventory;
  outputs: Outputs | undefined;
  smoke: SmokeContext | undefined;
  cluster: ClusterEvidence | null;
  receipt: Receipt | null;
  /** What the destroyed stack said would stay, and what its simulated cloud keeps. */
  retained: readonly string[];
  kept: readonly string[];
  /** Whether anything was brought up that is not gone again. */
  standing: boolean;
  watch: ArgumentWatch | undefined;
}

/** A new drill's state. */
export function newState(inside: Inside, slugs: readonly string[]): DrillState {
  return {
    inside,
    slugs,
    before: [],
    outputs: undefined,
    smoke: undefined,
    cluster: null,
    receipt: null,
    retained: [],
    kept: [],
    standing: false,
    watch: undefined,
  };
}

/** The outputs of the last `up`. */
export function outputsOf(state: DrillState): Outputs {
  expect(state.outputs !== undefined, "the stack was not brought up");
  return state.outputs;
}

/** The smoke checks' context after the first `up`. */
export function smokeOfState(state: DrillState): SmokeContext {
  expect(state.smoke !== undefined, "the stack was not brought up");
  return state.smoke;
}

/** A tenant by slug. */
export function tenantOf(state: DrillState, slug: string): Tenant {
  const found = outputsOf(state).tenants.find((tenant) => tenant.slug === slug);
  expect(found !== undefined, `the stack has no tenant ${slug}`);
  return found;
}

/** Namespaces of the stack: the platform's, and each tenant's. */
export function namespacesOf(state: DrillState): string[] {
  if (state.outputs === undefined) return [];
  return [state.outputs.platform.namespace, ...state.outputs.tenants.map((tenant) => tenant.namespace)];
}
