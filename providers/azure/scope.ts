/** What every part of a platform is made with. */
import { Provider } from "@pulumi/azure-native/provider.js";
import { ResourceGroup } from "@pulumi/azure-native/resources/index.js";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { Lifecycle } from "../platform.ts";
import { type NameKind, physicalName, suffixedName } from "./names.ts";
import type { AzureSettings } from "./settings.ts";

export interface Scope {
  /** What logical names begin with. */
  readonly name: string;
  readonly stack: string;
  readonly location: string;
  /** Availability zones to spread over; empty where the region has none. */
  readonly zones: readonly string[];
  readonly lifecycle: Lifecycle;
  /** Random, made once with the platform: part of names that stay reserved or are shared with the world. */
  readonly suffix: pulumi.Output<string>;
  /** Name of the resource group of all that is made. */
  readonly resourceGroupName: pulumi.Output<string>;
  readonly resourceGroupId: pulumi.Output<string>;
  readonly tags: Readonly<Record<string, string>>;
  /** Carries the provider of Azure. */
  readonly parent: pulumi.Resource;
}

export function azureProvider(
  name: string,
  settings: Pick<AzureSettings, "region" | "subscriptionId">,
  parent: pulumi.Resource,
): Provider {
  return new Provider(
    `${name}-azure`,
    {
      location: settings.region,
      ...(settings.subscriptionId ? { subscriptionId: settings.subscriptionId } : {}),
    },
    { parent },
  );
}

/**
 * Drops the other names by which the SDK lets the engine look for each resource in the state: one for every version of
 * its API, up to a hundred. No state of Portolan's was made under one of them, and a resource costs three times as much
 * with them.
 */
export const unaliased: pulumi.ResourceTransformation = ({ type, props, opts }) =>
  type.startsWith("azure-native:") ? { props, opts: { ...opts, aliases: [] } } : undefined;

/** A scope with the resource group in which everything stands: its deletion takes what is left in it, hence protected. */
export function makeScope(
  name: string,
  args: { readonly stack: string; readonly lifecycle: Lifecycle; readonly settings: AzureSettings },
  parent: pulumi.Resource,
): Scope {
  const { stack, lifecycle, settings } = args;
  const suffix = new random.RandomId(`${name}-suffix`, { byteLength: 3 }, { parent }).hex;
  const tags = { "portolan-stack": stack, "portolan-managed-by": "portolan" };
  const group = new ResourceGroup(
    `${name}-group`,
    { resourceGroupName: physicalName("resourceGroup", [stack]), location: settings.region, tags },
    { parent, ...keeps(lifecycle) },
  );
  return {
    name,
    stack,
    location: settings.region,
    zones: settings.zones,
    lifecycle,
    suffix,
    resourceGroupName: group.name,
    resourceGroupId: group.id,
    tags,
    parent,
  };
}

/** The options of what holds data: in production nothing deletes it, neither a plain destroy nor an unprotected one. */
export function keeps(lifecycle: Lifecycle): { protect: boolean; retainOnDelete: boolean } {
  const production = lifecycle === "production";
  return { protect: production, retainOnDelete: production };
}

/** A name that is the world's or stays reserved. */
export function nameIn(scope: Scope, kind: NameKind, ...parts: string[]): pulumi.Output<string> {
  return suffixedName(kind, [scope.stack, ...parts], scope.suffix);
}

/** A name that only has to be the only one in its resource group. */
export function localName(scope: Pick<Scope, "stack">, kind: NameKind, ...parts: string[]): string {
  return physicalName(kind, [scope.stack, ...parts]);
}
