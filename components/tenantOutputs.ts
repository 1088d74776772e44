/** What a stack tells of a tenant. Names of Secrets, never a secret. */
import * as pulumi from "@pulumi/pulumi";
import type { RouteBinding } from "../apps/app.ts";
import type { DatabaseService, Lifecycle } from "../providers/platform.ts";
import type { AppRelease } from "./appRelease.ts";
import { urlOf } from "./edge.ts";
import type { TenantState } from "./sizes.ts";
import type { Account } from "./tenantBindings.ts";

export interface TenantOutputs {
  readonly url: string;
  readonly hosts: string[];
  readonly state: TenantState;
  readonly lifecycle: Lifecycle;
  readonly namespace: string;
  /** Null for an archived tenant. */
  readonly release: {
    readonly name: string;
    readonly revision: number;
    readonly chart: string;
    readonly chartVersion: string;
    readonly appVersion: string;
  } | null;
  readonly database: { readonly host: string; readonly name: string } | null;
  /** Names of the Secrets in the tenant's namespace that the application reads. */
  readonly secrets: string[];
  /** Name of the Secret with the write-once keys that Portolan made, in use or kept; null where it made none. */
  readonly writeOnceKeys: string | null;
  /** The tenant's own address and port for each TCP service. */
  readonly tcp: { [service: string]: { readonly address: string | null; readonly port: number } };
}

export interface TenantOutputSources {
  readonly hosts: readonly string[];
  readonly state: TenantState;
  readonly lifecycle: Lifecycle;
  readonly route: RouteBinding;
  readonly namespace: pulumi.Output<string>;
  readonly edgeAddress: pulumi.Input<string> | null;
  readonly database: DatabaseService | undefined;
  readonly account: Account;
  readonly secretNames: pulumi.Output<string[]>;
  readonly writeOnceKeys: string | null;
  readonly release: AppRelease | undefined;
}

export function tenantOutputs(from: TenantOutputSources): pulumi.Output<TenantOutputs> {
  const { hosts, state, lifecycle, release, namespace, secretNames, writeOnceKeys, route, edgeAddress } =
    from;
  return pulumi
    .all([
      namespace,
      secretNames,
      release ? releaseOutputs(release) : null,
      databaseOutputs(from),
      pulumi.output(edgeAddress),
    ])
    .apply(([where, secrets, released, database, address]) => ({
      url: urlOf(hosts),
      hosts: [...hosts],
      state,
      lifecycle,
      namespace: where,
      release: released,
      database,
      secrets,
      writeOnceKeys,
      tcp: tcpOutputs(route, address),
    }));
}

function releaseOutputs({ release, revision, chart, chartVersion, appVersion }: AppRelease) {
  return pulumi.output({ name: release.name, revision, chart, chartVersion, appVersion });
}

function databaseOutputs({
  database,
  account,
}: TenantOutputSources): pulumi.Output<TenantOutputs["database"]> {
  if (!database) return pulumi.output(null);
  return pulumi.output(
    database.kind === "given"
      ? { host: database.database.host, name: database.database.name }
      : { host: database.server.host, name: account.name },
  );
}

function tcpOutputs(route: RouteBinding, address: string | null): TenantOutputs["tcp"] {
  return Object.fromEntries(
    Object.entries(route.tcp).map(([service, { port }]) => [service, { address, port }]),
  );
}
