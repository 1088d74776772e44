/** What every part of a platform is made with. */
import { Provider } from "@pulumi/gcp/provider.js";
import * as pulumi from "@pulumi/pulumi";
import type { Lifecycle } from "../platform.ts";
import { labelValue, type NameKind, suffixedName } from "./names.ts";

export interface Scope {
  /** What logical names begin with. */
  readonly name: string;
  readonly stack: string;
  readonly project: string;
  readonly region: string;
  readonly lifecycle: Lifecycle;
  /** Random, made once with the platform: part of names that stay reserved or are shared with the world. */
  readonly suffix: pulumi.Output<string>;
  /** Carries the provider of Google Cloud. */
  readonly parent: pulumi.Resource;
  /** The APIs that were switched on: what stands on nothing else waits for them. */
  readonly apis: pulumi.Resource[];
}

/** Retries and back-off are the provider's own: throttling ends a run only after minutes, and is then named. */
export function gcpProvider(
  name: string,
  at: { readonly project: string; readonly region: string },
  stack: string,
  parent: pulumi.Resource,
): Provider {
  return new Provider(
    `${name}-gcp`,
    {
      project: at.project,
      region: at.region,
      defaultLabels: { "portolan-stack": labelValue(stack), "portolan-managed-by": "portolan" },
    },
    { parent },
  );
}

/** The options of what holds data: in production nothing deletes it, neither a plain destroy nor an unprotected one. */
export function keeps(lifecycle: Lifecycle): { protect: boolean; retainOnDelete: boolean } {
  const production = lifecycle === "production";
  return { protect: production, retainOnDelete: production };
}

/** The provider's own guard, read from the state: one more `up` in the other lifecycle comes before a delete. */
export function deletionPolicy(lifecycle: Lifecycle): "PREVENT" | "DELETE" {
  return lifecycle === "production" ? "PREVENT" : "DELETE";
}

export function nameIn(scope: Scope, kind: NameKind, ...parts: string[]): pulumi.Output<string> {
  return suffixedName(kind, [scope.stack, ...parts], scope.suffix);
}

/** A component whose children use `providers`: a component cannot have as its own what it makes itself. */
export function inner(
  type: string,
  name: string,
  parent: pulumi.Resource,
  providers: pulumi.ProviderResource[],
): pulumi.ComponentResource {
  return new pulumi.ComponentResource(`portolan:gcp:${type}`, name, {}, { parent, providers });
}
