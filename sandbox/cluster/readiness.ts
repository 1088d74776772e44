import { NODE_NAME } from "./configs.ts";
import { type ClusterHandle, clusterPaths, insidePrefix } from "./handle.ts";
import { kubectl, tryKubectl } from "./kubectl.ts";
import { ADDRESSES } from "./network.ts";
import { isAlive, tail, until } from "./processes.ts";
import { tryRun } from "./run.ts";

/**
 * Polls until `done` holds.
 * @throws if it does not within a minute, `signal` is aborted, or one of the cluster's daemons has ended.
 */
export async function waitFor(
  handle: ClusterHandle,
  what: string,
  done: () => Promise<boolean>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const looked = async () => {
    signal?.throwIfAborted();
    const ended = handle.pids.find((each) => !isAlive(each));
    if (ended !== undefined) {
      throw new Error(`${ended.role} has ended: ${tail(clusterPaths(handle.name).logs, ended.role)}`);
    }
    return await done();
  };
  if (!(await until(looked, 60_000, 100))) throw new Error(`${what}: not ready after a minute`);
}

/** The API server answers that it is ready. */
export async function apiReady(handle: ClusterHandle): Promise<boolean> {
  return (await tryKubectl(handle, ["get", "--raw", "/readyz"])) === "ok";
}

/** The node is Ready and pods may be made in the default namespace. */
export async function waitForNode(handle: ClusterHandle, signal: AbortSignal | undefined): Promise<void> {
  const condition = 'jsonpath={.status.conditions[?(@.type=="Ready")].status}';
  const ready = async () =>
    (await tryKubectl(handle, ["get", "node", NODE_NAME, "-o", condition])) === "True";
  await waitFor(handle, "node", ready, signal);
  await kubectl(handle, ["wait", "--for=create", "--timeout=30s", "serviceaccount/default"]);
}

/** Proves kube-proxy and DNS at once: a name is asked for at the Service's address. */
export async function waitForDns(handle: ClusterHandle, signal: AbortSignal | undefined): Promise<void> {
  const ask = [...insidePrefix(handle), process.execPath, "-e", RESOLVE];
  await waitFor(handle, `DNS at ${ADDRESSES.dns}`, async () => (await tryRun(ask)).code === 0, signal);
}

const RESOLVE = `
const { Resolver } = require("node:dns").promises;
const resolver = new Resolver({ timeout: 300, tries: 1 });
resolver.setServers(["${ADDRESSES.dns}"]);
resolver.resolve4("kubernetes.default.svc.cluster.local").catch(() => process.exit(1));
`;
