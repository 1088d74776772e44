/** Release repair on a cluster that the same run makes: its kubeconfig is known only when the hooks run. */
import type * as pulumi from "@pulumi/pulumi";
import type { ExternalSecretReader, ExternalSecretState } from "../components/externalKeys.ts";
import type { ReleaseRecord, ReleaseRepair } from "../components/releaseRepair.ts";

export class LateRepair implements ReleaseRepair, ExternalSecretReader {
  readonly #kubeconfig = Promise.withResolvers<string>();
  #cluster: Promise<ReleaseRepair & ExternalSecretReader> | undefined;

  /** `kubeconfig`: its text, secret. Never resolved in a preview of a cluster that is not there; hooks do not run then. */
  use(kubeconfig: pulumi.Output<string>): void {
    kubeconfig.apply((text) => this.#kubeconfig.resolve(text));
  }

  async records(namespace: string, release: string): Promise<readonly ReleaseRecord[]> {
    return (await this.#open()).records(namespace, release);
  }

  async removeRecord(namespace: string, secretName: string): Promise<void> {
    return (await this.#open()).removeRecord(namespace, secretName);
  }

  async externalSecret(namespace: string, name: string): Promise<ExternalSecretState> {
    return (await this.#open()).externalSecret(namespace, name);
  }

  async readAgain(namespace: string, name: string): Promise<void> {
    await (await this.#open()).readAgain(namespace, name);
  }

  #open(): Promise<ReleaseRepair & ExternalSecretReader> {
    this.#cluster ??= this.#kubeconfig.promise.then(async (text) => {
      // Loaded where it is used: a preview has no use for it.
      const { Cluster } = await import("./cluster.ts");
      return Cluster.of(text);
    });
    return this.#cluster;
  }
}
