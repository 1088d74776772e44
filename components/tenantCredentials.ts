/**
 * The passwords of one tenant, all derived from one random secret: one resource instead of one for each service, and
 * a rotation changes all of them together. Keys that must never change are not among them: see writeOnceKeys.ts.
 */
import { createHash, hkdfSync } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

export interface TenantCredentialsArgs {
  readonly slug: string;
  /** Any text; another text makes new passwords. */
  readonly rotation: string | undefined;
}

export class TenantCredentials extends pulumi.ComponentResource {
  /** Changes when the passwords do, and tells nothing of them. */
  readonly revision: pulumi.Output<string>;
  readonly #seed: pulumi.Output<string>;

  constructor(name: string, args: TenantCredentialsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:components:TenantCredentials", name, {}, opts);
    // Not protected, in production either: a rotation replaces it, and every password can be set anew.
    const seed = new random.RandomBytes(
      `${name}-seed`,
      { length: 32, keepers: { rotation: args.rotation ?? "" } },
      { parent: this },
    );
    this.#seed = seed.base64;
    this.revision = pulumi.unsecret(
      seed.base64.apply((value) => derive(value, "revision").toString("hex").slice(0, 16)),
    );
    this.registerOutputs({});
  }

  /** A password of 43 characters for one purpose, in letters, digits, `-` and `_`: safe in URLs and shells. */
  password(purpose: string): pulumi.Output<string> {
    return pulumi.secret(
      this.#seed.apply((seed) => derive(seed, `password:${purpose}`).toString("base64url")),
    );
  }

  /** Salt for a password's verifier; not secret in itself, but kept as such. */
  salt(purpose: string): pulumi.Output<string> {
    return pulumi.secret(
      this.#seed.apply((seed) => derive(seed, `salt:${purpose}`).subarray(0, 16).toString("base64")),
    );
  }
}

/** HKDF-SHA-256 (RFC 5869): outputs for different purposes tell nothing about each other. */
export function derive(seedBase64: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync("sha256", Buffer.from(seedBase64, "base64"), "portolan", purpose, 32));
}

/** A short fingerprint that changes with the values; slow to turn back only because the values are random. */
export function revisionOf(values: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(values)).digest("hex").slice(0, 16);
}
