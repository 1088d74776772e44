import type { PlainBag } from "../../rpc/values.ts";
import { readObject } from "../apply.ts";
import type { Cluster } from "../cluster.ts";
import { kindOf } from "../kinds.ts";
import { plainInner, plainText } from "../state.ts";
import { failed, type Readiness, ready, waiting } from "./conditions.ts";

/** A claim is ready when bound, or when its class binds only with the first pod that uses it. */
export async function claimReady(cluster: Cluster, object: PlainBag): Promise<Readiness> {
  const phase = plainText(plainInner(object, "status"), "phase");
  if (phase === "Bound") return ready;
  if (phase === "Lost") return failed("the volume of this claim is lost");
  const name = plainText(plainInner(object, "spec"), "storageClassName");
  if (name !== "") {
    const kind = kindOf("storage.k8s.io/v1", "StorageClass");
    const storageClass = await readObject(cluster, { kind, namespace: "", name });
    if (storageClass?.volumeBindingMode === "WaitForFirstConsumer") return ready;
  }
  return waiting(`phase ${phase || "Pending"}, storage class ${name || "(none)"}`);
}

export function volumeReady(object: PlainBag): Readiness {
  const phase = plainText(plainInner(object, "status"), "phase");
  if (phase === "Available" || phase === "Bound") return ready;
  return phase === "Failed"
    ? failed(plainText(plainInner(object, "status"), "message"))
    : waiting(`phase ${phase}`);
}
