import type { PlainBag } from "../../rpc/values.ts";
import { plainInner, plainText } from "../state.ts";
import { conditionOf, failed, isObserved, number, type Readiness, ready, waiting } from "./conditions.ts";

/** The rollout is complete: the newest replica set is available and the controller says so. */
export function deploymentReady(object: PlainBag): Readiness {
  if (!isObserved(object)) return waiting("the rollout has not been seen by its controller yet");
  const status = plainInner(object, "status");
  const wanted = number(plainInner(object, "spec"), "replicas", 1);
  const updated = number(status, "updatedReplicas");
  const available = number(status, "availableReplicas");
  const total = number(status, "replicas");
  const progressing = conditionOf(object, "Progressing");
  if (plainInner(object, "spec").paused === true) return ready;
  if (progressing?.status === "False") return waiting(`${progressing.reason}: ${progressing.message}`);
  if (updated < wanted) return waiting(`${updated} of ${wanted} pods are of the new version`);
  if (total > updated) return waiting(`${total - updated} pods of the old version are still there`);
  if (available < wanted) return waiting(`${available} of ${wanted} pods are available`);
  if (wanted > 0 && conditionOf(object, "Available")?.status !== "True")
    return waiting("too few pods are available");
  return ready;
}

export function statefulSetReady(object: PlainBag): Readiness {
  if (!isObserved(object)) return waiting("the rollout has not been seen by its controller yet");
  const spec = plainInner(object, "spec");
  const status = plainInner(object, "status");
  const wanted = number(spec, "replicas", 1);
  const readyReplicas = number(status, "readyReplicas");
  if (readyReplicas < wanted) return waiting(`${readyReplicas} of ${wanted} pods are ready`);
  if (plainText(plainInner(spec, "updateStrategy"), "type") === "OnDelete") return ready;
  const partition = number(plainInner(plainInner(spec, "updateStrategy"), "rollingUpdate"), "partition");
  const updated = number(status, "updatedReplicas");
  if (updated < wanted - partition)
    return waiting(`${updated} of ${wanted - partition} pods are of the new version`);
  if (partition === 0 && status.currentRevision !== status.updateRevision)
    return waiting("the update is not complete");
  return ready;
}

export function daemonSetReady(object: PlainBag): Readiness {
  if (!isObserved(object)) return waiting("the rollout has not been seen by its controller yet");
  const status = plainInner(object, "status");
  const wanted = number(status, "desiredNumberScheduled");
  const strategy = plainText(plainInner(plainInner(object, "spec"), "updateStrategy"), "type");
  const updated = strategy === "OnDelete" ? wanted : number(status, "updatedNumberScheduled");
  if (updated < wanted) return waiting(`${updated} of ${wanted} pods are of the new version`);
  const available = number(status, "numberAvailable");
  return available < wanted ? waiting(`${available} of ${wanted} pods are available`) : ready;
}

export function replicasReady(object: PlainBag): Readiness {
  const wanted = number(plainInner(object, "spec"), "replicas", 1);
  const available = number(plainInner(object, "status"), "availableReplicas");
  if (!isObserved(object)) return waiting("its controller has not seen it yet");
  return available < wanted ? waiting(`${available} of ${wanted} pods are available`) : ready;
}

export function jobReady(object: PlainBag): Readiness {
  if (plainInner(object, "spec").suspend === true) return ready;
  if (conditionOf(object, "Complete")?.status === "True") return ready;
  const bad = conditionOf(object, "Failed");
  if (bad?.status === "True") return failed(`the Job failed: ${bad.reason}: ${bad.message}`);
  const status = plainInner(object, "status");
  return waiting(
    `${number(status, "succeeded")} pods succeeded, ${number(status, "active")} run, ${number(status, "failed")} failed`,
  );
}

export function podReady(object: PlainBag): Readiness {
  const phase = plainText(plainInner(object, "status"), "phase");
  if (phase === "Succeeded" || conditionOf(object, "Ready")?.status === "True") return ready;
  if (phase === "Failed")
    return failed(`the Pod failed: ${plainText(plainInner(object, "status"), "message")}`);
  const bad = conditionOf(object, "Ready") ?? conditionOf(object, "PodScheduled");
  return waiting(bad === undefined ? `phase ${phase || "Pending"}` : `${bad.reason}: ${bad.message}`);
}
