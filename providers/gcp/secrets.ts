/** Write-once keys in Secret Manager: outside the state, so that losing the state loses no key. */
import { createHash } from "node:crypto";
import { getSecretsOutput } from "@pulumi/gcp/secretmanager/getSecrets.js";
import { getSecretVersionAccess } from "@pulumi/gcp/secretmanager/getSecretVersionAccess.js";
import { Secret } from "@pulumi/gcp/secretmanager/secret.js";
import { SecretVersion } from "@pulumi/gcp/secretmanager/secretVersion.js";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { KeyEscrow } from "../platform.ts";
import { labelValue, suffixedName } from "./names.ts";

type KeepRequest = Parameters<KeyEscrow["keep"]>[0];

/** Of the secrets that are found: as much as is read here. */
interface Found {
  readonly secretId: string;
  readonly createTime: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Each secret has a random end of its own and carries its name as a label. A lost state, or a tenant that comes back
 * after its secret was left behind, makes a new secret beside the old one instead of failing at its name, finds the old
 * one by the label, and goes on with its value.
 */
export class SecretManagerEscrow implements KeyEscrow {
  readonly #provider: pulumi.ProviderResource;
  readonly #apis: pulumi.Resource[];
  /** All secrets of a scope, oldest first: one question a stack, not one a key. */
  readonly #known = new Map<string, pulumi.Output<Found[]>>();

  constructor(provider: pulumi.ProviderResource, apis: pulumi.Resource[] = []) {
    this.#provider = provider;
    this.#apis = apis;
  }

  keep(request: KeepRequest): pulumi.Output<string> {
    const { name, protect, parent } = request;
    const [stack = "", ...rest] = name.split("/").slice(-3);
    const resource = [stack, ...rest].join("-").toLowerCase().replaceAll("_", "-");
    const opts = { parent, provider: this.#provider, protect, retainOnDelete: protect };
    const end = new random.RandomId(`${resource}-kept`, { byteLength: 3 }, { parent }).hex;
    const secret = new Secret(
      resource,
      {
        secretId: suffixedName("secret", [resource], end),
        labels: { [scopeLabel]: digest(scopeOf(name)), [keyLabel]: digest(name), stack: labelValue(stack) },
        annotations: { "portolan-key": name },
        replication: { auto: {} },
        deletionProtection: protect,
      },
      { ...opts, dependsOn: this.#apis, ignoreChanges: ["secretId", "labels", "annotations"] },
    );
    const version = new SecretVersion(
      resource,
      {
        secret: secret.id,
        secretData: this.#valueOf(request),
        deletionPolicy: protect ? "ABANDON" : "DELETE",
      },
      { ...opts, ignoreChanges: ["secretData"] },
    );
    // The value that was kept at first, whatever is handed in now.
    return pulumi.secret(version.secretData.apply((value) => value ?? ""));
  }

  /** The kept value, else the fresh one. */
  #valueOf({ name, fresh }: KeepRequest): pulumi.Output<string> {
    const kept = this.#secrets(scopeOf(name)).apply((found) =>
      firstKept(
        found.filter(({ labels }) => labels?.[keyLabel] === digest(name)).map(({ secretId }) => secretId),
        (secret) => this.#read(secret),
      ),
    );
    return pulumi.secret(pulumi.all([kept, fresh]).apply(([value, made]) => value ?? made));
  }

  #secrets(scope: string): pulumi.Output<Found[]> {
    const known = this.#known.get(scope);
    if (known) return known;
    const found = getSecretsOutput(
      { filter: `labels.${scopeLabel}=${digest(scope)}` },
      { provider: this.#provider, dependsOn: this.#apis },
    ).secrets.apply((all) =>
      [...(all ?? [])].sort((one, other) => one.createTime.localeCompare(other.createTime)),
    );
    this.#known.set(scope, found);
    return found;
  }

  async #read(secret: string): Promise<string> {
    return (await getSecretVersionAccess({ secret }, { provider: this.#provider })).secretData;
  }
}

/**
 * The first value there is. A run that ended between a secret and its first version left one that keeps nothing; any
 * other failure ends the run, because a key that cannot be read must not pass for one that is not there.
 */
export async function firstKept(
  secrets: readonly string[],
  read: (secret: string) => Promise<string>,
): Promise<string | undefined> {
  for (const secret of secrets) {
    try {
      return await read(secret);
    } catch (error) {
      if (!(error instanceof Error && /NOT_FOUND|notFound|Error 404/.test(error.message))) throw error;
    }
  }
  return undefined;
}

const scopeLabel = "portolan_scope";
const keyLabel = "portolan_key";

/** What of a name all keys of a stack share: all but the tenant and the key. */
function scopeOf(name: string): string {
  return name.split("/").slice(0, -2).join("/");
}

/** Names hold what labels may not. */
function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 40);
}
