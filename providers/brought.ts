/** A database and a Redis that the user brings in place of a cloud's own, in the words of every provider's settings. */
import type * as pulumi from "@pulumi/pulumi";
import type { DatabaseServer, RedisIsolation, Tls } from "./platform.ts";

interface BroughtServer {
  readonly kind: "existing";
  readonly host: string;
  readonly port: number;
  readonly tls: Tls<string>;
}

export interface BroughtDatabase extends BroughtServer {
  /** A Secret in the services' namespace. */
  readonly admin: { readonly username: string; readonly secretName: string; readonly key: string };
}

/** Accounts on it come from each tenant's own entry. */
export interface BroughtRedis extends BroughtServer {
  readonly isolation: RedisIsolation;
}

/** `namespace`: the services'. `roots`: PEM text in place of the settings' own. */
export function broughtPostgres(
  { host, port, tls, admin }: BroughtDatabase,
  { namespace, roots }: { readonly namespace: string; readonly roots: string | undefined },
): DatabaseServer<pulumi.Input<string>> {
  return {
    engine: "postgres",
    host,
    port,
    tls: roots ? { roots: { caPem: roots } } : tls,
    adminUsername: admin.username,
    adminNamespace: namespace,
    adminSecret: { secretName: admin.secretName, key: admin.key },
  };
}
