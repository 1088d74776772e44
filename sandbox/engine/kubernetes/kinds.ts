import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** An API kind. `group` is empty for the core group. */
export type Kind = { group: string; version: string; kind: string; apiVersion: string };

export function kindOf(apiVersion: string, kind: string): Kind {
  const slash = apiVersion.indexOf("/");
  const group = slash < 0 ? "" : apiVersion.slice(0, slash);
  return {
    group: group === "core" ? "" : group,
    version: apiVersion.slice(slash + 1),
    kind,
    apiVersion: apiVersion.replace(/^core\//, ""),
  };
}

/** Reads a type token, `kubernetes:apps/v1:Deployment`. @throws when it is none of an API kind. */
export function kindOfType(type: string): Kind {
  const match = /^kubernetes:([^:]+):([^:]+)$/.exec(type);
  const [, apiVersion, kind] = match ?? [];
  // A CustomResource with a core kind has the bare version: `kubernetes:v1:Service`.
  if (apiVersion === undefined || kind === undefined || !/^(.+\/)?v\d\w*$/.test(apiVersion)) {
    throw new Error(`The sandbox's stand-in does not know the type ${type}`);
  }
  if (kind.endsWith("Patch") && sdkProperties(type) !== undefined) {
    throw new Error(
      `${type}: the sandbox's stand-in has no Patch resources; install the real plugin for them`,
    );
  }
  if (kind.endsWith("List") && sdkProperties(type) !== undefined) {
    throw new Error(`${type}: the sandbox's stand-in has no List resources; declare the items one by one`);
  }
  return kindOf(apiVersion, kind);
}

const sdk = dirname(createRequire(import.meta.url).resolve("@pulumi/kubernetes/package.json"));
const properties = new Map<string, readonly string[] | undefined>();

/**
 * The properties of a kind that the SDK knows, by reading the SDK; undefined for a custom resource.
 * @throws when the group is Kubernetes' own and has no such kind.
 */
export function sdkProperties(type: string): readonly string[] | undefined {
  if (properties.has(type)) return properties.get(type);
  const found = readProperties(type);
  properties.set(type, found);
  return found;
}

function readProperties(type: string): readonly string[] | undefined {
  const [, apiVersion = "", kind = ""] = type.split(":");
  // A CustomResource token is not checked against the SDK when its version is bare: the API server does it.
  const [group = "", version = ""] = apiVersion.split("/");
  const own = group === "core" || !group.includes(".") || group.endsWith(".k8s.io");
  const folder = join(sdk, group.split(".")[0] ?? "", version);
  const files = own ? listFolder(folder) : [];
  if (files.length === 0) return undefined;
  const file = files.find((name) => name.toLowerCase() === `${kind.toLowerCase()}.js`);
  if (file === undefined) throw new Error(`${apiVersion} has no kind ${kind} in @pulumi/kubernetes`);
  const text = readFileSync(join(folder, file), "utf8");
  const found = [...text.matchAll(/resourceInputs\["(\w+)"\] = (?!undefined \/\*out\*\/;)/g)].map(
    ([, key]) => key ?? "",
  );
  return [...new Set([...found, "apiVersion", "kind"])];
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Kinds without a namespace, for when no API server can be asked. Custom kinds count as namespaced. */
const clusterScoped: ReadonlySet<string> = new Set([
  "/Namespace",
  "/Node",
  "/PersistentVolume",
  "/ComponentStatus",
  "admissionregistration.k8s.io/MutatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/MutatingAdmissionPolicy",
  "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
  "apiextensions.k8s.io/CustomResourceDefinition",
  "apiregistration.k8s.io/APIService",
  "certificates.k8s.io/CertificateSigningRequest",
  "certificates.k8s.io/ClusterTrustBundle",
  "cert-manager.io/ClusterIssuer",
  "flowcontrol.apiserver.k8s.io/FlowSchema",
  "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
  "gateway.networking.k8s.io/GatewayClass",
  "networking.k8s.io/IngressClass",
  "networking.k8s.io/IPAddress",
  "networking.k8s.io/ServiceCIDR",
  "node.k8s.io/RuntimeClass",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "scheduling.k8s.io/PriorityClass",
  "resource.k8s.io/DeviceClass",
  "resource.k8s.io/ResourceSlice",
  "storage.k8s.io/CSIDriver",
  "storage.k8s.io/CSINode",
  "storage.k8s.io/StorageClass",
  "storage.k8s.io/VolumeAttachment",
  "storage.k8s.io/VolumeAttributesClass",
]);

/** Whether a kind lives in namespaces, as far as is known without a cluster. */
export function namespacedByName({ group, kind }: Kind): boolean {
  return !clusterScoped.has(`${group}/${kind}`);
}
