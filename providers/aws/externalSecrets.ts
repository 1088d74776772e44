/** What secrets that the user keeps in Secrets Manager take: a role with which External Secrets may read them. */
import { getCallerIdentityOutput } from "@pulumi/aws/getCallerIdentity.js";
import * as pulumi from "@pulumi/pulumi";
import type { EksCluster } from "./cluster.ts";
import { podRole } from "./identity.ts";
import { partition, type Scope } from "./scope.ts";
import type { AwsSettings } from "./settings.ts";

/** What names of such secrets begin with: apart from the escrow's, which this role never reads. */
export function externalPrefix(stack: string): string {
  return `portolan-external/${stack}/`;
}

/** Leave to read, by the name of its ServiceAccount; the user installs External Secrets itself. */
export function externalSecretsRole(
  scope: Scope,
  account: NonNullable<AwsSettings["externalSecrets"]>,
  cluster: EksCluster,
): pulumi.Resource[] {
  const { name, stack, region, suffix, parent } = scope;
  const { accountId } = getCallerIdentityOutput({}, { parent });
  return podRole(
    { clusterName: cluster.name, clusterArn: cluster.arn, suffix },
    {
      name: `${name}-external-secrets`,
      parts: [stack, "external-secrets"],
      namespace: account.namespace,
      serviceAccount: account.serviceAccount,
      statements: [
        {
          Action: ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
          Resource: pulumi.interpolate`arn:${partition}:secretsmanager:${region}:${accountId}:secret:${externalPrefix(stack)}*`,
        },
      ],
    },
    { parent },
  );
}
