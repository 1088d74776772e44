/** What every part of a platform is made with. */
import { Provider } from "@pulumi/aws/provider.js";
import * as pulumi from "@pulumi/pulumi";
import type { Lifecycle } from "../platform.ts";
import { type NameKind, suffixedName } from "./names.ts";

/** Handed to every part instead of half a dozen arguments. */
export interface Scope {
  /** What logical names begin with. */
  readonly name: string;
  readonly stack: string;
  readonly region: string;
  readonly lifecycle: Lifecycle;
  /** Random, made once with the platform: part of names that stay reserved or are shared with the world. */
  readonly suffix: pulumi.Output<string>;
  /** Carries the provider of AWS. */
  readonly parent: pulumi.Resource;
}

/** China and GovCloud are other partitions, and RDS's roots for them are not known here: see regions.ts. */
export const partition = "aws";

/** Of the partition's services. */
export const dnsSuffix = "amazonaws.com";

/** Retries are the provider's own (25, with back-off): throttling ends a run only after minutes, and is then named. */
export function awsProvider(
  name: string,
  settings: { readonly region: string; readonly account: string | undefined },
  stack: string,
  parent: pulumi.Resource,
): Provider {
  return new Provider(
    `${name}-aws`,
    {
      region: settings.region,
      ...(settings.account ? { allowedAccountIds: [settings.account] } : {}),
      defaultTags: { tags: { "portolan:stack": stack, "portolan:managed-by": "portolan" } },
    },
    { parent },
  );
}

/** The options of what holds data: in production nothing deletes it, neither a plain destroy nor an unprotected one. */
export function keeps(lifecycle: Lifecycle): { protect: boolean; retainOnDelete: boolean } {
  const production = lifecycle === "production";
  return { protect: production, retainOnDelete: production };
}

/** A physical name of this platform: `portolan-<stack>-<parts>-<suffix>`, cut where it must be. */
export function nameIn(scope: Scope, kind: NameKind, ...parts: string[]): pulumi.Output<string> {
  return suffixedName(kind, [scope.stack, ...parts], scope.suffix);
}

/**
 * The tag under which AWS's console lists a thing, for what has no name of its own: also what `make mend` finds it by when
 * the answer to its creation was lost.
 */
export function nameTag({ stack }: Pick<Scope, "stack">, ...parts: string[]): { Name: string } {
  return { Name: ["portolan", stack, ...parts].join("-") };
}

/** A trust or permission policy as IAM reads it. */
export function policyDocument(...statements: Record<string, unknown>[]): pulumi.Output<string> {
  return pulumi.jsonStringify({
    Version: "2012-10-17",
    Statement: statements.map((one) => ({ Effect: "Allow", ...one })),
  });
}
