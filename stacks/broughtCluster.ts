/**
 * A cluster that the user brings to a platform in a cloud. Whatever is there under a name of ours would be taken over,
 * and would go with the stack: it is asked about before anything is made in the cluster.
 */
import * as pulumi from "@pulumi/pulumi";
import { stackLabel } from "../components/names.ts";
import {
  certManagerDefinition,
  certManagerNamespace,
  externalSecretsDefinition,
  externalSecretsNamespace,
} from "../providers/addons/places.ts";
import type { CloudRequest, Reach } from "../providers/cloud.ts";
import { Refusal } from "../providers/mistakes.ts";
import type { ClusterDriver } from "../providers/platform.ts";
import type { Cluster, ClusterKind, Marks } from "./cluster.ts";
import { checkCluster, claimsOf } from "./clusterChecks.ts";
import type { Stack } from "./config.ts";
import { describeOne, type Problem } from "./problems.ts";

/** What the platform is about to make in the cluster `name`. */
export type AddOns = Pick<CloudRequest, "stack" | "externalSecrets"> & {
  readonly edge: Pick<CloudRequest["edge"], "namespace" | "className">;
  readonly name: string | undefined;
  /** Looked for, and never made: undefined where the application shares no volumes. */
  readonly sharedDriver: ClusterDriver | undefined;
};

/** Lets a kubeconfig through once nothing in its cluster is in the way. A preview asks nobody. */
export function unlessTaken(stack: Stack, addOns: AddOns): Reach {
  if (pulumi.runtime.isDryRun()) return (kubeconfig) => kubeconfig;
  return (kubeconfig) => kubeconfig.apply((text) => notTaken(text, stack, addOns));
}

/** The kubeconfig again; ends the run where something is in the way. */
export async function notTaken(kubeconfig: string, stack: Stack, addOns: AddOns): Promise<string> {
  const { Cluster } = await import("./cluster.ts");
  const cluster = Cluster.of(kubeconfig);
  const others = await cluster.tenantsOn(stack.name, stack.name);
  const problems = await Promise.all([
    checkCluster(cluster, claimsOf(stack), others),
    checkAddOns(cluster, addOns),
  ]);
  if (problems.flat().length > 0) throw new Refusal(inTheWay(problems.flat()));
  return kubeconfig;
}

/** What was made in the cloud stays: this is no mistake that ends a run before its beginning. */
function inTheWay(problems: readonly Problem[]): string {
  const heading =
    "What is in your cluster already is in this stack's way; nothing was made in it. The next `pulumi up` goes on from here.";
  return [heading, ...problems.map(describeOne)].join("\n\n");
}

type Asked = Pick<Cluster, "namespaceLabels" | "marks">;

/** Namespaces of the add-ons, and what no two of a kind could have: whoever has them must be this stack. */
export async function checkAddOns(cluster: Asked, addOns: AddOns): Promise<Problem[]> {
  const { stack, edge, externalSecrets, name, sharedDriver } = addOns;
  const owners = (namespace: string, kind: ClusterKind, object: string) =>
    ownersOf(cluster, stack, namespace, kind, object);
  const [traefik, certManager, operator, driver] = await Promise.all([
    owners(edge.namespace, "ingressClass", edge.className),
    owners(certManagerNamespace, "definition", certManagerDefinition),
    externalSecrets ? owners(externalSecretsNamespace, "definition", externalSecretsDefinition) : nobody,
    sharedDriver && cluster.marks("driver", sharedDriver.name),
  ]);
  return [
    problem(traefik.namespace, {
      key: "portolan:edge.namespace",
      value: edge.namespace,
      allowed: "a namespace that nobody else has",
      remedy: "name another one: the platform brings a Traefik of its own, and makes its namespace",
    }),
    problem(traefik.object, {
      key: "portolan:edge.className",
      value: edge.className,
      allowed: "an IngressClass that nobody else has",
      remedy: "name another one: the platform brings a Traefik of its own, and makes its IngressClass",
    }),
    problem(certManager.namespace ?? certManager.object, {
      key: "portolan:platform.cluster.name",
      value: name,
      allowed: "a cluster with no cert-manager but this stack's: there can be only one",
      remedy:
        "choose platform kind `existing` with the cluster's context, which uses the cert-manager that is there; " +
        "where it is another stack's platform, make this stack a cell of it (portolan:platform.on); or another cluster",
    }),
    problem(operator.namespace ?? operator.object, {
      key: "portolan:secrets.store",
      allowed: "a store of the External Secrets that is in the cluster already",
      remedy: "name one: the platform brings External Secrets only to a cluster that has none",
    }),
    ...(sharedDriver && !driver ? [lacksDriver(name, sharedDriver)] : []),
  ].flat();
}

/** It would be everybody's in that cluster, so it is theirs to bring and to keep. */
function lacksDriver(cluster: string | undefined, { name, remedy }: ClusterDriver): Problem {
  return {
    key: "portolan:platform.cluster.name",
    value: cluster,
    allowed: `a cluster with the CSI driver ${name}: the application shares volumes`,
    remedy: `bring it: ${remedy}`,
  };
}

/** Who else has an add-on's namespace, and who its object outside of it, in words; undefined where nobody has. */
interface Owners {
  readonly namespace: string | undefined;
  readonly object: string | undefined;
}

const nobody: Owners = { namespace: undefined, object: undefined };

async function ownersOf(
  cluster: Asked,
  stack: string,
  namespace: string,
  kind: ClusterKind,
  name: string,
): Promise<Owners> {
  const [space, found] = await Promise.all([cluster.namespaceLabels(namespace), cluster.marks(kind, name)]);
  const holder = otherOwner(`namespace ${namespace}`, space, stack);
  // Definitions outlive their release, and a stack before this one may have left them.
  const left = holder === undefined && releasedTo(found) === namespace;
  return { namespace: holder, object: left ? undefined : otherOwner(name, found?.labels, stack) };
}

/** Namespace of the Helm release that made it, or was the last to take it over. */
function releasedTo(found: Marks | undefined): string | undefined {
  return found?.annotations["meta.helm.sh/release-namespace"];
}

function otherOwner(what: string, labels: Marks["labels"] | undefined, stack: string): string | undefined {
  if (!labels || labels[stackLabel] === stack) return undefined;
  const owner = labels[stackLabel] ? `stack ${labels[stackLabel]}` : "somebody else";
  return `${what} belongs to ${owner}`;
}

function problem(taken: string | undefined, { allowed, ...rest }: Problem): Problem[] {
  return taken === undefined ? [] : [{ ...rest, allowed: `${allowed}; ${taken}` }];
}
