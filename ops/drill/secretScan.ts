import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { Kube } from "../kube.ts";
import { pulumi, type StackContext } from "../pulumi/cli.ts";
import { findSecrets, forms, type Haystack, type Needle } from "../report/secrets.ts";
import { decode } from "../smoke/context.ts";

/** Keys of Secrets whose values are not secret. */
const publicKey = /\.(crt|pub)$|^username$|^config\.json$/;

/** Every secret value in the given namespaces, named `namespace/secret/key`. They live in memory only. */
export async function readNeedles(kube: Kube, namespaces: readonly string[]): Promise<Needle[]> {
  const needles: Needle[] = [];
  for (const namespace of namespaces) {
    const { items } = await kube.core.listNamespacedSecret({ namespace });
    for (const secret of items) {
      if (secret.type === "helm.sh/release.v1") continue;
      for (const [key, value] of Object.entries(decode(secret.data))) {
        if (!publicKey.test(key))
          needles.push({ name: `${namespace}/${secret.metadata?.name}/${key}`, value });
      }
    }
  }
  return needles;
}

/** A function that blots every needle out of a text, in all its forms. */
export function redactor(needles: readonly Needle[]): (text: string) => string {
  const all = needles.filter((needle) => needle.value.length >= 8).flatMap((needle) => forms(needle.value));
  return (text) => all.reduce((clean, form) => clean.replaceAll(form, "•••"), text);
}

/** Process arguments seen while something ran. */
export interface ArgumentWatch {
  /** Ends the watch and answers every command line seen, once. */
  stop(): string[];
}

/** Looks at the arguments of all processes of the machine, pods' among them, several times a second. */
export function watchArguments(every = 300): ArgumentWatch {
  const seen = new Set<string>();
  const look = () => {
    for (const pid of readdirSync("/proc")) {
      if (!/^\d+$/.test(pid)) continue;
      try {
        seen.add(readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
      } catch {
        // It ended between the two reads.
      }
    }
  };
  const timer = setInterval(look, every);
  return {
    stop() {
      clearInterval(timer);
      look();
      return [...seen];
    },
  };
}

/** Helm's own record of a release: values, manifest and chart. Gzipped JSON in base64, in a Secret. */
async function helmRecords(kube: Kube, namespaces: readonly string[]): Promise<Haystack[]> {
  const found: Haystack[] = [];
  for (const namespace of namespaces) {
    const { items } = await kube.core.listNamespacedSecret({
      namespace,
      fieldSelector: "type=helm.sh/release.v1",
    });
    for (const secret of items) {
      const encoded = Buffer.from(decode(secret.data).release ?? "", "base64");
      found.push({
        name: `Helm's record ${namespace}/${secret.metadata?.name}`,
        text: gunzipSync(encoded).toString(),
      });
    }
  }
  return found;
}

/** Everything in which a secret must not lie in clear, gathered from the cluster, the state and the drill's own files. */
export async function gatherHaystacks(
  kube: Kube,
  context: StackContext,
  namespaces: readonly string[],
  commandLines: readonly string[],
): Promise<Haystack[]> {
  const kinds = "pods,deployments,statefulsets,jobs,configmaps,services,events";
  const objects = namespaces.map(async (namespace) => [
    {
      name: `objects of ${namespace}`,
      text: await kube.kubectl(["-n", namespace, "get", kinds, "-o", "json"]),
    },
    ...(await logsOf(kube, namespace)),
  ]);
  const files = readdirSync(context.logs).map((name) => ({
    name: `the engine's ${name}`,
    text: readFileSync(join(context.logs, name), "utf8"),
  }));
  return [
    { name: "the exported state", text: await pulumi(context, ["stack", "export"]) },
    { name: "the stack's outputs", text: await pulumi(context, ["stack", "output", "--json"]) },
    { name: "process arguments", text: commandLines.join("\n") },
    ...files,
    ...(await helmRecords(kube, namespaces)),
    ...(await Promise.all(objects)).flat(),
  ];
}

async function logsOf(kube: Kube, namespace: string): Promise<Haystack[]> {
  const { items } = await kube.core.listNamespacedPod({ namespace });
  const parts = items.map(async (pod) => {
    const name = pod.metadata?.name ?? "";
    const text = await kube
      .kubectl(["-n", namespace, "logs", name, "--all-containers", "--tail=-1"])
      .catch(() => "");
    return { name: `logs of ${namespace}/${name}`, text };
  });
  return Promise.all(parts);
}

/** `12 secrets looked for in 40 places`, or an Error that names secret and place of each finding. */
export function scan(needles: readonly Needle[], haystacks: readonly Haystack[]): string {
  const looked = needles.filter((needle) => needle.value.length >= 8);
  if (looked.length === 0) throw new Error("no secret to look for was found: the scan would prove nothing");
  const found = findSecrets(looked, haystacks);
  if (found.length > 0)
    throw new Error(`${found.length} secrets lie in clear: ${found.slice(0, 8).join("; ")}`);
  return `${looked.length} secrets looked for in ${haystacks.length} places, none in clear`;
}
