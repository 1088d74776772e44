/**
 * The webhook of Azure AD workload identity, which AKS runs: what it puts into pods that ask for it.
 * Source: azure-workload-identity, "Mutating Admission Webhook" and "Service Account Labels and Annotations".
 */
import { z } from "zod";
import { hasStatus, type KubeClient } from "../../../controllers/kube/client.ts";
import { exchangeAudience, loginHost, tenant } from "../azure/names.ts";
import type { CloudAgent, JsonPatch, PodToChange } from "./cloudAgent.ts";

/** Azure's own address on every node (WireServer). Nothing that a pod may ask is answered there. */
export const wireServer = "168.63.129.16";

const prefix = "azure.workload.identity";
const folder = "/var/run/secrets/azure/tokens";
const tokenFile = "azure-identity-token";

const accountSchema = z.object({
  metadata: z.object({ annotations: z.record(z.string(), z.string()).default({}) }),
});

/** The changes that give a pod its identity: environment and token in each container. What is set stays as it is. */
export function workloadIdentityPatch(
  pod: PodToChange,
  annotations: Readonly<Record<string, string>>,
): JsonPatch {
  const clientId = annotations[`${prefix}/client-id`];
  const environment = [
    ...(clientId === undefined ? [] : [{ name: "AZURE_CLIENT_ID", value: clientId }]),
    { name: "AZURE_TENANT_ID", value: annotations[`${prefix}/tenant-id`] ?? tenant },
    { name: "AZURE_FEDERATED_TOKEN_FILE", value: `${folder}/${tokenFile}` },
    { name: "AZURE_AUTHORITY_HOST", value: `https://${loginHost}/` },
  ];
  const mount = { name: tokenFile, mountPath: folder, readOnly: true };
  const containers = (["initContainers", "containers"] as const).flatMap((field) =>
    pod.spec[field].flatMap((container, index) => {
      const has = new Set(container.env.map(({ name }) => name));
      const env = [...container.env, ...environment.filter(({ name }) => !has.has(name))];
      const path = `/spec/${field}/${index}`;
      return [
        { op: "add" as const, path: `${path}/env`, value: env },
        { op: "add" as const, path: `${path}/volumeMounts`, value: [...container.volumeMounts, mount] },
      ];
    }),
  );
  const expirationSeconds = Number(annotations[`${prefix}/service-account-token-expiration`] ?? 3600);
  const token = { serviceAccountToken: { audience: exchangeAudience, expirationSeconds, path: tokenFile } };
  const volumes = [...pod.spec.volumes, { name: tokenFile, projected: { sources: [token] } }];
  return [...containers, { op: "add", path: "/spec/volumes", value: volumes }];
}

/** Only the webhook: tokens come from the directory, which is a server of its own. */
export function azureAgent(client: KubeClient): CloudAgent {
  return {
    async mutate(pod, namespace) {
      if (pod.metadata.labels[`${prefix}/use`] !== "true") return [];
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${pod.spec.serviceAccountName}`;
      try {
        const { metadata } = accountSchema.parse(await client.request("GET", path));
        return workloadIdentityPatch(pod, metadata.annotations);
      } catch (error) {
        // Whoever refuses a pod without its ServiceAccount comes after the webhooks.
        if (hasStatus(error, 404)) return [];
        throw error;
      }
    },
    answer: async () => ({ status: 404, body: { message: "nothing is answered here" } }),
  };
}
