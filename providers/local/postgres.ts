/** The Postgres server that the tenants of a local stack share. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { DatabaseServer, Image, Lifecycle, ReleaseHooks } from "../platform.ts";
import { dataServices, serviceHost } from "./dataServices.ts";
import type { ServiceKeys } from "./keys.ts";

export interface PostgresArgs {
  readonly stack: string;
  readonly namespace: string;
  readonly labels: Record<string, string>;
  readonly keys: ServiceKeys;
  readonly lifecycle: Lifecycle;
  readonly hooks: ReleaseHooks;
  readonly storageClass: string | null;
  readonly image: Image | undefined;
  readonly parent: pulumi.Resource;
  readonly dependsOn: pulumi.Resource[];
}

const adminSecret = { secretName: "database-admin", key: "password" };

export function postgres(args: PostgresArgs): {
  server: DatabaseServer;
  ready: pulumi.Resource[];
} {
  const { stack, namespace, labels, keys, parent, dependsOn } = args;
  const password = new random.RandomPassword(
    `${stack}-database-admin`,
    { length: 40, special: false },
    { parent },
  );
  const secret = new k8s.core.v1.Secret(
    `${stack}-database-admin`,
    {
      metadata: { name: adminSecret.secretName, namespace, labels },
      stringData: { [adminSecret.key]: password.result },
    },
    { parent, dependsOn },
  );
  const release = dataServices(
    {
      resource: `${stack}-postgres`,
      release: "services",
      namespace,
      tlsSecret: keys.secret.metadata.name,
      stack,
      lifecycle: args.lifecycle,
      hooks: args.hooks,
      tlsRevision: keys.revision,
      clients: [],
      postgres: {
        adminSecret: { name: secret.metadata.name, key: adminSecret.key },
        image: args.image,
        storageClass: args.storageClass,
      },
    },
    { parent, dependsOn },
  );
  const server: DatabaseServer = {
    engine: "postgres",
    host: serviceHost("services", "postgres", namespace),
    port: 5432,
    tls: { roots: { caPem: keys.caPem } },
    adminUsername: "postgres",
    adminNamespace: namespace,
    adminSecret,
  };
  return { server, ready: [release] };
}
