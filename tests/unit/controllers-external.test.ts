/** The stand-in of External Secrets: what it reads of stores, and who gets what. */
import { describe, expect, it } from "vitest";
import { versionOf } from "../../sandbox/controllers/externalSecrets/controller.ts";
import {
  type CloudRecords,
  externalSecretSpec,
  type Provider,
  storeSpec,
} from "../../sandbox/controllers/externalSecrets/objects.ts";
import {
  type Account,
  accountOf,
  matches,
  propertyOf,
  readSecret,
  requireAllowed,
} from "../../sandbox/controllers/externalSecrets/read.ts";

const serviceAccountRef = { name: "keys-reader" };
const aws: Provider = {
  aws: { service: "SecretsManager", region: "us-east-1", auth: { jwt: { serviceAccountRef } } },
};
const azure: Provider = {
  azurekv: { authType: "WorkloadIdentity", vaultUrl: "http://10.0.0.1:8080/Vault1/", serviceAccountRef },
};
const gcp: Provider = {
  gcpsm: {
    projectID: "p-1",
    auth: {
      workloadIdentity: {
        clusterProjectID: "p-1",
        clusterLocation: "r",
        clusterName: "c",
        serviceAccountRef,
      },
    },
  },
};

const arnOf = (name: string) => `arn:aws:secretsmanager:us-east-1:1:secret:${name}-AbCdEf`;
const secretOf = (space: string, store: string, name: string, resource: string) => ({
  space,
  store,
  name,
  resource,
  value: JSON.stringify({ APP_KEY: `key of ${name}` }),
});
const readerOf = (space: string, namespace: string, principal: string, ...resources: string[]) => ({
  space,
  namespace,
  serviceAccount: "keys-reader",
  principal,
  resources,
});

const vault = "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/vault1";
const records: CloudRecords = {
  secrets: [
    secretOf("cloud-aws", "us-east-1", "x/acme", arnOf("x/acme")),
    secretOf("cloud-aws", "us-east-1", "x/bhc", arnOf("x/bhc")),
    secretOf("cloud-aws", "eu-west-1", "x/far", arnOf("x/far")),
    secretOf("cloud-azure", "vault1", "app-acme", `${vault}/secrets/app-acme`),
    secretOf("cloud-azure", "vault1", "app-bhc", `${vault}/secrets/app-bhc`),
    secretOf("cloud-gcp", "p-1", "x_acme", "projects/7/secrets/x_acme/versions/3"),
    secretOf("cloud-gcp", "p-1", "x_bhc", "projects/7/secrets/x_bhc/versions/1"),
  ],
  readers: [
    readerOf(
      "cloud-aws",
      "app-acme",
      "role-acme",
      "arn:aws:secretsmanager:us-east-1:1:secret:x/acme-??????",
      "arn:aws:secretsmanager:us-east-1:1:secret:x/gone-??????",
    ),
    readerOf("cloud-azure", "app-acme", "client-acme", `${vault}/secrets/app-acme`),
    readerOf(
      "cloud-gcp",
      "app-acme",
      "principal://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/p-1.svc.id.goog/subject/ns/app-acme/sa/keys-reader",
      "projects/7/secrets/x_acme/versions/*",
    ),
  ],
};

const account = (annotations: Record<string, string> = {}, namespace = "app-acme"): Account => ({
  namespace,
  name: "keys-reader",
  annotations,
});
const onAws = { "eks.amazonaws.com/role-arn": "role-acme" };
const onAzure = { "azure.workload.identity/client-id": "client-acme" };

describe("a tenant's account", () => {
  it.each([
    ["AWS", aws, onAws, "x/acme"],
    ["AWS, by ARN", aws, onAws, arnOf("x/acme")],
    ["Azure", azure, onAzure, "app-acme"],
    ["Google Cloud", gcp, {}, "x_acme"],
  ] as const)("reads its own secret on %s", (_cloud, provider, annotations, key) => {
    expect(readSecret(provider, account(annotations), key, records)).toContain("key of");
  });

  it.each([
    ["AWS", aws, onAws, "x/bhc", /AccessDeniedException.*role-acme.*x\/bhc/],
    ["Azure", azure, onAzure, "app-bhc", /403.*Forbidden.*client-acme/],
    ["Google Cloud", gcp, {}, "x_bhc", /PermissionDenied.*x_bhc/],
  ] as const)("does not read another's on %s", (_cloud, provider, annotations, key, said) => {
    expect(() => readSecret(provider, account(annotations), key, records)).toThrow(said);
  });

  it.each([
    ["AWS", aws, onAws],
    ["Azure", azure, onAzure],
    ["Google Cloud", gcp, {}],
  ] as const)("of another namespace reads nothing with it on %s", (_cloud, provider, annotations) => {
    const stranger = account(annotations, "app-bhc");
    for (const key of ["x/acme", "app-acme", "x_acme"])
      expect(() => readSecret(provider, stranger, key, records)).toThrow(/Denied|Forbidden|403/);
  });

  it("reads nothing as a role that is not its own", () => {
    const thief = account({ "eks.amazonaws.com/role-arn": "role-bhc" });
    expect(() => readSecret(aws, thief, "x/acme", records)).toThrow("AccessDeniedException: role-bhc");
  });

  it("that names no role is told so", () => {
    expect(() => readSecret(aws, account(), "x/acme", records)).toThrow(
      "an IAM role must be associated with service account keys-reader",
    );
    expect(() => readSecret(azure, account(), "app-acme", records)).toThrow("client-id");
  });

  it("finds nothing in another region, and nothing that is not there", () => {
    expect(() => readSecret(aws, account(onAws), "x/far", records)).toThrow("Secret does not exist");
    expect(() => readSecret(aws, account(onAws), "x/gone", records)).toThrow("Secret does not exist");
  });
});

describe("a key of a secret", () => {
  it.each([
    ['{"APP_KEY":"v","OTHER":"w"}', "v"],
    ['{"APP_KEY":1}', "1"],
    ['{"APP_KEY":{"a":true}}', '{"a":true}'],
  ])("in %s is %s", (text, value) => {
    expect(propertyOf(text, "x/acme", "APP_KEY")).toBe(value);
  });

  it.each(['{"OTHER":"w"}', "no JSON", '["APP_KEY"]', "null", '"APP_KEY"'])(
    "in %s is none, and named",
    (text) => {
      expect(() => propertyOf(text, "x/acme", "APP_KEY")).toThrow(
        "key APP_KEY does not exist in secret x/acme",
      );
    },
  );
});

describe("a pattern", () => {
  it.each([
    ["a/b-??????", "a/b-AbCdEf", true],
    ["a/b-??????", "a/b-x-AbCdEf", false],
    ["a/b-??????", "a/b-AbCdE", false],
    ["a/*", "a/b/c", true],
    ["a.b", "axb", false],
    ["/Vaults/V", "/vaults/v", true],
    ["x", "", false],
  ])("%s on %s: %s", (pattern, text, fits) => {
    expect(matches(pattern, text)).toBe(fits);
  });
});

describe("a store", () => {
  it("of a namespace asks as an account of that namespace alone", () => {
    expect(accountOf(aws, "app-acme", false)).toEqual({ name: "keys-reader", namespace: "app-acme" });
    const elsewhere: Provider = {
      aws: {
        service: "SecretsManager",
        region: "us-east-1",
        auth: { jwt: { serviceAccountRef: { name: "keys-reader", namespace: "app-bhc" } } },
      },
    };
    expect(() => accountOf(elsewhere, "app-acme", false)).toThrow(
      "namespace should either be empty or match",
    );
    expect(accountOf(elsewhere, "app-acme", true)).toEqual({ name: "keys-reader", namespace: "app-bhc" });
  });

  it("of the cluster is for the namespaces that it says", () => {
    const conditions = [{ namespaces: ["one"] }, { namespaceSelector: { matchLabels: { team: "a" } } }];
    const store = { name: "vault", conditions };
    expect(() => requireAllowed(store, "one", {})).not.toThrow();
    expect(() => requireAllowed(store, "two", { team: "a" })).not.toThrow();
    expect(() => requireAllowed(store, "two", { team: "b" })).toThrow("denied by spec.condition");
    expect(() => requireAllowed({ name: "vault", conditions: [] }, "any", {})).not.toThrow();
  });

  it.each([
    ["an unknown field", { provider: aws, retrySettings: {} }],
    ["an operator's own identity", { provider: { aws: { service: "SecretsManager", region: "r" } } }],
    ["a provider that is not simulated", { provider: { vault: {} } }],
    ["two providers", { provider: { ...aws, ...gcp } }],
  ])("with %s is refused", (_what, spec) => {
    expect(storeSpec.safeParse(spec).success).toBe(false);
  });
});

describe("an ExternalSecret", () => {
  const spec = {
    refreshInterval: "1h0m30s",
    secretStoreRef: { kind: "SecretStore", name: "portolan" },
    target: { name: "keys", creationPolicy: "Owner", deletionPolicy: "Retain" },
    data: [{ secretKey: "APP_KEY", remoteRef: { key: "x", property: "APP_KEY" } }],
  };

  it("is read with its interval in milliseconds", () => {
    expect(externalSecretSpec.parse(spec).refreshInterval).toBe(3_630_000);
  });

  it.each([
    ["dataFrom", { dataFrom: [{ extract: { key: "x" } }] }],
    ["a template", { target: { ...spec.target, template: {} } }],
    ["an interval in other words", { refreshInterval: "hourly" }],
    ["another policy", { target: { ...spec.target, creationPolicy: "Merge" } }],
  ])("with %s is refused", (_what, more) => {
    expect(externalSecretSpec.safeParse({ ...spec, ...more }).success).toBe(false);
  });

  it("is read again when its generation changes, or an annotation", () => {
    const metadata = {
      name: "keys",
      namespace: "n",
      resourceVersion: "1",
      uid: "u",
      creationTimestamp: "",
      labels: {},
    };
    const one = versionOf({ metadata: { ...metadata, generation: 1, annotations: {} } });
    expect(one).toMatch(/^1-/);
    expect(
      versionOf({ metadata: { ...metadata, resourceVersion: "9", generation: 1, annotations: {} } }),
    ).toBe(one);
    expect(versionOf({ metadata: { ...metadata, generation: 2, annotations: {} } })).not.toBe(one);
    expect(
      versionOf({ metadata: { ...metadata, generation: 1, annotations: { "force-sync": "1" } } }),
    ).not.toBe(one);
  });
});
