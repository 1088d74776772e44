/** A stack's configuration as the request that every platform built in a cloud understands. */
import { platformLabels, servicesNamespaceOf } from "../components/names.ts";
import type { CloudRequest, EdgeRequest, Reach } from "../providers/cloud.ts";
import type { ReleaseHooks } from "../providers/platform.ts";
import { type AddOns, unlessTaken } from "./broughtCluster.ts";
import { type CloudConfig, cloudOf } from "./clouds/index.ts";
import { unlessFull } from "./clusterRoom.ts";
import type { Stack } from "./config.ts";
import { storesIn } from "./externalChecks.ts";
import { reachOf } from "./reach.ts";
import { defaultTcpPorts } from "./tcpChecks.ts";

export function cloudRequest(stack: Stack, config: CloudConfig, hooks: ReleaseHooks): CloudRequest {
  const asked = {
    stack: stack.name,
    lifecycle: config.lifecycle,
    size: config.size,
    namespace: servicesNamespaceOf(stack.name),
    labels: platformLabels(stack.name),
    needs: stack.app.needs,
    tenants: Object.keys(stack.file.tenants),
    edge: edgeRequest(stack),
    externalSecrets: storesIn(stack.file.secrets),
    images: stack.images,
    hooks,
    chartMirror: config.chartMirror,
    roots: config.roots,
  };
  return { ...asked, reach: wayIn(stack, config, asked) };
}

/** Once the cluster answers, it is asked whether there is room in it, and one of the user's own what is in it already. */
function wayIn(stack: Stack, config: CloudConfig, asked: Omit<AddOns, "name" | "sharedDriver">): Reach {
  const { cluster, unreachable, sharedDriver: driver } = cloudOf(config);
  const sharedDriver = stack.app.needs.sharedVolume && driver;
  const addOns = { ...asked, name: config.cluster.name, sharedDriver };
  const reach = reachOf(unreachable);
  const room = unlessFull(stack, config);
  const free = cluster === "existing" ? unlessTaken(stack, addOns) : undefined;
  return (kubeconfig) => {
    const answering = room(reach(kubeconfig));
    return free ? free(answering) : answering;
  };
}

function edgeRequest({ edge, file, ports }: Stack): EdgeRequest {
  return {
    kind: "traefik",
    className: edge.className,
    domain: edge.domain,
    issuer: edge.issuer,
    acme: file.edge.acme,
    namespace: edge.namespace,
    tcpPorts: edge.tcpPorts ?? defaultTcpPorts,
    tcpPortsInUse: [...new Set([...ports.values(), ...file.edge.tcpOpen])].sort((a, b) => a - b),
    sources: file.edge.sources,
  };
}
