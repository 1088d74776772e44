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

/** Walks a pattern (`*` is any text, `?` one character) along a text; `end` judges what of it is left behind that. */
function along(pattern: string, text: string, end: (left: string) => boolean): boolean {
  if (text === "" && end(pattern)) return true;
  const [first] = pattern;
  const rest = pattern.slice(1);
  if (first === "*" && along(rest, text, end)) return true;
  if (text === "") return false;
  if (first === "*") return along(pattern, text.slice(1), end);
  return (first === "?" || first === text[0]) && along(rest, text.slice(1), end);
}

const isOf = (pattern: string, text: string): boolean => along(pattern, text, (left) => left === "");
/** Something longer that begins so is of the pattern. */
const reaches = (pattern: string, beginning: string): boolean =>
  along(pattern, beginning, (left) => left !== "");

const listed = (one: string | string[] | undefined): readonly string[] => [one ?? []].flat();

/** True when a statement lets someone do one of these, with whatever it says resources of. Actions have no case. */
function allows({ Effect, Action, NotAction }: Statement, ...actions: readonly string[]): boolean {
  const names = (patterns: string | string[] | undefined, action: string) =>
    listed(patterns).some((pattern) => isOf(pattern.toLowerCase(), action.toLowerCase()));
  return (
    Effect === "Allow" &&
    actions.some((action) => (NotAction === undefined ? names(Action, action) : !names(NotAction, action)))
  );
}

/** Secrets that a document lets someone read: patterns of their ARNs. */
export function secretsOf(text: string): readonly string[] {
  return (statementsOf(text) ?? [])
    .filter((statement) => allows(statement, "secretsmanager:GetSecretValue"))
    .flatMap(({ Resource }) => listed(Resource));
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

/**
 * Buckets whose objects a document lets someone read or write: those that it names, whether they are there or not, and
 * those of `there` that it means.
 */
export function bucketsOf(
  text: string,
  there: readonly { readonly name: string; readonly arn: string }[],
): readonly string[] {
  const found = (statementsOf(text) ?? [])
    .filter((statement) => allows(statement, "s3:GetObject", "s3:PutObject"))
    .flatMap(({ Resource, NotResource }) => {
      // An object that no pattern names by itself: what covers it, covers the bucket.
      const covers = (pattern: string, arn: string) => isOf(pattern, `${arn}/\n`);
      const opened = there.filter(({ arn }) =>
        Resource === undefined
          ? !listed(NotResource).some((pattern) => covers(pattern, arn))
          : listed(Resource).some((pattern) => reaches(pattern, `${arn}/`)),
      );
      const said = listed(Resource).flatMap((one) => /^arn:[\w-]+:s3:::([^/*?]+)\//.exec(one)?.[1] ?? []);
      return [...said, ...opened.map(({ name }) => name)];
    });
  return [...new Set(found)];
}
