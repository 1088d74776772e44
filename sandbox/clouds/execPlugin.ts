/**
 * What the clouds' commands answer to a kubeconfig's `exec`: the credentials of the sandbox's own kubeconfig, since its
 * cluster is the one that simulated clouds hand out. Run by the scripts in `shims/` under the commands' names.
 */
import { z } from "zod";
import { accessFromKubeconfig } from "../controllers/kube/client.ts";
import { pluginVariables } from "./pluginVariables.ts";

/** What each command is called with, and what must be among it. Anything else is an error, as it does nothing here. */
const calls: Readonly<Record<string, { words: readonly string[]; needs: readonly string[] }>> = {
  aws: { words: ["eks", "get-token"], needs: ["--cluster-name"] },
  kubelogin: { words: ["get-token"], needs: ["--server-id"] },
  "gke-gcloud-auth-plugin": { words: [], needs: [] },
};

/**
 * Throws unless the call is one that a kubeconfig may make. Options may stand before and after the words, with their
 * value after them or after `=`.
 */
export function checkCall(command: string, args: readonly string[]): void {
  const call = calls[command];
  if (call === undefined) {
    throw new Error(`${command}: the sandbox stands in for ${Object.keys(calls).join(", ")} only`);
  }
  const has = (option: string) => args.some((arg) => arg === option || arg.startsWith(`${option}=`));
  const missing = call.needs.filter((option) => !has(option));
  if (!call.words.every((word) => args.includes(word)) || missing.length > 0) {
    throw new Error(
      `${command} ${args.join(" ")}: the sandbox's stand-in answers \`${[command, ...call.words, ...call.needs].join(" ")}\` only`,
    );
  }
}

/** How long a credential is kept by who asked: as long as a token of EKS. */
const lifetimeMs = 14 * 60_000;
const askedSchema = z.object({ apiVersion: z.string() });

/**
 * The ExecCredential for the current user of a kubeconfig file, in the API version that the caller asked for in
 * KUBERNETES_EXEC_INFO.
 */
export function execCredential(kubeconfig: string, info: string | undefined, now: Date): unknown {
  const { certificate, key, token } = accessFromKubeconfig(kubeconfig);
  const asked = info === undefined ? undefined : askedSchema.parse(JSON.parse(info)).apiVersion;
  if (token === undefined && (certificate === undefined || key === undefined)) {
    throw new Error(`${kubeconfig}: its current user has neither a token nor a certificate with its key`);
  }
  return {
    apiVersion: asked ?? "client.authentication.k8s.io/v1beta1",
    kind: "ExecCredential",
    status: {
      expirationTimestamp: new Date(now.getTime() + lifetimeMs).toISOString(),
      ...(token === undefined
        ? { clientCertificateData: certificate, clientKeyData: key }
        : { token: token() }),
    },
  };
}

function main([command = "", ...args]: readonly string[]): void {
  checkCall(command, args);
  const kubeconfig = process.env[pluginVariables.kubeconfig];
  if (kubeconfig === undefined) {
    throw new Error(
      `${command}: this is the sandbox's stand-in, and ${pluginVariables.kubeconfig} is unset; start the engine with a ` +
        "kubeconfig, or take the folder of the stand-ins off PATH",
    );
  }
  const credential = execCredential(kubeconfig, process.env.KUBERNETES_EXEC_INFO, new Date());
  process.stdout.write(`${JSON.stringify(credential)}\n`);
}

if (import.meta.main) {
  try {
    main(process.argv.slice(2));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  }
}
