/** Keys that come from a cloud's secret manager: who may read what, on each cloud. */
import { beforeAll, describe, expect, it } from "vitest";
import { externalSecretsValues } from "../../providers/addons/externalSecrets.ts";
import { type Made as AwsMade, settings as awsSettings, declared as onAws } from "./aws-fixtures.ts";
import { declared as onAzure } from "./azure-fixtures.ts";
import { declared as onGcp } from "./gcp-fixtures.ts";
import type { Run } from "./harness.ts";

const asked = { request: { externalSecrets: true } };
const release = "kubernetes:helm.sh/v3:Release";
const store = "kubernetes:external-secrets.io/v1:SecretStore";
const account = "kubernetes:core/v1:ServiceAccount";

function json(text: unknown): { Statement: Record<string, unknown>[] } {
  return JSON.parse(String(text));
}

it("gives the chart no label that it sets itself: the same key twice is no YAML", () => {
  const labels = { "app.kubernetes.io/managed-by": "portolan", "portolan.dev/stack": "us-prod" };
  expect(externalSecretsValues("production", labels)).toMatchObject({
    commonLabels: { "portolan.dev/stack": "us-prod" },
  });
  expect(JSON.stringify(externalSecretsValues("production", labels))).not.toContain("managed-by");
});

/** What holds on every cloud. */
function everywhere(stack: () => Run<unknown>): void {
  it("brings the operator behind the drain, with no webhook that a first object could meet before it is up", () => {
    const operator = stack().find(release, "platform-external-secrets");
    expect(operator.inputs).toMatchObject({
      name: "external-secrets",
      chart: "external-secrets",
      version: "1.3.1",
      repositoryOpts: { repo: "https://charts.external-secrets.io" },
    });
    expect(operator.inputs.values).toMatchObject({
      webhook: { create: false },
      certController: { create: false },
    });
    const drain = stack().find(release, "platform-drain");
    expect(operator.options.dependsOn).toContain(drain.urn);
  });

  it("lets the operator itself read nothing: no annotation, no role, no cluster-wide store", () => {
    const { values } = stack().find(release, "platform-external-secrets").inputs;
    expect(values).toMatchObject({ processClusterStore: false, rbac: { aggregateToEdit: false } });
    expect(JSON.stringify(values)).not.toMatch(/serviceAccount/);
    expect(stack().custom.filter(({ type }) => type.includes("ClusterSecretStore"))).toEqual([]);
  });

  it("makes each tenant a store of its own, which asks as an account that no pod runs as", () => {
    for (const slug of ["acme", "bhc"]) {
      expect(stack().find(account, `${slug}-keys-reader`).inputs).toMatchObject({
        metadata: { name: "keys-reader", namespace: `app-${slug}` },
        automountServiceAccountToken: false,
      });
      const made = stack().find(store, `${slug}-keys-store`);
      expect(made.inputs).toMatchObject({ metadata: { name: "portolan", namespace: `app-${slug}` } });
      expect(JSON.stringify(made.inputs)).toContain('"serviceAccountRef":{"name":"keys-reader"}');
    }
  });
}

describe("on AWS", () => {
  let stack: Run<() => AwsMade>;
  beforeAll(async () => {
    stack = await onAws("production", asked);
  });
  everywhere(() => stack);

  it("a role reads one secret, whatever six characters are behind its name", () => {
    const { policy } = stack.find("aws:iam/rolePolicy:RolePolicy", "acme-keys").inputs;
    expect(json(policy).Statement).toEqual([
      {
        Effect: "Allow",
        Action: ["secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"],
        Resource:
          "arn:aws:secretsmanager:us-east-1:123456789012:secret:portolan-external/us-prod/app/acme-??????",
      },
    ]);
  });

  it("the role is for tokens of the tenant's own account, made for AWS", () => {
    const { assumeRolePolicy } = stack.find("aws:iam/role:Role", "acme-keys").inputs;
    expect(json(assumeRolePolicy).Statement).toEqual([
      {
        Effect: "Allow",
        Action: "sts:AssumeRoleWithWebIdentity",
        Principal: { Federated: "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/ABC" },
        Condition: {
          StringEquals: {
            "oidc.example.com/id/ABC:aud": "sts.amazonaws.com",
            "oidc.example.com/id/ABC:sub": "system:serviceaccount:app-acme:keys-reader",
          },
        },
      },
    ]);
    expect(stack.find(account, "acme-keys-reader").inputs).toMatchObject({
      metadata: {
        annotations: { "eks.amazonaws.com/role-arn": "arn:aws:test:us-east-1:123456789012:iam/acme-keys" },
      },
    });
  });

  it("the store waits for what lets it in", () => {
    const { urn } = stack.find("aws:iam/rolePolicy:RolePolicy", "acme-keys");
    expect(stack.find(store, "acme-keys-store").options.dependsOn).toContain(urn);
  });

  it("a cluster that is there already has its issuer in the account already", async () => {
    const found = "arn:aws:iam::123456789012:oidc-provider/oidc.example.com/id/GIVEN";
    const brought = await onAws("production", {
      ...asked,
      settings: { cluster: { kind: "existing", name: "shared" }, network: awsSettings.network },
      answers: {
        "aws:eks/getCluster:getCluster": () => ({
          arn: "arn:aws:eks:us-east-1:123456789012:cluster/shared",
          identities: [{ oidcs: [{ issuer: "https://oidc.example.com/id/GIVEN" }] }],
          computeConfigs: [{ enabled: true }],
          vpcConfig: { vpcId: "platform-vpc-id" },
        }),
        "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": ({ url }) => {
          expect(url).toBe("https://oidc.example.com/id/GIVEN");
          return { arn: found };
        },
      },
    });
    const { assumeRolePolicy } = brought.find("aws:iam/role:Role", "bhc-keys").inputs;
    expect(json(assumeRolePolicy).Statement[0]?.Principal).toEqual({ Federated: found });
    expect(brought.custom.filter(({ type }) => type.includes("openIdConnectProvider"))).toEqual([]);
  });
});

describe("on Azure", () => {
  let stack: Awaited<ReturnType<typeof onAzure>>;
  beforeAll(async () => {
    stack = await onAzure("production", asked);
  });
  everywhere(() => stack);

  it("an identity reads one secret of a vault apart, which is in the network and is kept", () => {
    const vaults = stack.custom.filter(({ type }) => type === "azure-native:keyvault:Vault");
    expect(vaults.map(({ name }) => name)).toEqual(["platform-vault", "platform-external-vault"]);
    expect(vaults[1]?.options).toMatchObject({ protect: true, retainOnDelete: true });
    const endpoints = stack.custom.filter(({ type }) => type === "azure-native:network:PrivateEndpoint");
    expect(endpoints.map(({ name }) => name)).toContain("platform-external-vault-endpoint");
    const role = stack.find("azure-native:authorization:RoleAssignment", "acme-keys").inputs;
    expect(String(role.scope)).toMatch(/Vault\/platform-external-vault\/secrets\/app-acme$/);
    expect(String(role.roleDefinitionId)).toMatch(/4633458b-17de-408a-b874-0445c86b69e6$/);
    expect(role.principalId).toBe("principal-of-acme-keys");
  });

  it("the identity is for tokens of the tenant's own account", () => {
    const type = "azure-native:managedidentity:FederatedIdentityCredential";
    expect(stack.find(type, "acme-keys").inputs).toMatchObject({
      subject: "system:serviceaccount:app-acme:keys-reader",
      audiences: ["api://AzureADTokenExchange"],
    });
    expect(stack.find(account, "acme-keys-reader").inputs).toMatchObject({
      metadata: { annotations: { "azure.workload.identity/client-id": "client-of-acme-keys" } },
    });
  });
});

describe("on Google Cloud", () => {
  let stack: Awaited<ReturnType<typeof onGcp>>;
  beforeAll(async () => {
    stack = await onGcp("production", asked);
  });
  everywhere(() => stack);

  it("an account of the tenant's namespace reads versions of one secret", () => {
    expect(stack.find("gcp:projects/iAMMember:IAMMember", "acme-keys").inputs).toMatchObject({
      role: "roles/secretmanager.secretAccessor",
      member: expect.stringMatching(/subject\/ns\/app-acme\/sa\/keys-reader$/),
      condition: {
        expression:
          'resource.name.startsWith("projects/987654321/secrets/portolan-external-asia-prod_app_acme/versions/")',
      },
    });
  });

  it("the store names the cluster whose tokens it exchanges", () => {
    expect(stack.find(store, "acme-keys-store").inputs).toMatchObject({
      spec: {
        provider: {
          gcpsm: {
            projectID: "clinic-1",
            auth: {
              workloadIdentity: {
                clusterProjectID: "clinic-1",
                clusterLocation: "asia-northeast1",
                serviceAccountRef: { name: "keys-reader" },
              },
            },
          },
        },
      },
    });
  });
});

describe("without it", () => {
  it.each([
    ["AWS", onAws],
    ["Azure", onAzure],
    ["Google Cloud", onGcp],
  ] as const)("nothing of it is made on %s", async (_cloud, declare) => {
    const stack: Run<unknown> = await declare("production");
    const made = stack.custom.filter(({ name }) => /external|^(?!platform-).*-keys|-tokens/.test(name));
    expect(made.map(({ name }) => name)).toEqual([]);
  });
});
