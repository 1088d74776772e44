/**
 * NetworkPolicy read as its API documents it, one connection at a time, in the plainest way: the measure for the
 * compiled rules. And a reader of the rendered nftables script, which knows just the words that the renderer uses.
 */
import { holds } from "../../sandbox/controllers/networkPolicy/cidr.ts";
import type { PolicyState } from "../../sandbox/controllers/networkPolicy/compile.ts";
import {
  type Endpoint,
  type NetworkPolicy,
  type Peer,
  type PolicyPort,
  type Protocol,
  selects,
} from "../../sandbox/controllers/networkPolicy/objects.ts";

export interface Connection {
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly port: number;
}

export const podRange = "10.244.0.0/16";

/** Whether the first bits of both are equal, by their binary digits; never for IPv6. */
function inBlock(cidr: string, address: string): boolean {
  const digits = (ip: string) =>
    ip
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  const [network = "", length = "32"] = cidr.split("/");
  if (network.includes(":")) return false;
  return digits(network).slice(0, Number(length)) === digits(address).slice(0, Number(length));
}

function peerMatches(peer: Peer, policy: NetworkPolicy, other: string, state: PolicyState): boolean {
  if (peer.ipBlock !== undefined) {
    return inBlock(peer.ipBlock.cidr, other) && !peer.ipBlock.except.some((e) => inBlock(e, other));
  }
  const pod = state.endpoints.find((e) => e.address === other);
  if (pod === undefined) return false;
  const space = state.namespaces.find((n) => n.metadata.name === pod.namespace);
  const spaceFits =
    peer.namespaceSelector === undefined
      ? pod.namespace === policy.metadata.namespace
      : space !== undefined && selects(peer.namespaceSelector, space.metadata.labels);
  return spaceFits && (peer.podSelector === undefined || selects(peer.podSelector, pod.labels));
}

function portMatches(port: PolicyPort, connection: Connection, target: Endpoint | undefined): boolean {
  if (port.protocol !== connection.protocol) return false;
  if (port.port === undefined) return true;
  if (typeof port.port === "number") {
    return connection.port >= port.port && connection.port <= (port.endPort ?? port.port);
  }
  const named = target?.ports.filter((p) => p.name === port.port && p.protocol === port.protocol) ?? [];
  return named.some((p) => p.port === connection.port);
}

function side(direction: "Ingress" | "Egress", connection: Connection, state: PolicyState): boolean {
  const [subject, other] =
    direction === "Ingress" ? [connection.to, connection.from] : [connection.from, connection.to];
  const pod = state.endpoints.find((e) => e.address === subject && e.onNode !== true);
  if (pod === undefined) return true;
  const target = state.endpoints.find((e) => e.address === connection.to);
  const policies = state.policies.filter(
    (p) =>
      p.metadata.namespace === pod.namespace &&
      p.spec.policyTypes.includes(direction) &&
      selects(p.spec.podSelector, pod.labels),
  );
  if (policies.length === 0) return true;
  return policies.some((policy) => {
    const rules =
      direction === "Ingress"
        ? policy.spec.ingress.map((r) => ({ peers: r.from, ports: r.ports }))
        : policy.spec.egress.map((r) => ({ peers: r.to, ports: r.ports }));
    return rules.some(({ peers, ports }) => {
      const node = target?.onNode === true && direction === "Egress";
      // A process on the node is a peer only at its own ports; as an address it may be in an ipBlock.
      const reachable = (peer: Peer) =>
        peer.ipBlock !== undefined ||
        !node ||
        target.ports.some((p) => p.port === connection.port && p.protocol === connection.protocol);
      const peerOk =
        peers.length === 0 || peers.some((p) => peerMatches(p, policy, other, state) && reachable(p));
      return peerOk && (ports.length === 0 || ports.some((p) => portMatches(p, connection, target)));
    });
  });
}

/** Whether the documented semantics allow a new connection. */
export function allowed(connection: Connection, state: PolicyState): boolean {
  const known = (address: string) =>
    !holds(podRange, address) || state.endpoints.some((e) => e.address === address);
  if (state.policies.length > 0 && !(known(connection.from) && known(connection.to))) return false;
  if (connection.from === connection.to) return true;
  return side("Egress", connection, state) && side("Ingress", connection, state);
}

type Fields = Readonly<Record<"ip saddr" | "ip daddr" | "dport" | "protocol", string>>;
type Verdict = "accept" | "drop" | "refuse";

/** Runs a connection's first packet through a script. Throws for a word it does not know, so that none goes unread. */
export function runScript(script: string, connection: Connection): Verdict {
  const fields: Fields = {
    "ip saddr": connection.from,
    "ip daddr": connection.to,
    dport: String(connection.port),
    protocol: connection.protocol.toLowerCase(),
  };
  const sets = new Map<string, readonly string[]>();
  const maps = new Map<string, ReadonlyMap<string, string>>();
  const chains = new Map<string, readonly string[]>();
  const lines = script.split("\n").map((line) => line.trim());
  const elements = (line: string) =>
    (/elements = \{ (.*) \};/.exec(line)?.[1] ?? "").split(", ").filter((e) => e !== "");
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? "";
    const [word, name = ""] = line.split(" ");
    if (word === "set") sets.set(name, elements(line));
    else if (word === "map") {
      const pairs = elements(line).map((e): [string, string] => {
        const [key = "", value = ""] = e.split(" : ");
        return [key, value];
      });
      maps.set(name, new Map(pairs));
    } else if (word === "chain" && line.endsWith("}")) {
      chains.set(name, [/\{ (.*); \}/.exec(line)?.[1] ?? ""]);
    } else if (word === "chain") {
      const end = lines.indexOf("}", i);
      chains.set(name, lines.slice(i + 1, end));
      i = end;
    }
  }

  function condition(text: string): { rest: string; holds: boolean } {
    const match = (pattern: RegExp) => pattern.exec(text);
    const done = (m: RegExpExecArray, fits: boolean) => ({ rest: text.slice(m[0].length), holds: fits });
    const field = (name: string | undefined) =>
      name === "ip saddr" || name === "ip daddr" ? fields[name] : "";
    let m = match(/^meta nfproto ipv4 /);
    if (m !== null) return done(m, true);
    m = match(/^meta l4proto (\w+) /);
    if (m !== null) return done(m, fields.protocol === m[1]);
    m = match(/^ip saddr \. ip daddr @(\w+) /);
    if (m !== null) {
      return done(
        m,
        sets.get(m[1] ?? "")?.includes(`${fields["ip saddr"]} . ${fields["ip daddr"]}`) === true,
      );
    }
    m = match(/^ip daddr \. (\w+) dport \{ ([^}]*) \} /);
    if (m !== null) {
      const wanted = `${fields["ip daddr"]} . ${fields.dport}`;
      return done(m, fields.protocol === m[1] && (m[2] ?? "").split(", ").includes(wanted));
    }
    m = match(/^(ip [sd]addr) (!= )?@(\w+) /);
    if (m !== null) return done(m, sets.get(m[3] ?? "")?.includes(field(m[1])) === (m[2] === undefined));
    m = match(/^(ip [sd]addr) (!= )?([\d./]+) /);
    if (m !== null) return done(m, holds(m[3] ?? "", field(m[1])) === (m[2] === undefined));
    m = match(/^(\w+) dport (\d+)(?:-(\d+))? /);
    if (m !== null) {
      const [first, last] = [Number(m[2]), Number(m[3] ?? m[2])];
      return done(m, fields.protocol === m[1] && connection.port >= first && connection.port <= last);
    }
    m = match(/^ct direction reply /);
    if (m !== null) return done(m, false);
    throw new Error(`unknown words: ${text}`);
  }

  function run(chain: string): Verdict | "return" {
    for (const line of chains.get(chain) ?? []) {
      if (line.startsWith("type filter")) continue;
      const vmap = /^(ip [sd]addr) vmap @(\w+)$/.exec(line);
      if (vmap !== null) {
        const key = vmap[1] === "ip saddr" ? fields["ip saddr"] : fields["ip daddr"];
        const target = maps.get(vmap[2] ?? "")?.get(key);
        if (target !== undefined) return run(target.replace("goto ", ""));
        continue;
      }
      let rest = line;
      let fits = true;
      while (fits && !/^(return|accept|drop|reject|goto|jump)\b/.test(rest)) {
        const step = condition(rest);
        rest = step.rest;
        fits = step.holds;
      }
      if (!fits) continue;
      if (rest === "return" || rest === "accept" || rest === "drop") return rest;
      if (rest.startsWith("reject")) return "refuse";
      const result = run(rest.split(" ")[1] ?? "");
      if (rest.startsWith("goto") || result !== "return") return result;
    }
    return "return";
  }

  const hook = holds(podRange, connection.to) ? "forward" : "input";
  const result = run(hook);
  return result === "return" ? "accept" : result;
}
