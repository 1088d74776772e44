import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { netnsName } from "./handle.ts";
import { run, tryRun } from "./run.ts";

/** Addresses of every sandbox cluster. They may be equal in two clusters, each has its own namespace. */
export const ADDRESSES = {
  node: "10.98.0.2",
  /** The API server's Service, the first address of the range. */
  service: "10.96.0.1",
  dns: "10.96.0.10",
  edge: "10.99.0.1",
  serviceRange: "10.96.0.0/16",
  podRange: "10.244.0.0/16",
} as const;

/** Ports of the cluster's own services on the node's address. */
export const NODE_PORTS = { dns: 53, metrics: 4443 } as const;

/** Everything a process in the namespace may talk to: services, node and edge (10.96 to 10.99), pods, itself. */
const REACHABLE = "127.0.0.0/8, 10.96.0.0/14, 10.244.0.0/16";

const FOLDER = "/run/netns";

/** Path of the cluster's network namespace, whether it exists or not. */
export function netnsPath(name: string): string {
  return join(FOLDER, netnsName(name));
}

/**
 * Makes the network namespace. Both ends of the veth pair are inside, so that the node has an interface of its own
 * with a default route (kubelet and kube-proxy look for one) and yet nothing can leave.
 * @returns its path
 */
export async function createNetwork(name: string): Promise<string> {
  const netns = netnsName(name);
  await run(["ip", "netns", "add", netns]);
  const setup = [
    "link set lo up",
    "link add node0 type veth peer name node0-peer",
    `addr add ${ADDRESSES.node}/24 dev node0`,
    "link set node0 up",
    "link set node0-peer up",
    "route add default dev node0",
  ];
  await run(["ip", "-n", netns, "-batch", "-"], { input: `${setup.join("\n")}\n` });
  const inside = ["nsenter", `--net=${netnsPath(name)}`];
  await run([...inside, "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"]);
  await run([...inside, "nft", "-f", "-"], { input: fence() });
  return netnsPath(name);
}

/**
 * A packet to the outside would wait three seconds for an ARP answer; refused, a program that calls home fails at
 * once. By reset, as a connecting socket keeps an ICMP error to itself until its first retry, a second later.
 */
function fence(): string {
  const chain = (hook: string) => `chain ${hook} {
    type filter hook ${hook} priority 10
    ip daddr { ${REACHABLE} } accept
    ip daddr 0.0.0.0/0 meta l4proto tcp reject with tcp reset
    ip daddr 0.0.0.0/0 reject with icmp admin-prohibited
  }`;
  return `table inet portolan-fence {\n  ${chain("output")}\n  ${chain("forward")}\n}\n`;
}

/** Removes the namespace (its interfaces and rules with it), and the bind mount `ip netns` needed, if it is the last. */
export async function removeNetwork(name: string): Promise<void> {
  if (existsSync(netnsPath(name))) await run(["ip", "netns", "delete", netnsName(name)]);
  if (existsSync(FOLDER) && readdirSync(FOLDER).length === 0) {
    // Made by the first `ip netns add` on this machine; not mounted where something else made the folder.
    await tryRun(["umount", FOLDER]);
  }
}
