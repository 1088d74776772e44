/** The probe asked from inside a tenant's own pod: with its identity, its network and its credentials. */
import type { V1EnvVar } from "@kubernetes/client-node";
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

/** Whether a variable of both tenants' web roles comes from Secrets and has one value. */
export async function sameSecret(
  context: SmokeContext,
  tenants: readonly [Tenant, Tenant],
  variable: string,
): Promise<boolean> {
  const [one, other] = await Promise.all(
    tenants.map(async (tenant) => {
      const found = (await variablesOf(context, tenant)).find(({ name }) => name === variable);
      const { name, key } = found?.valueFrom?.secretKeyRef ?? {};
      if (name === undefined || key === undefined) return undefined;
      const { data } = await context.kube.core.readNamespacedSecret({ name, namespace: tenant.namespace });
      return data?.[key];
    }),
  );
  return one !== undefined && one === other;
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
  const variables = await variablesOf(context, tenant);
  return Object.fromEntries(variables.map(({ name, value }) => [name, value ?? ""]));
}

async function variablesOf(context: SmokeContext, tenant: Tenant): Promise<V1EnvVar[]> {
  const name = tenant.release?.name ?? "";
  const found = await context.kube.apps.readNamespacedDeployment({ name, namespace: tenant.namespace });
  return found.spec?.template.spec?.containers.flatMap((container) => container.env ?? []) ?? [];
}
