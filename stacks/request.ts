/** A stack's configuration as the request that every platform built in a cloud understands. */
import { platformLabels, servicesNamespaceOf } from "../components/names.ts";
import type { CloudRequest, EdgeRequest, Reach } from "../providers/cloud.ts";
import type { ReleaseHooks } from "../providers/platform.ts";
import { type AddOns, unlessTaken } from "./broughtCluster.ts";
import { type CloudConfig, cloudOf } from "./clouds/index.ts";
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
  return { ...asked, reach: wayIn(stack, config, { ...asked, name: config.cluster.name }) };
}

/** A cluster that is there already is asked what is in it as well, once it answers. */
function wayIn(stack: Stack, config: CloudConfig, addOns: AddOns): Reach {
  const { cluster, unreachable } = cloudOf(config);
  const reach = reachOf(unreachable);
  const free = cluster === "existing" ? unlessTaken(stack, addOns) : undefined;
  return free ? (kubeconfig) => free(reach(kubeconfig)) : reach;
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
