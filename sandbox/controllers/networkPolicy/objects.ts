/** What the network policies are made of, as watched. */
import { z } from "zod";
import { metadataSchema } from "../kube/objects.ts";

const operator = z.enum(["In", "NotIn", "Exists", "DoesNotExist"]);

export const selectorSchema = z.object({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator, values: z.array(z.string()).default([]) }))
    .default([]),
});
export type Selector = z.infer<typeof selectorSchema>;

const protocol = z.enum(["TCP", "UDP", "SCTP"]);
export type Protocol = z.infer<typeof protocol>;

const portSchema = z.object({
  protocol: protocol.default("TCP"),
  port: z.union([z.int(), z.string()]).optional(),
  endPort: z.int().optional(),
});
export type PolicyPort = z.infer<typeof portSchema>;

const peerSchema = z.object({
  podSelector: selectorSchema.optional(),
  namespaceSelector: selectorSchema.optional(),
  ipBlock: z.object({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});
export type Peer = z.infer<typeof peerSchema>;

const ports = z.array(portSchema).default([]);
const peers = z.array(peerSchema).default([]);

export const networkPolicySchema = z.object({
  metadata: metadataSchema,
  spec: z.object({
    podSelector: selectorSchema.default({ matchLabels: {}, matchExpressions: [] }),
    ingress: z.array(z.object({ from: peers, ports })).default([]),
    egress: z.array(z.object({ to: peers, ports })).default([]),
    // The API server always fills this in.
    policyTypes: z.array(z.enum(["Ingress", "Egress"])).default(["Ingress"]),
  }),
});
export type NetworkPolicy = z.infer<typeof networkPolicySchema>;

export const namespaceSchema = z.object({ metadata: metadataSchema });
export type Namespace = z.infer<typeof namespaceSchema>;

const containerSchema = z.object({
  restartPolicy: z.string().optional(),
  ports: z
    .array(
      z.object({ name: z.string().optional(), containerPort: z.int(), protocol: protocol.default("TCP") }),
    )
    .default([]),
});

export const podSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({
    hostNetwork: z.boolean().default(false),
    containers: z.array(containerSchema).default([]),
    initContainers: z.array(containerSchema).default([]),
  }),
  status: z.object({ podIP: z.string().default(""), phase: z.string().default("Pending") }).prefault({}),
});
export type Pod = z.infer<typeof podSchema>;

/** A pod that has an address: what rules are about. */
export interface Endpoint {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** IPv4 address. */
  readonly address: string;
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: Protocol }[];
  /**
   * Stands for a process on the node (the cluster's DNS): as a peer it is reachable at its `ports` and no other of the
   * node's, and no policy isolates it.
   */
  readonly onNode?: boolean;
}

/** Whether labels satisfy a selector; an empty selector is satisfied by all, `NotIn` also by a label's absence. */
export function selects(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  const plain = Object.entries(selector.matchLabels).every(([key, value]) => labels[key] === value);
  return (
    plain &&
    selector.matchExpressions.every(({ key, operator, values }) => {
      const value = labels[key];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      const among = value !== undefined && values.includes(value);
      return operator === "In" ? among : !among;
    })
  );
}
