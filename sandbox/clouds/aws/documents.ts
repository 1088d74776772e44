/** Policy documents: JSON that says who may do what with what. */
import { z } from "zod";

const many = z.union([z.string(), z.array(z.string())]);
const principal = z.union([z.literal("*"), z.record(z.string(), many)]);
const statement = z.looseObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Principal: principal.optional(),
  NotPrincipal: principal.optional(),
  Action: many.optional(),
  NotAction: many.optional(),
  Resource: many.optional(),
  NotResource: many.optional(),
  Condition: z.record(z.string(), z.record(z.string(), many)).optional(),
});
const document = z.strictObject({
  Version: z.enum(["2012-10-17", "2008-10-17"]),
  Id: z.string().optional(),
  Statement: z.union([statement, z.array(statement).min(1)]),
});
type Statement = z.infer<typeof statement>;

/** Statements of a document; undefined when it is none. */
export function statementsOf(text: string): readonly Statement[] | undefined {
  try {
    const parsed = document.safeParse(JSON.parse(text));
    return parsed.success ? [parsed.data.Statement].flat() : undefined;
  } catch {
    return undefined;
  }
}

/** What is wrong with a document: `identity` ones say no principal, `resource` and `trust` ones must. */
export function wrongDocument(
  text: string,
  kind: "identity" | "resource" | "trust",
  key: string,
): readonly string[] {
  const statements = statementsOf(text);
  if (statements === undefined)
    return [
      `"${key}" must be a policy document: JSON with "Version" 2012-10-17 and "Statement", each with "Effect"`,
    ];
  return statements.flatMap((found) => {
    const who = found.Principal !== undefined || found.NotPrincipal !== undefined;
    if (kind === "identity" && who) return [`MalformedPolicyDocument: "${key}" must not say a Principal`];
    if (kind !== "identity" && !who)
      return [`MalformedPolicyDocument: "${key}" must say a Principal in each statement`];
    const where = found.Resource !== undefined || found.NotResource !== undefined;
    if (kind !== "trust" && !where)
      return [`MalformedPolicyDocument: "${key}" must say a Resource in each statement`];
    if (kind === "trust" && where)
      return [`MalformedPolicyDocument: "${key}", a trust policy, must not say a Resource`];
    const what = found.Action !== undefined || found.NotAction !== undefined;
    return what ? [] : [`MalformedPolicyDocument: "${key}" must say an Action in each statement`];
  });
}

/** True when a role's trust policy lets a service take it, with all of these actions. */
export function trusts(text: string, service: string, ...actions: readonly string[]): boolean {
  const allowed = (statementsOf(text) ?? [])
    .filter(({ Effect }) => Effect === "Allow")
    .filter(
      ({ Principal }) => typeof Principal === "object" && [Principal.Service ?? []].flat().includes(service),
    )
    .flatMap(({ Action }) => [Action ?? []].flat());
  return actions.every((action) => allowed.includes(action) || allowed.includes("sts:*"));
}

/** Secrets that a document lets someone read: patterns of their ARNs. */
export function secretsOf(text: string): readonly string[] {
  return (statementsOf(text) ?? [])
    .filter(
      ({ Effect, Action }) =>
        Effect === "Allow" &&
        [Action ?? []].flat().some((action) => /^secretsmanager:(GetSecretValue|Get\*|\*)$/.test(action)),
    )
    .flatMap(({ Resource }) => [Resource ?? []].flat());
}

/** Whose tokens of which issuer take a role: what a trust policy for web identities says. */
export interface TokenTrust {
  /** ARN of the issuer's record in the account. */
  readonly provider: string;
  readonly subject: string;
  readonly audience: string;
}

export function tokenTrusts(text: string): readonly TokenTrust[] {
  return (statementsOf(text) ?? [])
    .filter(
      ({ Effect, Action }) =>
        Effect === "Allow" && [Action ?? []].flat().includes("sts:AssumeRoleWithWebIdentity"),
    )
    .flatMap(({ Principal, Condition }) => {
      const federated = typeof Principal === "object" ? [Principal.Federated ?? []].flat() : [];
      return federated.flatMap((provider) => {
        const issuer = provider.replace(/^.*:oidc-provider\//, "");
        const equals = Condition?.StringEquals ?? {};
        const [subject] = [equals[`${issuer}:sub`] ?? []].flat();
        const [audience] = [equals[`${issuer}:aud`] ?? []].flat();
        return subject === undefined || audience === undefined ? [] : [{ provider, subject, audience }];
      });
    });
}

/** Buckets whose objects a document lets someone write. */
export function bucketsOf(text: string): readonly string[] {
  const found = (statementsOf(text) ?? [])
    .filter(
      ({ Effect, Action }) =>
        Effect === "Allow" &&
        [Action ?? []].flat().some((action) => /^s3:(PutObject|\*|Put\*)$/.test(action)),
    )
    .flatMap(({ Resource }) => [Resource ?? []].flat())
    .flatMap((resource) => /^arn:[\w-]+:s3:::([^/*]+)\//.exec(resource)?.[1] ?? []);
  return [...new Set(found)];
}
