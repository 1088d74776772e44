/**
 * Write-once keys in Key Vault: outside the state, so that losing the state loses no key.
 *
 * Azure Resource Manager never answers a secret's value (pulumi-azure-native issue 1422), and a resource of it would
 * write a new version over the kept one when the state is lost. So keys go through the vault's own interface, with a
 * token of whoever runs the engine: asked for first, written only where there is none, deleted by nobody. They go with
 * the vault, which production keeps.
 */
import { getClientTokenOutput } from "@pulumi/azure-native/authorization/index.js";
import * as pulumi from "@pulumi/pulumi";
import type { KeyEscrow } from "../platform.ts";
import { physicalName } from "./names.ts";
import { recall, type VaultAccess, write } from "./vaultClient.ts";

type KeepRequest = Parameters<KeyEscrow["keep"]>[0];

export class KeyVaultEscrow implements KeyEscrow {
  readonly #uri: pulumi.Output<string>;
  readonly #provider: pulumi.ProviderResource;
  #token: pulumi.Output<string> | undefined;

  constructor(uri: pulumi.Input<string>, provider: pulumi.ProviderResource) {
    this.#uri = pulumi.output(uri);
    this.#provider = provider;
  }

  /** A preview asks nothing and keeps nothing: the fresh value is the kept one unless the state was lost. */
  keep({ name, fresh }: Pick<KeepRequest, "name" | "fresh">): pulumi.Output<string> {
    if (pulumi.runtime.isDryRun()) return pulumi.secret(fresh);
    const secret = physicalName("vaultSecret", [name]);
    return pulumi.secret(
      pulumi
        .all([this.#uri, this.#bearer(), fresh])
        .apply(([uri, token, made]) => kept({ uri, token }, secret, made)),
    );
  }

  /** One for all keys of a run, never in the state: no resource gets it. */
  #bearer(): pulumi.Output<string> {
    this.#token ??= pulumi.secret(
      getClientTokenOutput({ endpoint: "https://vault.azure.net" }, { provider: this.#provider }).token,
    );
    return this.#token;
  }
}

async function kept(vault: VaultAccess, secret: string, made: string): Promise<string> {
  const known = await recall(vault, secret);
  if (known !== undefined) return known;
  await write(vault, secret, made);
  return made;
}
