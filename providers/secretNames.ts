/** What a tenant's secret is called in a secret manager when the user names none: one place, one table. */
import type { Target } from "./platform.ts";

export interface SecretOwner {
  /** The stack with the platform. */
  readonly stack: string;
  readonly app: string;
  readonly slug: string;
}

/** Begins what is not the escrow's, whose names begin with `portolan/` and `portolan-`. */
const prefix = "portolan-external";

/**
 * Never the same for two tenants: neither an application's name nor a slug holds what stands between them. Key Vault takes
 * dashes only, but a vault is one platform's own, and the rest is what the tenant's namespace is called.
 */
export function secretNameOf(target: Target, { stack, app, slug }: SecretOwner): string {
  switch (target) {
    case "aws":
      return `${prefix}/${stack}/${app}/${slug}`;
    case "azure":
      return `${app}-${slug}`;
    case "gcp":
      return `${prefix}-${underscored(stack)}_${app}_${slug}`;
    case "local":
    case "existing":
      return `${stack}/${app}/${slug}`;
  }
}

/** Letters, digits, `-` and `_` only, and still another text for each other one. */
function underscored(stack: string): string {
  return stack.replaceAll("_", "__").replaceAll(".", "_-");
}
