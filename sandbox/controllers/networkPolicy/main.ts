/**
 * Entry of the NetworkPolicy process, run in the cluster's network namespace:
 * `main.ts --kubeconfig FILE --cni-records FOLDER --cni-network NAME --pod-range CIDR [--dns ADDRESS] [--edge ADDRESS]
 * [--ready FILE]`.
 * `--ready`: written once the first rules are loaded.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { accessFromKubeconfig, kubeClient } from "../kube/client.ts";
import { startNetworkPolicy } from "./controller.ts";

const text = { type: "string" } as const;
const { values } = parseArgs({
  options: {
    kubeconfig: text,
    "cni-records": text,
    "cni-network": text,
    "pod-range": text,
    dns: text,
    edge: text,
    ready: text,
  },
});

function needed(name: "kubeconfig" | "cni-records" | "cni-network" | "pod-range"): string {
  const value = values[name];
  if (value === undefined)
    throw new Error(`--${name} is missing; usage is at the top of networkPolicy/main.ts`);
  return value;
}

const log = (line: string) => console.log(`${new Date().toISOString()} ${line}`);
const client = kubeClient(accessFromKubeconfig(needed("kubeconfig")));
const controller = await startNetworkPolicy({
  client,
  table: {
    table: "portolan-policy",
    podRange: needed("pod-range"),
    ...(values.edge === undefined ? {} : { edge: values.edge }),
  },
  cni: { folder: needed("cni-records"), network: needed("cni-network") },
  log,
  ...(values.dns === undefined ? {} : { dnsAddress: values.dns }),
});
if (values.ready !== undefined) writeFileSync(values.ready, `${process.pid}\n`);

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  process.once(signal, () => {
    controller.close();
    client.close();
    process.exit(0);
  });
}
