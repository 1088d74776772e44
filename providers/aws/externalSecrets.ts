/**
 * What secrets that the user keeps in Secrets Manager take: a role a tenant, which reads that tenant's secret. Tokens of
 * one ServiceAccount in the tenant's namespace stand for it. Not Pod Identity: External Secrets cannot ask for another
 * account's, and its own would have to be let to the secrets of all.
 */
import { getOpenIdConnectProviderOutput } from "@pulumi/aws/iam/getOpenIdConnectProvider.js";
import { OpenIdConnectProvider } from "@pulumi/aws/iam/openIdConnectProvider.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { readerAccount, tenantStore } from "../addons/index.ts";
import type { KeyRequest, KeySource, TenantRequest } from "../platform.ts";
import { secretNameOf } from "../secretNames.ts";
import type { EksCluster } from "./cluster.ts";
import type { AwsFacts } from "./facts.ts";
import { physicalName } from "./names.ts";
import { partition, policyDocument, type Scope } from "./scope.ts";
import type { ClusterSettings } from "./settings.ts";

/** What a ServiceAccount's token must be for, so that AWS takes it in exchange. */
const tokenAudience = "sts.amazonaws.com";

/**
 * ARN of the account's record of whose tokens to believe. An account has one for each issuer, so that of a cluster which is
 * there already must be there too: `eksctl utils associate-iam-oidc-provider --cluster NAME --approve`.
 */
export function tokenIssuer(
  { name, parent }: Scope,
  settings: ClusterSettings,
  eks: EksCluster,
): pulumi.Output<string> {
  const { issuer: url } = eks;
  if (settings.kind === "existing") return getOpenIdConnectProviderOutput({ url }, { parent }).arn;
  return new OpenIdConnectProvider(`${name}-tokens`, { url, clientIdLists: [tokenAudience] }, { parent }).arn;
}

/** The tenant's role, and a store that takes it. */
export function tenantKeys(
  stack: string,
  own: AwsFacts,
  request: TenantRequest & { readonly keys: KeyRequest },
  provider: pulumi.ProviderResource,
): KeySource {
  const { slug, namespace, keys, parent } = request;
  const { tokenIssuer: issuerArn } = own;
  if (issuerArn === undefined) throw new Error("a platform without External Secrets was asked for a store");
  const secret = keys.secret ?? secretNameOf("aws", { stack, app: keys.app, slug });
  const opts = { parent, provider };
  const role = new Role(
    `${slug}-keys`,
    {
      name: pulumi.output(own.suffix).apply((suffix) => physicalName("role", [stack, "keys", slug], suffix)),
      assumeRolePolicy: trust(issuerArn, namespace),
    },
    opts,
  );
  const policy = new RolePolicy(
    `${slug}-keys`,
    {
      role: role.name,
      policy: policyDocument({
        Action: ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
        Resource: secretArn(own, secret),
      }),
    },
    opts,
  );
  return tenantStore(
    {
      slug,
      namespace,
      request: keys,
      secret,
      serviceAccountAnnotations: { "eks.amazonaws.com/role-arn": role.arn },
      provider: {
        aws: {
          service: "SecretsManager",
          region: own.region,
          auth: { jwt: { serviceAccountRef: { name: readerAccount } } },
        },
      },
    },
    { parent, dependsOn: [policy] },
  );
}

function trust(issuerArn: pulumi.Input<string>, namespace: pulumi.Input<string>): pulumi.Output<string> {
  return pulumi.all([issuerArn, namespace]).apply(([arn, space]) => {
    const issuer = arn.replace(/^.*:oidc-provider\//, "");
    return policyDocument({
      Action: "sts:AssumeRoleWithWebIdentity",
      Principal: { Federated: arn },
      Condition: {
        StringEquals: {
          [`${issuer}:aud`]: tokenAudience,
          [`${issuer}:sub`]: `system:serviceaccount:${space}:${readerAccount}`,
        },
      },
    });
  });
}

/** Secrets Manager puts a dash and six characters behind each name; an ARN may be given in place of a name. */
function secretArn({ region, clusterArn }: AwsFacts, secret: string): pulumi.Output<string> {
  if (secret.startsWith("arn:")) return pulumi.output(secret);
  const account = pulumi.output(clusterArn).apply((arn) => arn.split(":")[4] ?? "");
  return pulumi.interpolate`arn:${partition}:secretsmanager:${region}:${account}:secret:${secret}-??????`;
}
