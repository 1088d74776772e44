/**
 * A tenant's role and database on a shared server. Made, rotated, checked and dropped inside the cluster by the hooks
 * of a small release: the server need not be reachable from where Pulumi runs, and the admin's password never leaves
 * the platform's namespace. Statements hold a SCRAM verifier, never a password.
 */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { DatabaseServer, Image } from "../providers/platform.ts";
import { imageValues } from "./chartValues.ts";
import { scramVerifier } from "./scramVerifier.ts";
import { revisionOf } from "./tenantCredentials.ts";

export interface DatabaseAccountArgs {
  readonly slug: string;
  readonly server: DatabaseServer;
  readonly database: string;
  readonly role: string;
  /** Secret. */
  readonly password: pulumi.Output<string>;
  /** Base64, 16 bytes. */
  readonly salt: pulumi.Output<string>;
  readonly labels: Record<string, string>;
  /** Image with psql; undefined: the chart's own. */
  readonly image: Image | undefined;
  /** Drops database and role with the account: for disposable stacks only. */
  readonly dropOnDelete: boolean;
  /** Mend what an interrupted run left of it. */
  readonly repair: pulumi.ResourceHookBinding;
  /** What must stand first: the server above all. */
  readonly ready: readonly pulumi.Resource[];
}

export class DatabaseAccount extends pulumi.ComponentResource {
  readonly release: k8s.helm.v3.Release;

  constructor(name: string, args: DatabaseAccountArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:components:DatabaseAccount", name, {}, opts);
    const verifier = pulumi.secret(
      pulumi
        .all([args.password, args.salt])
        .apply(([password, salt]) => scramVerifier(password, Buffer.from(salt, "base64"))),
    );
    const secret = this.#verifierSecret(name, args, verifier);
    this.release = this.#release(name, args, secret, verifier);
    this.registerOutputs({ database: args.database, role: args.role });
  }

  #verifierSecret(
    name: string,
    args: DatabaseAccountArgs,
    verifier: pulumi.Output<string>,
  ): k8s.core.v1.Secret {
    const { server, slug, labels } = args;
    const caPem: Record<string, pulumi.Input<string>> = server.tls.roots === "system"
      ? {}
      : { "ca.crt": server.tls.roots.caPem };
    return new k8s.core.v1.Secret(
      `${name}-verifier`,
      {
        metadata: { name: `database-${slug}`, namespace: server.adminNamespace, labels },
        stringData: { verifier, ...caPem },
      },
      { parent: this },
    );
  }

  #release(
    name: string,
    args: DatabaseAccountArgs,
    secret: k8s.core.v1.Secret,
    verifier: pulumi.Output<string>,
  ): k8s.helm.v3.Release {
    const { server, slug } = args;
    const releaseName = `database-${slug}`;
    return new k8s.helm.v3.Release(
      `${name}-release`,
      {
        name: releaseName,
        namespace: server.adminNamespace,
        chart: "./charts/database-account",
        timeout: 180,
        maxHistory: 3,
        values: {
          ...(args.image ? { image: imageValues(args.image) } : {}),
          server: {
            host: server.host,
            port: server.port,
            adminUsername: server.adminUsername,
            adminSecret: { name: server.adminSecret.secretName, key: server.adminSecret.key },
            roots: server.tls.roots === "system" ? {} : { secret: secret.metadata.name, key: "ca.crt" },
          },
          account: {
            database: args.database,
            role: args.role,
            verifierSecret: { name: secret.metadata.name, key: "verifier" },
            // A digest of a salted hash of random bytes: it only has to change when the password does.
            revision: pulumi.unsecret(verifier.apply((text) => revisionOf([text]))),
          },
          dropOnDelete: args.dropOnDelete,
        },
      },
      {
        parent: this,
        dependsOn: [...args.ready],
        hooks: args.repair,
      },
    );
  }
}
