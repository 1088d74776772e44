/**
 * Keys that are made once and never again: a new one would turn what was encrypted with the old one to garbage.
 *
 * Four things keep them: every input is ignored after creation; the name holds neither release, version nor size;
 * the Secret is immutable, so that the API server itself refuses another value; and the value is in escrow outside the
 * state, from where it comes back when the state is lost.
 */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { KeyEscrow } from "../providers/platform.ts";

/** Of the Secret in the tenant's namespace. */
export const writeOnceKeysName = "write-once-keys";

export interface WriteOnceKeysArgs {
  readonly slug: string;
  readonly namespace: pulumi.Input<string>;
  readonly labels: Record<string, string>;
  /** Names of the keys and the text each value begins with. */
  readonly keys: readonly { readonly name: string; readonly prefix: string }[];
  readonly escrow: KeyEscrow;
  /** Name under which the escrow keeps this stack's keys. */
  readonly escrowScope: string;
  readonly protect: boolean;
}

export class WriteOnceKeys extends pulumi.ComponentResource {
  /** Value of each key: secret. */
  readonly values: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, args: WriteOnceKeysArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:components:WriteOnceKeys", name, {}, opts);
    this.values = Object.fromEntries(args.keys.map((key) => [key.name, this.#value(name, key, args)]));
    new k8s.core.v1.Secret(
      `${name}-secret`,
      {
        metadata: { name: writeOnceKeysName, namespace: args.namespace, labels: args.labels },
        immutable: true,
        stringData: this.values,
      },
      { parent: this, protect: args.protect, ignoreChanges: ["stringData", "data", "immutable"] },
    );
    this.registerOutputs({});
  }

  #value(
    name: string,
    key: { readonly name: string; readonly prefix: string },
    args: WriteOnceKeysArgs,
  ): pulumi.Output<string> {
    const bytes = new random.RandomBytes(
      `${name}-${key.name.toLowerCase().replaceAll("_", "-")}`,
      { length: 32 },
      { parent: this, protect: args.protect, ignoreChanges: ["length", "keepers"] },
    );
    return pulumi.secret(
      args.escrow.keep({
        name: `${args.escrowScope}/${args.slug}/${key.name}`,
        fresh: pulumi.secret(pulumi.interpolate`${key.prefix}${bytes.base64}`),
        protect: args.protect,
        parent: this,
      }),
    );
  }
}
