/** The agent on the node: its rights, its pod, its address, and the webhook that every new pod passes. */
import { execFile } from "node:child_process";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import type { KubernetesObject, V1Deployment, V1Service } from "@kubernetes/client-node";
import { ADDRESSES } from "../../cluster/network.ts";
import { imageRef } from "../../images/recipes.ts";
import type { CloudName } from "../core/backend.ts";
import { podIdentityAddress } from "./agent/aws.ts";
import { wireServer } from "./agent/azure.ts";
import { metadataAddress, metadataName } from "./agent/gcp.ts";
import { agentRights, removeAgentRights } from "./agentRights.ts";
import { serverCertificate } from "./authority.ts";
import { addressAnnotation, hostsAnnotation } from "./hosts.ts";
import { type CloudSpace, cloudLabel, until } from "./objects.ts";

const exec = promisify(execFile);
const name = "agent";

/** Where each cloud's agent listens on the node: for pods, and for the API server's webhook calls. */
const ports: Readonly<Partial<Record<CloudName, { address: string; webhook: number; host?: string }>>> = {
  aws: { address: podIdentityAddress, webhook: 9441 },
  azure: { address: wireServer, webhook: 9442 },
  gcp: { address: metadataAddress, webhook: 9443, host: metadataName },
};

/** Cluster-wide objects carry the cloud's name, as they have no namespace to go with. */
const clusterName = (space: CloudSpace) => `${space.namespace}-${name}`;

/** Whether this cloud's keys for pods are simulated. */
export function hasAgent(cloud: CloudName): boolean {
  return ports[cloud] !== undefined;
}

function portsOf(cloud: CloudName) {
  const found = ports[cloud];
  if (found !== undefined) return found;
  throw new Error(
    `The sandbox has no keys for pods of ${cloud} yet, only for those of ${Object.keys(ports).join(", ")}; add its ` +
      "agent to sandbox/clouds/backend/agent",
  );
}

/** Makes the agent run and waits until new pods pass it. @throws for a cloud that has none yet */
export async function ensureAgent(space: CloudSpace): Promise<void> {
  const { address, webhook, host: called } = portsOf(space.cloud);
  await nodeAddress("replace", address);
  const host = `${name}.${space.namespace}.svc`;
  const { revision, pem } = await serverCertificate(space, `${name}-tls`, [host], {});
  for (const object of agentRights(space, name)) await space.apply(object);
  await space.apply(deployment(space, { address, webhook, revision }));
  const service: V1Service = {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      ...space.meta(name),
      ...(called === undefined
        ? {}
        : { annotations: { [hostsAnnotation]: called, [addressAnnotation]: address } }),
    },
    spec: {
      selector: { "app.kubernetes.io/name": clusterName(space) },
      ports: [{ port: 443, targetPort: webhook }],
    },
  };
  await space.apply(service);
  const where = { name, namespace: space.namespace };
  await until(
    async () => {
      const { metadata, status } = await space.apps.readNamespacedDeployment(where);
      return (
        status?.observedGeneration === metadata?.generation &&
        status?.updatedReplicas === 1 &&
        status.readyReplicas === 1 &&
        status.replicas === 1
      );
    },
    async () =>
      `The agent of the simulated ${space.cloud} does not run; look at the pods in namespace ${space.namespace}, and ` +
      `whether the node has image ${imageRef("cloud")}`,
  );
  await space.apply(webhookConfiguration(space, pem));
}

/** Takes back what has no namespace to go with. */
export async function removeAgent(space: CloudSpace): Promise<void> {
  await space.delete({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: clusterName(space) },
  });
  await removeAgentRights(space, name);
  const address = ports[space.cloud]?.address;
  if (address !== undefined) await nodeAddress("del", address);
}

/**
 * Adds or removes a link-local address of the node.
 * @throws outside the sandbox's network namespace: the address would be the machine's own.
 */
async function nodeAddress(what: "replace" | "del", address: string): Promise<void> {
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  if (!own.some((each) => each.address === ADDRESSES.node)) {
    throw new Error(
      `The backend runs outside the sandbox's network namespace (no interface has ${ADDRESSES.node}); start the ` +
        "engine with the words of insidePrefix(handle)",
    );
  }
  if (what === "del" && !own.some((each) => each.address === address)) return;
  await exec("ip", ["address", what, `${address}/32`, "dev", "lo"]);
}

function deployment(
  space: CloudSpace,
  args: { address: string; webhook: number; revision: string },
): V1Deployment {
  const labels = { ...space.meta(name).labels, "app.kubernetes.io/name": clusterName(space) };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: space.meta(name),
    spec: {
      replicas: 1,
      // Its ports are the node's: two at once cannot be.
      strategy: { type: "Recreate" },
      selector: { matchLabels: { "app.kubernetes.io/name": clusterName(space) } },
      template: {
        metadata: { labels, annotations: { "portolan.dev/certificate": args.revision } },
        spec: {
          serviceAccountName: name,
          hostNetwork: true,
          enableServiceLinks: true,
          terminationGracePeriodSeconds: 2,
          containers: [
            {
              name,
              image: imageRef("cloud"),
              imagePullPolicy: "Never",
              args: [
                "/app/cloud.mjs",
                `--cloud=${space.cloud}`,
                `--namespace=${space.namespace}`,
                `--listen=${args.address}:80`,
                `--webhook=${args.webhook}`,
              ],
              readinessProbe: {
                httpGet: { path: "/health", port: args.webhook, scheme: "HTTPS" },
                periodSeconds: 1,
              },
              resources: { requests: { cpu: "10m", memory: "48Mi" }, limits: { memory: "192Mi" } },
              securityContext: {
                // Port 80 of the node is for root, even where root may do nothing else.
                runAsUser: 0,
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] },
                seccompProfile: { type: "RuntimeDefault" },
              },
              volumeMounts: [{ name: "tls", mountPath: "/tls", readOnly: true }],
            },
          ],
          volumes: [{ name: "tls", secret: { secretName: `${name}-tls` } }],
        },
      },
    },
  };
}

/**
 * The real webhook belongs to the control plane, which does not fail; so a failing one here refuses pods, rather than
 * letting them start without their identity.
 */
function webhookConfiguration(space: CloudSpace, caPem: string): KubernetesObject {
  const webhook = {
    name: `${name}.${space.namespace}.portolan.dev`,
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
    failurePolicy: "Fail",
    timeoutSeconds: 5,
    clientConfig: {
      service: { name, namespace: space.namespace },
      caBundle: Buffer.from(caPem).toString("base64"),
    },
    rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
    namespaceSelector: {
      matchExpressions: [
        { key: cloudLabel, operator: "DoesNotExist" },
        {
          key: "kubernetes.io/metadata.name",
          operator: "NotIn",
          values: ["kube-system", "local-path-storage", "edge", "cert-manager"],
        },
      ],
    },
  };
  const configuration = {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: { name: clusterName(space), labels: space.meta(name).labels },
    webhooks: [webhook],
  };
  return configuration;
}
