import type { LeafChange } from "../rpc/compare.ts";
import { type Bag, isBag, reveal, type Value } from "../rpc/values.ts";
import type { Kind } from "./kinds.ts";
import type { Settings } from "./settings.ts";

const always = ["metadata.name", "metadata.namespace", "metadata.generateName"];
const roleRef = ["roleRef"];
const podSpec = [
  "affinity",
  "automountServiceAccountToken",
  "containers",
  "dnsConfig",
  "dnsPolicy",
  "enableServiceLinks",
  "hostAliases",
  "hostIPC",
  "hostNetwork",
  "hostPID",
  "hostname",
  "imagePullSecrets",
  "initContainers",
  "nodeName",
  "nodeSelector",
  "overhead",
  "preemptionPolicy",
  "priority",
  "priorityClassName",
  "readinessGates",
  "restartPolicy",
  "runtimeClassName",
  "schedulerName",
  "securityContext",
  "serviceAccount",
  "serviceAccountName",
  "shareProcessNamespace",
  "subdomain",
  "terminationGracePeriodSeconds",
  "volumes",
].map((field) => `spec.${field}`);

/**
 * Fields whose change makes a new object, by `group/kind`. From the behaviour of the real provider
 * (its forceNewProperties), where the API server would refuse the change.
 */
const byKind: Record<string, readonly string[]> = {
  "/PersistentVolume": [
    "spec.csi",
    "spec.hostPath",
    "spec.local",
    "spec.nfs",
    "spec.awsElasticBlockStore",
    "spec.gcePersistentDisk",
    "spec.azureDisk",
    "spec.azureFile",
  ],
  "/PersistentVolumeClaim": ["spec.accessModes", "spec.selector", "spec.storageClassName", "spec.volumeName"],
  "/Pod": podSpec,
  "/ResourceQuota": ["spec.scopes"],
  "/Service": ["spec.clusterIP"],
  "apps/DaemonSet": ["spec.selector"],
  "apps/Deployment": ["spec.selector"],
  "apps/ReplicaSet": ["spec.selector"],
  "apps/StatefulSet": [
    "spec.podManagementPolicy",
    "spec.revisionHistoryLimit",
    "spec.selector",
    "spec.serviceName",
    "spec.volumeClaimTemplates",
  ],
  "batch/Job": ["spec.completions", "spec.parallelism", "spec.selector", "spec.template"],
  "rbac.authorization.k8s.io/ClusterRoleBinding": roleRef,
  "rbac.authorization.k8s.io/RoleBinding": roleRef,
  "storage.k8s.io/StorageClass": ["parameters", "provisioner"],
};

function isImmutable(object: Bag): boolean {
  return reveal(object).immutable === true;
}

/** The paths of a kind whose change replaces the object. */
export function replacingPaths({ group, kind }: Kind, olds: Bag, settings: Settings): readonly string[] {
  const data = ["data", "binaryData", "stringData"];
  if (group === "" && kind === "ConfigMap") {
    const mutable = settings.enableConfigMapMutable === true && !isImmutable(olds);
    return mutable ? always : [...always, ...data];
  }
  if (group === "" && kind === "Secret") {
    const mutable = settings.enableSecretMutable === true && !isImmutable(olds);
    return mutable ? [...always, "type"] : [...always, "type", ...data];
  }
  return [...always, ...(byKind[`${group}/${kind}`] ?? [])];
}

function contains(value: Value | undefined, steps: readonly string[]): boolean {
  if (steps.length === 0) return value !== undefined && value !== null;
  const [first = "", ...rest] = steps;
  return isBag(value) && contains(value[first], rest);
}

/** True when a change touches one of the paths: inside it, or above it with the path in the old or new value. */
export function touches(change: LeafChange, paths: readonly string[], olds: Bag, news: Bag): boolean {
  const steps = change.steps.map(String);
  return paths.some((path) => {
    const wanted = path.split(".");
    const shared = Math.min(wanted.length, steps.length);
    if (wanted.slice(0, shared).join("\0") !== steps.slice(0, shared).join("\0")) return false;
    return steps.length >= wanted.length || contains(olds, wanted) || contains(news, wanted);
  });
}
