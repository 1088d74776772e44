/** What a tenant gets on AWS, and what nobody else does. */

import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, it } from "vitest";
import { AwsCell } from "../../providers/aws/cell.ts";
import { prices } from "../../providers/aws/prices.ts";
import { awsProvider } from "../../providers/aws/scope.ts";
import { SecretsManagerEscrow, saysMissing } from "../../providers/aws/secrets.ts";
import type { PlatformFacts } from "../../providers/platform.ts";
import { type Answers, declared, type Made, needs, simulate, tenantRequest } from "./aws-fixtures.ts";
import { type Run, run } from "./harness.ts";

/** How the engine marks a secret among plain inputs. */
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

/** Text of all inputs with what is marked secret taken out: what anybody may read. */
function inClear(stack: Run<unknown>): string {
  return JSON.stringify(
    stack.custom.map(({ inputs }) => inputs),
    (_key, value) =>
      typeof value === "object" && value !== null && Object.values(value).includes(secretMark) ? "*" : value,
  );
}

function known<T>(value: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => pulumi.output(value).apply(resolve));
}

describe("a tenant", () => {
  let stack: Run<() => Made>;
  beforeAll(async () => {
    stack = await declared("production");
  });

  const of = (slug: string) => stack.custom.filter(({ urn }) => urn.includes(`::${slug}-`));

  it("has twelve resources of its own, all by the platform's provider of AWS", () => {
    expect(of("acme").length).toBe(12);
    for (const { name, options } of of("acme")) expect(options.provider, name).toContain("platform-aws");
  });

  it("opens its own bucket and nothing else, as its own ServiceAccount alone", () => {
    const arn = "arn:aws:test:us-east-1:123456789012:s3/acme-bucket";
    const policy = JSON.parse(
      String(stack.find("aws:iam/rolePolicy:RolePolicy", "acme-identity").inputs.policy),
    );
    expect(policy.Statement.map(({ Resource }: { Resource: string }) => Resource)).toEqual([
      arn,
      `${arn}/*`,
      "arn:aws:test:us-east-1:123456789012:kms/platform-key",
    ]);
    // The database, the cache and the other tenants' buckets are under the same key.
    expect(policy.Statement[2].Condition).toEqual({
      StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" },
      StringLike: { "kms:EncryptionContext:aws:s3:arn": [arn, `${arn}/*`] },
    });
    expect(JSON.stringify(policy)).not.toMatch(/"[a-z0-9]*:?\*"/);
    const trust = JSON.parse(
      String(stack.find("aws:iam/role:Role", "acme-identity").inputs.assumeRolePolicy),
    );
    expect(trust.Statement).toEqual([
      {
        Effect: "Allow",
        Action: ["sts:AssumeRole", "sts:TagSession"],
        Principal: { Service: "pods.eks.amazonaws.com" },
        Condition: {
          StringEquals: {
            "aws:RequestTag/eks-cluster-arn": "arn:aws:test:us-east-1:123456789012:eks/platform-eks",
            "aws:RequestTag/kubernetes-namespace": "app-acme",
            "aws:RequestTag/kubernetes-service-account": "app",
          },
        },
      },
    ]);
  });

  it("keeps its bucket's past while it is let go, as long as the platform says", async () => {
    const type = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration";
    const days = (one: Run<unknown>) => JSON.stringify(one.find(type, "acme-bucket").inputs.rules);
    expect(days(stack)).toContain('"noncurrentDays":90');
    const going = await declared("production", { tenant: { lifecycle: "disposable" } });
    expect(days(going)).toBe(days(stack));
    expect(days(await declared("disposable"))).toContain('"noncurrentDays":1}');
  });

  it("has a bucket that nobody reads without TLS", () => {
    const policy = JSON.parse(
      String(stack.find("aws:s3/bucketPolicy:BucketPolicy", "acme-bucket").inputs.policy),
    );
    expect(policy.Statement).toEqual([
      expect.objectContaining({
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      }),
    ]);
  });

  it("changes its bucket's settings one after the other, which S3 asks for", () => {
    const order = ["OwnershipControls", "PublicAccessBlock", "Versioning"];
    const later = [...order, "ServerSideEncryptionConfiguration", "LifecycleConfiguration", "Policy"];
    later.slice(1).forEach((part, index) => {
      const { dependsOn } = stack.find(`aws:s3/bucket${part}:Bucket${part}`, "acme-bucket").options;
      expect(
        dependsOn.some((urn) => urn.includes(`bucket${later[index]}:`)),
        part,
      ).toBe(true);
    });
  });

  it("is a user of the cache, added by itself: the group's own list is nobody's to change", () => {
    const user = stack.find("aws:elasticache/user:User", "acme-redis").inputs;
    expect(user).toMatchObject({
      userId: "portolan-us-prod-acme-a1b2c3",
      userName: "acme",
      engine: "valkey",
    });
    expect(user.accessString).toMatch(/^on ~acme:\* resetchannels &acme:\* -@all /);
    expect(stack.find("aws:elasticache/userGroup:UserGroup", "platform-redis").options.ignoreChanges).toEqual(
      ["userIds"],
    );
    expect(stack.find("aws:elasticache/user:User", "platform-redis-default").inputs.accessString).toBe(
      "off -@all",
    );
  });

  it("is told all of it in the contract's words", async () => {
    const { tenants, platform } = stack.result();
    const acme = tenants.acme;
    if (acme?.redis === undefined || acme.objectStore?.protocol !== "s3")
      throw new Error("a service is missing");
    expect(acme.identity).toEqual({
      serviceAccountAnnotations: {},
      podLabels: {},
      endpoints: [{ cidr: "169.254.170.23/32", port: 80 }],
    });
    expect(acme.redis).toMatchObject({
      port: 6379,
      tls: { roots: "system" },
      username: "acme",
      isolation: "acl",
      prefix: "acme:",
    });
    expect(await known(acme.redis.host)).toBe("redis.example.com");
    expect(acme.objectStore).toMatchObject({
      region: "us-east-1",
      access: { kind: "identity" },
      forcePathStyle: false,
    });
    expect(await known(acme.objectStore.bucket)).toBe("portolan-us-prod-acme-a1b2c3");
    expect(platform.facts.databaseServer).toMatchObject({ port: 5432, adminUsername: "portolan" });
    expect(JSON.stringify(platform.facts.databaseServer?.tls)).toContain("BEGIN CERTIFICATE");
    // Association of identity and user, last setting of the bucket.
    expect(acme.ready.length).toBe(3);
  });

  it("changes no other tenant's resources when it is added", async () => {
    const more = await declared("production", { request: { tenants: ["aaa", "acme", "bhc"] } });
    const inputs = (one: Run<unknown>) =>
      Object.fromEntries(
        one.custom
          .filter(({ urn }) => !urn.includes("::aaa-"))
          .map(({ urn, inputs }) => [urn, inputs] as const)
          .sort(([a], [b]) => a.localeCompare(b)),
      );
    expect(inputs(more)).toEqual(inputs(stack));
  });

  it("leaves no secret in clear, in inputs or in facts", async () => {
    const text = inClear(stack);
    for (const secret of ["password-acme", "random-platform-postgres", "random-platform-redis"])
      expect(text).not.toContain(secret);
    const facts = pulumi.output(stack.result().platform.facts);
    expect(await pulumi.isSecret(facts)).toBe(false);
    expect(JSON.stringify(await known(facts))).not.toMatch(/password-|random-platform/);
    expect(await pulumi.isSecret(stack.result().platform.kubeconfig)).toBe(true);
  });
});

describe("roots in place of the usual ones", () => {
  it("reach every service they are given for", async () => {
    const pem = (of: string) => `-----BEGIN CERTIFICATE-----\n${of}\n-----END CERTIFICATE-----\n`;
    const roots = { database: pem("database"), redis: pem("redis"), objectStore: pem("store") };
    const stack = await declared("production", { request: { roots } });
    const { platform, tenants } = stack.result();
    expect(platform.facts.databaseServer?.tls).toEqual({ roots: { caPem: roots.database } });
    expect(tenants.acme?.redis?.tls).toEqual({ roots: { caPem: roots.redis } });
    expect(tenants.acme?.objectStore?.tls).toEqual({ roots: { caPem: roots.objectStore } });
  });
});

describe("a cell", () => {
  async function cellOf(base: PlatformFacts, region = "us-east-1") {
    return run(() => {
      simulate();
      const cell = new AwsCell("platform", {
        base,
        images: {},
        hooks: () => ({}),
        needs,
        settings: { region, account: undefined },
      });
      const parent = new pulumi.ComponentResource("test:Tenant", "cab", {});
      const services = cell.tenantServices(tenantRequest("cab", "production", parent));
      return () => ({ cell, services });
    });
  }

  async function baseFacts(): Promise<PlatformFacts> {
    const stack = await declared("production");
    const facts = await known(stack.result().platform.facts);
    // As a StackReference would hand it over.
    return JSON.parse(JSON.stringify(facts));
  }

  it("makes its tenants' things from the base's facts, and nothing that cells share", async () => {
    const stack = await cellOf(await baseFacts());
    const types = stack.custom.map(({ type }) => type).filter((type) => !type.startsWith("pulumi:"));
    expect(types.length).toBe(12);
    expect(types.filter((type) => !/^aws:(s3|iam|eks\/podIdentity|elasticache\/user)/.test(type))).toEqual(
      [],
    );
    expect(
      stack.find("aws:elasticache/userGroupAssociation:UserGroupAssociation", "cab-redis").inputs,
    ).toEqual({
      userGroupId: "portolan-us-prod-a1b2c3",
      userId: "portolan-us-prod-cab-a1b2c3",
    });
    expect(stack.result().cell.retained).toContain("write-once keys stay in Secrets Manager");
    const cluster = stack.find("pulumi:providers:kubernetes", "platform-cluster").inputs;
    expect(JSON.stringify(cluster)).toContain("https://eks.example.com");
  });

  it("is where its base is", async () => {
    await expect(cellOf(await baseFacts(), "eu-west-1")).rejects.toThrow("a cell is where its base is");
  });

  it("says what the facts of an older base lack", async () => {
    const { own, ...facts } = await baseFacts();
    const { keyArn: _, ...older } = own ?? {};
    await expect(cellOf({ ...facts, own: older })).rejects.toThrow("lack keyArn");
  });
});

describe("the escrow of write-once keys", () => {
  function keep(lifecycle: "production" | "disposable", answers: Answers = {}) {
    return run(async () => {
      simulate(answers);
      const parent = new pulumi.ComponentResource("test:Tenant", "acme", {});
      const escrow = new SecretsManagerEscrow(
        awsProvider("platform", { region: "us-east-1", account: undefined }, "us-prod", parent),
        "a1b2c3",
      );
      const value = escrow.keep({
        name: "organization/portolan/us-prod/acme/APP_KEY",
        fresh: pulumi.secret("fresh"),
        protect: lifecycle === "production",
        parent,
      });
      return () => value;
    });
  }
  const secret = ["aws:secretsmanager/secret:Secret", "acme-app-key-escrow"] as const;
  const version = ["aws:secretsmanager/secretVersion:SecretVersion", secret[1]] as const;

  it("keeps a fresh value where there is none", async () => {
    const stack = await keep("production");
    expect(await known(stack.result())).toBe("fresh");
    expect(await pulumi.isSecret(stack.result())).toBe(true);
    expect(stack.find(...secret).inputs.name).toBe(
      "portolan/organization/portolan/us-prod/acme/APP_KEY/a1b2c3",
    );
    expect(stack.find(...secret).options).toMatchObject({ protect: true, retainOnDelete: true });
    expect(stack.find(...version).options).toMatchObject({
      protect: true,
      retainOnDelete: true,
      ignoreChanges: ["secretString"],
    });
    expect(inClear(stack)).not.toContain("fresh");
  });

  it("answers the kept value when the state was lost, whatever the new suffix, and never another key's", async () => {
    const name = "portolan/organization/portolan/us-prod/acme/APP_KEY/0ld0ld";
    const kept: Record<string, string> = { [name]: "kept" };
    const stack = await keep("production", {
      "aws:secretsmanager/getSecrets:getSecrets": () => ({
        names: ["portolan/organization/portolan/us-prod/acme/APP_KEY_2/0ld0ld", name],
      }),
      "aws:secretsmanager/getSecretVersion:getSecretVersion": ({ secretId }) => ({
        secretString: kept[String(secretId)],
      }),
    });
    expect(await known(stack.result())).toBe("kept");
  });

  it("takes a secret without a value for none, which an interrupted run left", async () => {
    const stack = await keep("production", {
      "aws:secretsmanager/getSecrets:getSecrets": () => ({
        names: ["portolan/organization/portolan/us-prod/acme/APP_KEY/a1b2c3"],
      }),
      "aws:secretsmanager/getSecretVersion:getSecretVersion": () => {
        // As the engine's client tells it: the text is in the details.
        throw Object.assign(new Error(), {
          details: "reading Secrets Manager Secret Version: couldn't find resource",
        });
      },
    });
    expect(await known(stack.result())).toBe("fresh");
  });

  const reading = "reading Secrets Manager Secret Version (portolan/a/APP_KEY/a1b2c3|AWSCURRENT)";
  it.each([
    ["couldn't find resource", true],
    [`${reading}: couldn't find resource`, true],
    [`${reading}: empty result`, true],
    ["ResourceNotFoundException: Secrets Manager can't find the specified secret value", true],
    ["ResourceNotFoundException: Secrets Manager can’t find the specified secret.", true],
    ["AccessDeniedException: not authorized to perform secretsmanager:GetSecretValue", false],
    ["ThrottlingException: Rate exceeded", false],
    [`${reading}: get credentials: could not find profile deploy`, false],
    [
      `${reading}: operation error SSO: GetRoleCredentials, ResourceNotFoundException: no such account`,
      false,
    ],
    [`${reading}: KMS can't find the key`, false],
    ["credential_process: empty result", false],
  ])("%s means that there is none: %s", (message, missing) => {
    expect(saysMissing(new Error(message))).toBe(missing);
  });

  it("lets go of everything in a disposable stack, at once", async () => {
    const stack = await keep("disposable");
    expect(stack.find(...secret).inputs.recoveryWindowInDays).toBe(0);
    expect(stack.find(...secret).options).toMatchObject({ protect: false, retainOnDelete: false });
  });
});

describe("the monthly estimate", () => {
  it("covers what has a sourced price, and names what has none", async () => {
    const estimate = (await declared("disposable", { request: { size: "small" } })).result().platform.facts
      .estimate;
    // (0.1 + 0.045 + 0.005 + 0.065 + 0.0256) x 730 + 20 x 0.115
    expect(estimate).toMatchObject({ currency: "USD", amount: 177.94 });
    expect(estimate?.covers).toContain("RDS db.t4g.medium");
    expect(estimate?.covers).toContain("ElastiCache cache.t4g.small");
    expect(estimate?.leavesOut).toContain("load balancer");
  });

  it("has a date and a source for each price", () => {
    for (const { read, source } of Object.values(prices).flat()) {
      expect(read).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(source).toMatch(/^https:/);
    }
  });

  it("is not given where no price is known", async () => {
    const stack = await declared("disposable", { settings: { region: "eu-west-1" } });
    expect(stack.result().platform.facts.estimate).toBeUndefined();
  });
});
