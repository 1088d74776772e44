/** NetworkPolicies to a rule set over addresses and ports: pure, and free of nftables' words. */
import { normalCidr } from "./cidr.ts";
import {
  type Endpoint,
  type Namespace,
  type NetworkPolicy,
  type Peer,
  type PolicyPort,
  type Protocol,
  selects,
} from "./objects.ts";

export type Peers =
  | { readonly kind: "any" }
  | { readonly kind: "addresses"; readonly addresses: readonly string[] }
  | { readonly kind: "block"; readonly cidr: string; readonly except: readonly string[] };

export type Ports =
  | { readonly kind: "any" }
  | { readonly kind: "protocol"; readonly protocol: Protocol }
  | { readonly kind: "range"; readonly protocol: Protocol; readonly first: number; readonly last: number }
  /** A named port means another number on each pod that receives. */
  | {
      readonly kind: "named";
      readonly protocol: Protocol;
      readonly targets: readonly { readonly address: string; readonly port: number }[];
    };

/** Traffic that is allowed. */
export interface Rule {
  readonly peers: Peers;
  readonly ports: Ports;
}

export type Direction = "ingress" | "egress";

/** Pods isolated by the same policies share one chain of rules; what none of them allows is refused. */
export interface Group {
  readonly direction: Direction;
  readonly members: readonly string[];
  readonly rules: readonly Rule[];
}

export interface Ruleset {
  /** Every pod address that is known; while `closed`, an unknown one in the pod range reaches nothing. */
  readonly known: readonly string[];
  readonly closed: boolean;
  readonly groups: readonly Group[];
}

export interface PolicyState {
  readonly policies: readonly NetworkPolicy[];
  readonly namespaces: readonly Namespace[];
  readonly endpoints: readonly Endpoint[];
}

interface Scope {
  readonly namespace: string;
  readonly state: PolicyState;
}

const anyone: Peers = { kind: "any" };
const everyone = { matchLabels: {}, matchExpressions: [] };

function selectedByPeer(peer: Peer, { namespace, state }: Scope): readonly Endpoint[] {
  const { namespaceSelector } = peer;
  const names =
    namespaceSelector === undefined
      ? new Set([namespace])
      : new Set(
          state.namespaces
            .filter((n) => selects(namespaceSelector, n.metadata.labels))
            .map((n) => n.metadata.name),
        );
  const pods = peer.podSelector ?? everyone;
  return state.endpoints.filter((e) => names.has(e.namespace) && selects(pods, e.labels));
}

function sorted(values: Iterable<string>): string[] {
  return [...new Set(values)].sort();
}

function podsOf(peers: readonly Peer[], scope: Scope): Endpoint[] {
  return peers.filter((p) => p.ipBlock === undefined).flatMap((p) => selectedByPeer(p, scope));
}

/** No peers at all means everybody; peers that select nobody mean nobody. */
function peersOf(peers: readonly Peer[], scope: Scope): Peers[] {
  if (peers.length === 0) return [{ kind: "any" }];
  const blocks = peers.flatMap(({ ipBlock }): Peers[] => {
    const cidr = ipBlock === undefined ? undefined : normalCidr(ipBlock.cidr);
    if (ipBlock === undefined || cidr === undefined) return [];
    return [{ kind: "block", cidr, except: ipBlock.except.flatMap((e) => normalCidr(e) ?? []) }];
  });
  const addresses = sorted(podsOf(peers, scope).flatMap((e) => (e.onNode === true ? [] : [e.address])));
  return addresses.length === 0 ? blocks : [{ kind: "addresses", addresses }, ...blocks];
}

function portsOf(ports: readonly PolicyPort[], state: PolicyState): Ports[] {
  if (ports.length === 0) return [{ kind: "any" }];
  return ports.flatMap(({ protocol, port, endPort }): Ports[] => {
    if (port === undefined) return [{ kind: "protocol", protocol }];
    if (typeof port === "number") return [{ kind: "range", protocol, first: port, last: endPort ?? port }];
    const targets = state.endpoints.flatMap((e) =>
      e.ports
        .filter((p) => p.name === port && p.protocol === protocol)
        .map((p) => ({ address: e.address, port: p.port })),
    );
    return targets.length === 0 ? [] : [{ kind: "named", protocol, targets }];
  });
}

/** The same ports, as far as these targets have them. */
function portsAmong(ports: Ports, targets: readonly Endpoint[]): Ports[] {
  return targets.flatMap(({ address, ports: has }) =>
    has.flatMap(({ port, protocol }): Ports[] => {
      if (ports.kind !== "any" && ports.protocol !== protocol) return [];
      if (ports.kind === "range" && (port < ports.first || port > ports.last)) return [];
      if (ports.kind === "named" && !ports.targets.some((t) => t.address === address && t.port === port))
        return [];
      return [{ kind: "named", protocol, targets: [{ address, port }] }];
    }),
  );
}

function rulesOf(policy: NetworkPolicy, direction: Direction, state: PolicyState): Rule[] {
  const scope = { namespace: policy.metadata.namespace, state };
  const { ingress, egress } = policy.spec;
  const entries =
    direction === "ingress"
      ? ingress.map((rule) => ({ peers: rule.from, ports: rule.ports }))
      : egress.map((rule) => ({ peers: rule.to, ports: rule.ports }));
  return entries.flatMap(({ peers, ports }) => {
    const wanted = portsOf(ports, state);
    const rules = peersOf(peers, scope).flatMap((p) => wanted.map((q) => ({ peers: p, ports: q })));
    const onNode = direction === "egress" ? podsOf(peers, scope).filter((e) => e.onNode === true) : [];
    const narrowed = wanted.flatMap((q) => portsAmong(q, onNode)).map((q) => ({ peers: anyone, ports: q }));
    return [...rules, ...narrowed];
  });
}

function groupsOf(direction: Direction, state: PolicyState): Group[] {
  const wanted = direction === "ingress" ? "Ingress" : "Egress";
  const policies = state.policies.filter((p) => p.spec.policyTypes.includes(wanted));
  const pods = state.endpoints.filter((e) => e.onNode !== true);
  const groups = new Map<string, { members: string[]; policies: NetworkPolicy[] }>();
  for (const endpoint of pods) {
    const mine = policies.filter(
      (p) => p.metadata.namespace === endpoint.namespace && selects(p.spec.podSelector, endpoint.labels),
    );
    if (mine.length === 0) continue;
    const key = sorted(mine.map((p) => `${p.metadata.namespace}/${p.metadata.name}`)).join(" ");
    const group = groups.get(key) ?? { members: [], policies: mine };
    group.members.push(endpoint.address);
    groups.set(key, group);
  }
  return [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, group]) => ({
      direction,
      members: sorted(group.members),
      rules: group.policies.flatMap((policy) => rulesOf(policy, direction, state)),
    }));
}

/** The rule set of this state. The order of the input's lists does not matter to what is allowed. */
export function compile(state: PolicyState): Ruleset {
  return {
    known: sorted(state.endpoints.flatMap((e) => (e.onNode === true ? [] : [e.address]))),
    closed: state.policies.length > 0,
    groups: [...groupsOf("egress", state), ...groupsOf("ingress", state)],
  };
}
