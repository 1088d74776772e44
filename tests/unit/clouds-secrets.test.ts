/** What simulated clouds tell the cluster of their secret managers: the newest values, and who may read them. */
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { t as a } from "../../sandbox/clouds/aws/types.ts";
import { t as z } from "../../sandbox/clouds/azure/types.ts";
import type { ReaderSpec, SecretSpec } from "../../sandbox/clouds/core/backend.ts";
import { nothing } from "../../sandbox/clouds/core/backend.ts";
import { t as g } from "../../sandbox/clouds/gcp/types.ts";
import { numberOf } from "../../sandbox/clouds/gcp/words.ts";
import { plant, uproot } from "../../sandbox/clouds/index.ts";
import { clusterInputs, inRegion, makeNetwork, permit } from "./clouds-aws-harness.ts";
import { readTypes, TestCloud } from "./clouds-harness.ts";

/** What a backend was told last, by id. */
class Told {
  readonly secrets = new Map<string, SecretSpec>();
  readonly readers = new Map<string, ReaderSpec>();
  readonly backend = {
    secrets: {
      ensure: async (spec: SecretSpec) => void this.secrets.set(spec.id, spec),
      remove: async (id: string) => void this.secrets.delete(id),
      allow: async (reader: ReaderSpec) => void this.readers.set(reader.id, reader),
      refuse: async (id: string) => void this.readers.delete(id),
    },
  };
  values(): string[] {
    return [...this.secrets.values()].map(({ store, name, value }) => `${store} ${name} ${value}`);
  }
  who(): string[] {
    return [...this.readers.values()].map(
      ({ namespace, serviceAccount, resources }) => `${namespace}/${serviceAccount} ${resources.join(" ")}`,
    );
  }
}

const opened: TestCloud[] = [];
afterEach(() => {
  for (const cloud of opened.splice(0)) cloud.remove();
});

async function open(
  name: "aws" | "azure" | "gcp",
  config: Record<string, string>,
): Promise<{ cloud: TestCloud; told: Told }> {
  const told = new Told();
  const cloud = await TestCloud.open(name, config, { backend: told.backend, patience: 5000 });
  opened.push(cloud);
  return { cloud, told };
}

describe("AWS", () => {
  beforeAll(() => readTypes("aws"), 120_000);
  const trust = (provider: string, subject: string, audience = "sts.amazonaws.com") => {
    const issuer = provider.replace(/^.*:oidc-provider\//, "");
    return JSON.stringify({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Principal: { Federated: provider },
          Action: "sts:AssumeRoleWithWebIdentity",
          Condition: { StringEquals: { [`${issuer}:sub`]: subject, [`${issuer}:aud`]: audience } },
        },
      ],
    });
  };
  const subject = "system:serviceaccount:app-acme:keys-reader";
  const pattern = "arn:aws:secretsmanager:us-east-1:111122223333:secret:x/acme-??????";
  const read = permit("secretsmanager:GetSecretValue", pattern);

  async function issuer(cloud: TestCloud): Promise<string> {
    const { ids } = await makeNetwork(cloud);
    const made = await cloud.create(a.cluster, "c", await clusterInputs(cloud, ids));
    const [identity] = JSON.parse(JSON.stringify(made.plain.identities));
    return identity.oidcs[0].issuer;
  }

  it("tells the newest version of a secret, until it is deleted", async () => {
    const { cloud, told } = await open("aws", inRegion);
    const secret = await cloud.create(a.secret, "s", { name: "x/acme", recoveryWindowInDays: 0 });
    await cloud.create(a.secretVersion, "v1", { secretId: secret.id, secretString: "one" });
    await cloud.create(a.secretVersion, "v2", { secretId: secret.id, secretString: "two" });
    expect(told.values()).toEqual(["us-east-1 x/acme two"]);
    await cloud.delete(secret);
    expect(told.values()).toEqual([]);
  });

  it("lets in the account that a role's trust names, to what the role's policy says", async () => {
    const { cloud, told } = await open("aws", inRegion);
    const url = await issuer(cloud);
    const provider = await cloud.create(a.oidcProvider, "p", { url, clientIdLists: ["sts.amazonaws.com"] });
    expect(provider.id).toBe(`arn:aws:iam::111122223333:oidc-provider/${url.replace("https://", "")}`);
    const role = await cloud.create(a.role, "r", {
      name: "r",
      assumeRolePolicy: trust(provider.id, subject),
    });
    expect(told.who()).toEqual([]);
    const policy = await cloud.create(a.rolePolicy, "r", { role: role.id, policy: read });
    expect(told.who()).toEqual([`app-acme/keys-reader ${pattern}`]);
    expect([...told.readers.values()][0]?.principal).toBe(role.plain.arn);
    await cloud.delete(policy);
    expect(told.who()).toEqual([]);
    await expect(
      cloud.create(a.oidcProvider, "again", { url, clientIdLists: ["sts.amazonaws.com"] }),
    ).rejects.toThrow("EntityAlreadyExists");
  }, 60_000);

  it("lets in nobody by tokens of another issuer, for another audience, or for all accounts", async () => {
    const { cloud, told } = await open("aws", inRegion);
    const url = await issuer(cloud);
    const other = await cloud.create(a.oidcProvider, "other", {
      url: "https://issuer.example.com/x",
      clientIdLists: ["sts.amazonaws.com"],
    });
    const provider = await cloud.create(a.oidcProvider, "p", { url, clientIdLists: ["sts.amazonaws.com"] });
    const wrong = [
      trust(other.id, subject),
      trust(`${provider.id}X`, subject),
      trust(provider.id, subject, "somebody-else"),
      trust(provider.id, "system:serviceaccount:app-*:keys-reader"),
    ];
    for (const [at, assumeRolePolicy] of wrong.entries()) {
      const role = await cloud.create(a.role, `r${at}`, { name: `r${at}`, assumeRolePolicy });
      await cloud.create(a.rolePolicy, `r${at}`, { role: role.id, policy: read });
    }
    expect(told.who()).toEqual([]);
  }, 60_000);
});

describe("Azure", () => {
  beforeAll(() => readTypes("azure"), 120_000);
  const subscription = "00000000-0000-4000-8000-000000000001";

  it("tells a vault's secrets, and refuses a role at a vault that is not there", async () => {
    const { cloud, told } = await open("azure", { location: "westeurope", subscriptionId: subscription });
    const inGroup = { resourceGroupName: "g" };
    await cloud.create(z.resourceGroup, "g", { ...inGroup, location: "westeurope" });
    const { tenantId = "" } = await cloud.invoke("azure-native:authorization:getClientConfig");
    const vault = await cloud.create(z.vault, "v", {
      ...inGroup,
      vaultName: "vault1",
      properties: { tenantId, sku: { family: "A", name: "standard" } },
    });
    const secret = { ...inGroup, vaultName: "vault1", secretName: "app-acme" };
    const made = await cloud.create(z.secret, "s", { ...secret, properties: { value: "one" } });
    expect(made.id).toBe(`${vault.id}/secrets/app-acme`);
    await cloud.update(made, { ...secret, properties: { value: "two" } });
    expect(told.values()).toEqual(["vault1 app-acme two"]);
    const identity = await cloud.create(z.identity, "i", { ...inGroup, resourceName: "acme" });
    const role = (scope: string) => ({
      roleAssignmentName: "11111111-1111-4111-8111-111111111111",
      scope,
      principalId: String(identity.plain.principalId),
      principalType: "ServicePrincipal",
      roleDefinitionId: `/subscriptions/${subscription}/providers/Microsoft.Authorization/roleDefinitions/4633458b-17de-408a-b874-0445c86b69e6`,
    });
    await expect(cloud.create(z.roleAssignment, "r", role(`${vault.id}x/secrets/app-acme`))).rejects.toThrow(
      "ResourceNotFound",
    );
    await cloud.create(z.roleAssignment, "r", role(`${vault.id}/secrets/app-bhc`));
    await cloud.delete(vault);
    expect(told.values()).toEqual([]);
  }, 60_000);
});

describe("Google Cloud", () => {
  beforeAll(() => readTypes("gcp"), 120_000);
  const project = "clinic-1";

  it("tells the latest version of a secret", async () => {
    const { cloud, told } = await open("gcp", { project, region: "us-central1" });
    await cloud.create(g.service, "api", { service: "secretmanager.googleapis.com" });
    const secret = await cloud.create(g.secret, "s", { secretId: "x_acme", replication: { auto: {} } });
    await cloud.create(g.secretVersion, "v1", { secret: secret.id, secretData: "one" });
    await cloud.create(g.secretVersion, "v2", { secret: secret.id, secretData: "two" });
    expect(told.values()).toEqual([`${project} x_acme two`]);
    expect([...told.secrets.values()][0]?.resource).toBe(
      `projects/${numberOf(project)}/secrets/x_acme/versions/2`,
    );
  }, 60_000);

  it("refuses a condition that it does not read", async () => {
    const { cloud } = await open("gcp", { project, region: "us-central1" });
    const wrong = {
      project,
      role: "roles/secretmanager.secretAccessor",
      member: "user:somebody@example.com",
      condition: { title: "t", expression: 'resource.type == "x"' },
    };
    await expect(cloud.create(g.projectMember, "m", wrong)).rejects.toThrow("startsWith");
  }, 60_000);
});

describe("what is planted", () => {
  it("is told to what stands behind, and taken away again", async () => {
    const { cloud, told } = await open("aws", inRegion);
    const backend = { ...nothing(), ...told.backend };
    const [id = ""] = await plant(
      cloud.folder,
      "aws",
      inRegion,
      [{ type: a.secret, inputs: { name: "x", recoveryWindowInDays: 0 } }],
      backend,
    );
    await plant(
      cloud.folder,
      "aws",
      inRegion,
      [{ type: a.secretVersion, inputs: { secretId: id, secretString: "v" } }],
      backend,
    );
    expect(told.values()).toEqual(["us-east-1 x v"]);
    await uproot(cloud.folder, "aws", inRegion, [{ type: a.secret, id }], backend);
    expect(told.values()).toEqual([]);
    expect(cloud.contents().living).toEqual([]);
  });
});
