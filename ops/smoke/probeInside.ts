/** The probe asked from inside a tenant's own pod: with its identity, its network and its credentials. */
import type { Tenant } from "../outputs.ts";
import type { SmokeContext } from "./context.ts";
import { type Health, health } from "./probeHealth.ts";

/** Where a PEM goes in a pod whose own file system is read-only. */
export const pemFile = "/dev/shm/stranger.pem";

/**
 * Runs in the pod. The program's own exit code says whether all is well; kubectl would take it for an error and drop
 * the report.
 */
const script = `
const [settings, pem] = JSON.parse(process.argv[1]);
if (pem) require("node:fs").writeFileSync(${JSON.stringify(pemFile)}, pem);
Object.assign(process.env, settings, { ROLE: "check" });
process.on("exit", () => { if (process.exitCode === 1) process.exitCode = 0; });
import("/app/main.mjs");`;

/** The arguments of `node` that run one check with `settings` in place of the pod's; `pem` is put at `pemFile`. */
export function checkArguments(settings: Readonly<Record<string, string>>, pem?: string): string[] {
  return ["-e", script, JSON.stringify(pem === undefined ? [settings] : [settings, pem])];
}

/** Runs one check in a pod of the tenant's web role. */
export async function checkInside(
  context: SmokeContext,
  tenant: Tenant,
  settings: Readonly<Record<string, string>>,
  pem?: string,
): Promise<Health> {
  const pod = ["-n", tenant.namespace, "exec", `deployment/${tenant.release?.name ?? ""}`, "-c", "web"];
  const out = await context.kube.kubectl([...pod, "--", "node", ...checkArguments(settings, pem)]);
  return health.parse(JSON.parse(out));
}

/** The settings of the tenant's web role; those that come from a Secret are there, and empty. */
export async function settingsOf(context: SmokeContext, tenant: Tenant): Promise<Record<string, string>> {
  const name = tenant.release?.name ?? "";
  const found = await context.kube.apps.readNamespacedDeployment({ name, namespace: tenant.namespace });
  const variables = found.spec?.template.spec?.containers.flatMap((container) => container.env ?? []) ?? [];
  return Object.fromEntries(variables.map(({ name, value }) => [name, value ?? ""]));
}
