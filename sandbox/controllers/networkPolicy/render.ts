/** A rule set as an nftables script: a pure function, loaded in one transaction by `nft -f -`. */
import type { Direction, Group, Peers, Ports, Rule, Ruleset } from "./compile.ts";

export interface RenderOptions {
  /** Name of the `inet` table. */
  readonly table: string;
  /** Network that pods get their addresses from. */
  readonly podRange: string;
  /**
   * The edge's address: its served ports are replaced by kube-proxy before these hooks, and what still asks for it is
   * refused. Otherwise an unserved port would cost its caller three seconds of address resolution.
   */
  readonly edge?: string;
}

function list(values: readonly string[]): string {
  return values.length === 0 ? "" : ` elements = { ${values.join(", ")} };`;
}

/** Named sets by content: the same addresses are written once, however many rules are about them. */
class AddressSets {
  private readonly names = new Map<string, string>();

  name(addresses: readonly string[]): string {
    const key = addresses.join(", ");
    const known = this.names.get(key) ?? `peers_${this.names.size}`;
    this.names.set(key, known);
    return known;
  }

  lines(): string[] {
    return [...this.names].map(([key, name]) => `  set ${name} { type ipv4_addr; elements = { ${key} }; }`);
  }
}

function peersMatch(peers: Peers, direction: Direction, sets: AddressSets): string {
  const field = direction === "ingress" ? "ip saddr" : "ip daddr";
  if (peers.kind === "any") return "";
  if (peers.kind === "addresses") return `${field} @${sets.name(peers.addresses)} `;
  const inside = peers.cidr === "0.0.0.0/0" ? "meta nfproto ipv4 " : `${field} ${peers.cidr} `;
  return inside + peers.except.map((e) => `${field} != ${e} `).join("");
}

function portsMatch(ports: Ports): string {
  if (ports.kind === "any") return "";
  const protocol = ports.protocol.toLowerCase();
  if (ports.kind === "protocol") return `meta l4proto ${protocol} `;
  if (ports.kind === "range") {
    return `${protocol} dport ${ports.first === ports.last ? ports.first : `${ports.first}-${ports.last}`} `;
  }
  const targets = [...new Set(ports.targets.map((t) => `${t.address} . ${t.port}`))];
  return `ip daddr . ${protocol} dport { ${targets.join(", ")} } `;
}

function ruleLine(rule: Rule, direction: Direction, sets: AddressSets): string {
  return `    ${peersMatch(rule.peers, direction, sets)}${portsMatch(rule.ports)}return`;
}

/** `0.0.0.0/0` as an exception would exclude all; nft knows no such network in a comparison. */
function neverMatches(rule: Rule): boolean {
  return rule.peers.kind === "block" && rule.peers.except.includes("0.0.0.0/0");
}

function groupChain(group: Group, name: string, sets: AddressSets): string {
  const rules = group.rules.filter((r) => !neverMatches(r)).map((r) => ruleLine(r, group.direction, sets));
  return [`  chain ${name} {`, ...new Set(rules), "    goto refuse", "  }"].join("\n");
}

/**
 * The whole table. Packets of a connection's first direction are judged each time, not only the first one, so that a
 * connection of a pair that is now forbidden ends; replies pass. Refused is told at once (reset or ICMP), since a
 * silent drop costs the caller its whole timeout; only an unknown pod is dropped, so that its first packet is sent
 * again a moment later, when it is known. kube-proxy has already replaced Service addresses where these hooks run.
 */
export function renderNft(ruleset: Ruleset, { table, podRange, edge }: RenderOptions): string {
  const sets = new AddressSets();
  const named = ruleset.groups.map((group, i) => ({ group, name: `${group.direction}_${i}` }));
  const chains = named.map(({ group, name }) => groupChain(group, name, sets));
  const verdicts = (direction: Direction) =>
    list(
      named
        .filter(({ group }) => group.direction === direction)
        .flatMap(({ group, name }) => group.members.map((address) => `${address} : goto ${name}`)),
    );
  const strangers = ruleset.closed
    ? [`    ip saddr ${podRange} ip saddr != @known drop`, `    ip daddr ${podRange} ip daddr != @known drop`]
    : [];
  const unserved = edge === undefined ? [] : [`    ip daddr ${edge} goto refuse`];
  return [
    // Created so that the deletion never fails; both are part of the one transaction.
    `table inet ${table} {}`,
    `delete table inet ${table}`,
    `table inet ${table} {`,
    `  set known { type ipv4_addr;${list(ruleset.known)} }`,
    `  set self { type ipv4_addr . ipv4_addr;${list(ruleset.known.map((a) => `${a} . ${a}`))} }`,
    ...sets.lines(),
    "  chain refuse {",
    "    meta l4proto tcp reject with tcp reset",
    "    reject with icmpx admin-prohibited",
    "  }",
    ...chains,
    `  map egress_of { type ipv4_addr : verdict;${verdicts("egress")} }`,
    `  map ingress_of { type ipv4_addr : verdict;${verdicts("ingress")} }`,
    "  chain egress { ip saddr vmap @egress_of; }",
    "  chain ingress { ip daddr vmap @ingress_of; }",
    "  chain forward {",
    "    type filter hook forward priority filter; policy accept;",
    "    ct direction reply accept",
    ...unserved,
    // A pod may always reach itself, also through its Service.
    "    ip saddr . ip daddr @self accept",
    ...strangers,
    "    jump egress",
    "    jump ingress",
    "  }",
    // A pod that calls the API server or anything else on the node is seen here, never in the forward hook.
    "  chain input {",
    "    type filter hook input priority filter; policy accept;",
    "    ct direction reply accept",
    ...strangers.slice(0, 1),
    "    jump egress",
    "  }",
    ...(edge === undefined
      ? []
      : [
          "  chain output {",
          "    type filter hook output priority filter; policy accept;",
          ...unserved,
          "  }",
        ]),
    "}",
    "",
  ].join("\n");
}
