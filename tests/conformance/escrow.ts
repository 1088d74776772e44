/** Reads what is in escrow, by other ways than Portolan's own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Decrypter } from "age-encryption";
import type { Inside } from "../../ops/inside.ts";

/** A local stack's sealed file, opened as the `age` program would. */
export async function escrowOfSealedFile({ workspace }: Inside): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addPassphrase(readFileSync(join(workspace.folder, "passphrase"), "utf8").trim());
  return await decrypter.decrypt(readFileSync(join(workspace.folder, "escrow.age")), "text");
}

/** The vaults of the simulated Azure, from the pod that holds them. */
export async function escrowOfFront({ kube }: Inside): Promise<string> {
  const namespace = "cloud-azure";
  const { items } = await kube.core.listNamespacedPod({ namespace });
  const reads = items.map(({ metadata }) =>
    kube
      .kubectl(["-n", namespace, "exec", metadata?.name ?? "", "--", "cat", "/data/state.json"])
      // The other servers of the cloud have no such file.
      .catch(() => ""),
  );
  return (await Promise.all(reads)).join("");
}
