/**
 * Write-once keys in Secrets Manager: outside the state, so that losing the state loses no key. Encrypted with the
 * account's own key of that service, which nobody can delete, and not with the platform's.
 */
import { getSecretsOutput } from "@pulumi/aws/secretsmanager/getSecrets.js";
import { getSecretVersion } from "@pulumi/aws/secretsmanager/getSecretVersion.js";
import { Secret } from "@pulumi/aws/secretsmanager/secret.js";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion.js";
import * as pulumi from "@pulumi/pulumi";
import type { KeyEscrow } from "../platform.ts";

type KeepRequest = Parameters<KeyEscrow["keep"]>[0];

/**
 * Each secret is named `portolan/<name>/<suffix>`, the suffix random and kept in the state: a lost state makes a new
 * secret beside the old one instead of failing at its name, and finds the old value by what comes before.
 */
export class SecretsManagerEscrow implements KeyEscrow {
  readonly #provider: pulumi.ProviderResource;
  readonly #suffix: pulumi.Output<string>;
  /** Names of all secrets under a scope: one question a stack, not one a key. */
  readonly #known = new Map<string, pulumi.Output<string[]>>();

  constructor(provider: pulumi.ProviderResource, suffix: pulumi.Input<string>) {
    this.#provider = provider;
    this.#suffix = pulumi.output(suffix);
  }

  keep(request: KeepRequest): pulumi.Output<string> {
    const { name, protect, parent } = request;
    // Tenant and key: the stack is in every URN already.
    const resource = `${name.split("/").slice(-2).join("-")}-escrow`.toLowerCase().replaceAll("_", "-");
    const opts = { parent, provider: this.#provider, protect, retainOnDelete: protect };
    const secret = new Secret(
      resource,
      {
        name: pulumi.interpolate`${prefixOf(name)}${this.#suffix}`,
        description: "A key that Portolan made once. Data is lost with it.",
        recoveryWindowInDays: protect ? 30 : 0,
      },
      { ...opts, ignoreChanges: ["name", "description"] },
    );
    const version = new SecretVersion(
      resource,
      { secretId: secret.id, secretString: this.#valueOf(request) },
      { ...opts, ignoreChanges: ["secretString"] },
    );
    // The value that was kept at first, whatever is handed in now.
    return pulumi.secret(version.secretString.apply((value) => value ?? ""));
  }

  /** The kept value, else the fresh one. */
  #valueOf({ name, fresh }: KeepRequest): pulumi.Output<string> {
    const kept = this.#names(name).apply(async (names) => {
      for (const found of names.filter((one) => one.startsWith(prefixOf(name))).sort()) {
        const value = await this.#read(found);
        if (value) return value;
      }
      return undefined;
    });
    return pulumi.secret(pulumi.all([kept, fresh]).apply(([value, made]) => value ?? made));
  }

  /** Undefined where a run was interrupted after it had made the secret and before it put a value in. */
  async #read(secretId: string): Promise<string | undefined> {
    try {
      return (await getSecretVersion({ secretId }, { provider: this.#provider })).secretString;
    } catch (error) {
      if (saysMissing(error)) return undefined;
      throw error;
    }
  }

  #names(name: string): pulumi.Output<string[]> {
    const scope = prefixOf(name.split("/").slice(0, -2).join("/"));
    const known = this.#known.get(scope);
    if (known) return known;
    const names = getSecretsOutput(
      { filters: [{ name: "name", values: [scope] }] },
      { provider: this.#provider },
    ).names.apply((all) => all ?? []);
    this.#known.set(scope, names);
    return names;
  }
}

/**
 * Whether Secrets Manager has no value, in the words of the provider (its NotFoundError and EmptyResultError) or of the
 * API. Nothing looser: a new write-once key follows, and credentials, profiles and roles are "not found" as well.
 */
export function saysMissing(error: unknown): boolean {
  return /couldn't find resource|Secret Version( \([^)]*\))?: empty result|Secrets Manager can['’]t find the specified secret/.test(
    String(error),
  );
}

function prefixOf(name: string): string {
  return `portolan/${name}/`;
}
