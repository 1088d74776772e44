/** Names derived from a tenant's slug. A slug never changes, so neither do these. */

/** Namespace of a tenant (RFC 1123 label, at most 63 characters). */
export function namespaceOf(app: string, slug: string): string {
  return `${app}-${slug}`;
}

/** Namespace of what the tenants of a stack share. */
export function servicesNamespaceOf(stack: string): string {
  return `portolan-${stack}`.slice(0, 63).replace(/-+$/, "");
}

/** Database and role: letters, digits and underscores, so that they never need quoting. */
export function databaseNameOf(app: string, slug: string): string {
  return `${app}_${slug}`.replaceAll("-", "_");
}

/** The label by which a tenant's namespace, and only it, is found. */
export const tenantLabel = "portolan.dev/tenant";
/** The stack whose platform it stands on, and the stack that declares it: the same but for a cell. */
export const stackLabel = "portolan.dev/stack";
export const cellLabel = "portolan.dev/cell";

/** Labels on every object that Portolan makes. */
export function platformLabels(stack: string): Record<string, string> {
  return { "app.kubernetes.io/managed-by": "portolan", [stackLabel]: stack };
}

/** `stack`: the one with the platform. `cell`: the one that declares the tenant. */
export function tenantLabels(stack: string, cell: string, slug: string): Record<string, string> {
  return { ...platformLabels(stack), [cellLabel]: cell, [tenantLabel]: slug };
}
