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
export const stackLabel = "portolan.dev/stack";

/** Labels on every object that Portolan makes. */
export function labelsOf(stack: string, slug?: string): Record<string, string> {
  return {
    "app.kubernetes.io/managed-by": "portolan",
    [stackLabel]: stack,
    ...(slug ? { [tenantLabel]: slug } : {}),
  };
}
