/** Missing credentials, told before an `up` makes anything: which variable, which command. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { apps } from "../../apps/index.ts";
import { readStack } from "../../stacks/config.ts";
import { StackFileError } from "../../stacks/problems.ts";
import { awsSignIn } from "../../stacks/signIn/aws.ts";
import { azureSignIn } from "../../stacks/signIn/azure.ts";
import { gcpSignIn } from "../../stacks/signIn/gcp.ts";
import { type Machine, thisMachine } from "../../stacks/signIn/machine.ts";
import { checkSignIn, type SignIn } from "../../stacks/signIn/signIn.ts";
import { run } from "./harness.ts";
import { attached, type MachineParts, machine } from "./machine-fixtures.ts";

/** What is missing after "here: ", and the commands that are. */
function missing(signIn: SignIn, parts: MachineParts): string[] {
  return checkSignIn(signIn, machine(parts)).map(({ allowed }) =>
    allowed.replace(/^a machine that is signed in to .*; here: /, "").replace(/ on PATH: .*/, " on PATH"),
  );
}

const azure = azureSignIn("workloadidentity", false);
const azureNamed = azureSignIn("workloadidentity", true);
const application = { ARM_CLIENT_ID: "id", ARM_TENANT_ID: "id", ARM_SUBSCRIPTION_ID: "id" };
const signedIn = { files: ["/home/me/.azure/azureProfile.json"], commands: ["kubelogin", "az"] };
const google = ["gke-gcloud-auth-plugin", "gcloud"];
const defaults = "/home/me/.config/gcloud/application_default_credentials.json";

describe("a machine that can sign in", () => {
  it.each<[string, SignIn, MachineParts]>([
    ["AWS, keys", awsSignIn, { env: { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b" } }],
    ["AWS, a profile", awsSignIn, { env: { AWS_PROFILE: "ops" }, files: ["/home/me/.aws/config"] }],
    ["AWS, a file elsewhere", awsSignIn, { env: { AWS_CONFIG_FILE: "/etc/aws" }, files: ["/etc/aws"] }],
    [
      "AWS, a pipeline's token",
      awsSignIn,
      { env: { AWS_WEB_IDENTITY_TOKEN_FILE: "/token", AWS_ROLE_ARN: "arn" } },
    ],
    ["AWS, a task's role", awsSignIn, { env: { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2" } }],
    ["AWS, a pod's role", awsSignIn, { env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: "http://localhost" } }],
    ["AWS, an instance", awsSignIn, { maker: "Amazon EC2 m7g.large 1.0" }],
    ["Azure, az login", azure, signedIn],
    [
      "Azure, az login in another folder",
      azure,
      { ...signedIn, env: { AZURE_CONFIG_DIR: "/az" }, files: ["/az/azureProfile.json"] },
    ],
    ["Azure, a secret", azure, { env: { ARM_CLIENT_SECRET: "s", ...application } }],
    ["Azure, a certificate", azure, { env: { ARM_CLIENT_CERTIFICATE_PATH: "/c.pfx", ...application } }],
    ["Azure, OIDC by a token", azure, { env: { ARM_USE_OIDC: "true", ARM_OIDC_TOKEN: "t", ...application } }],
    [
      "Azure, OIDC by a pipeline's exchange",
      azure,
      {
        env: {
          ARM_USE_OIDC: "true",
          ACTIONS_ID_TOKEN_REQUEST_URL: "u",
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: "t",
          ...application,
        },
      },
    ],
    ["Azure, a managed identity", azureNamed, { env: { ARM_USE_MSI: "true" } }],
    ["Azure, its libraries' own chain", azureNamed, { env: { ARM_USE_DEFAULT_AZURE_CREDENTIAL: "true" } }],
    ["Google Cloud, default credentials", gcpSignIn, { files: [defaults] }],
    [
      "Google Cloud, a file that is named",
      gcpSignIn,
      { env: { GOOGLE_APPLICATION_CREDENTIALS: "/k.json" }, files: ["/k.json"] },
    ],
    ["Google Cloud, credentials as text", gcpSignIn, { env: { GOOGLE_CREDENTIALS: "{}" } }],
    ["Google Cloud, a token", gcpSignIn, { env: { GOOGLE_OAUTH_ACCESS_TOKEN: "t" } }],
    ["Google Cloud, an instance", gcpSignIn, { maker: "Google Google Compute Engine" }],
  ])("%s", (_title, signIn, parts) => {
    const commands = ["aws", "kubelogin", ...google];
    expect(checkSignIn(signIn, machine({ commands, ...parts }))).toEqual([]);
  });
});

describe("a machine that cannot is told what it has and what it lacks", () => {
  it.each<[string, SignIn, MachineParts, string[]]>([
    ["AWS, nothing", awsSignIn, {}, ["none of them"]],
    [
      "AWS, half a key",
      awsSignIn,
      { env: { AWS_ACCESS_KEY_ID: "a" } },
      ["AWS_ACCESS_KEY_ID without AWS_SECRET_ACCESS_KEY"],
    ],
    [
      "AWS, a token for no role",
      awsSignIn,
      { env: { AWS_WEB_IDENTITY_TOKEN_FILE: "/t" } },
      ["AWS_WEB_IDENTITY_TOKEN_FILE without AWS_ROLE_ARN"],
    ],
    [
      "AWS, a profile of no file",
      awsSignIn,
      { env: { AWS_PROFILE: "ops" } },
      ["AWS_PROFILE without /home/me/.aws/credentials or /home/me/.aws/config"],
    ],
    [
      "AWS, an instance that may not ask",
      awsSignIn,
      { env: { AWS_EC2_METADATA_DISABLED: "true" }, maker: "Amazon EC2" },
      ["none of them"],
    ],
    ["Azure, nothing", azure, {}, ["none of them, and no `az` on PATH"]],
    ["Azure, nobody signed in", azure, { commands: ["az", "kubelogin"] }, ["`az`, and nobody signed in"]],
    [
      "Azure, a secret alone, though az is signed in: the provider tries no other way",
      azure,
      { ...signedIn, env: { ARM_CLIENT_SECRET: "s" } },
      ["ARM_CLIENT_SECRET without ARM_CLIENT_ID, ARM_TENANT_ID, ARM_SUBSCRIPTION_ID"],
    ],
    [
      "Azure, OIDC without a token",
      azureNamed,
      { env: { ARM_USE_OIDC: "true", ARM_CLIENT_ID: "i", ARM_TENANT_ID: "i" } },
      [
        "ARM_USE_OIDC=true without ARM_OIDC_TOKEN, ARM_OIDC_TOKEN_FILE_PATH or ACTIONS_ID_TOKEN_REQUEST_URL with ACTIONS_ID_TOKEN_REQUEST_TOKEN",
      ],
    ],
    [
      "Azure, an identity without its subscription",
      azure,
      { env: { ARM_USE_MSI: "true" } },
      ["ARM_USE_MSI=true without ARM_SUBSCRIPTION_ID"],
    ],
    ["Google Cloud, nothing", gcpSignIn, {}, ["none of them"]],
    [
      "Google Cloud, a file that is not there, though others are: its libraries look no further",
      gcpSignIn,
      { env: { GOOGLE_APPLICATION_CREDENTIALS: "/gone.json" }, files: [defaults] },
      ["GOOGLE_APPLICATION_CREDENTIALS names /gone.json, which is not there"],
    ],
  ])("%s", (_title, signIn, parts, expected) => {
    const commands = ["aws", "kubelogin", ...google];
    expect(missing(signIn, { commands, ...parts })).toEqual(expected);
  });

  it("and the commands that a kubeconfig calls, all at once", () => {
    expect(missing(awsSignIn, {})).toEqual(["none of them", "`aws` on PATH"]);
    expect(missing(azureSignIn("azurecli", false), {})).toEqual([
      "none of them, and no `az` on PATH",
      "`kubelogin` on PATH",
      "`az` on PATH",
    ]);
    expect(missing(gcpSignIn, {})).toEqual([
      "none of them",
      "`gke-gcloud-auth-plugin` on PATH",
      "`gcloud` on PATH",
    ]);
    expect(missing(gcpSignIn, { env: { CLOUDSDK_AUTH_ACCESS_TOKEN: "t" } })).toEqual([
      "none of them",
      "`gke-gcloud-auth-plugin` on PATH",
    ]);
  });
});

describe("a provider that is attached to the engine", () => {
  it("is asked for nothing but the command that its kubeconfig calls", () => {
    const env = { PULUMI_DEBUG_PROVIDERS: "kubernetes:4000,aws:4001,azure-native:4002,gcp:4003" };
    expect(missing(awsSignIn, { env })).toEqual(["`aws` on PATH"]);
    expect(missing(azureSignIn("azurecli", false), { env })).toEqual(["`kubelogin` on PATH"]);
    expect(missing(gcpSignIn, { env })).toEqual(["`gke-gcloud-auth-plugin` on PATH"]);
    for (const signIn of [awsSignIn, azure, gcpSignIn]) expect(checkSignIn(signIn, attached)).toEqual([]);
  });

  it("is its own cloud's alone", () => {
    const env = { PULUMI_DEBUG_PROVIDERS: "aws-native:4001,random:4002" };
    expect(missing(awsSignIn, { env, commands: ["aws"] })).toEqual(["none of them"]);
  });
});

const config = {
  "portolan:platform": JSON.stringify({ kind: "aws", region: "us-east-1", lifecycle: "disposable" }),
  "portolan:app": JSON.stringify({ name: "orthanc", version: "1.10.1" }),
  "portolan:edge": JSON.stringify({ kind: "traefik", issuer: "x", domain: "portolan.test" }),
};

async function errorOf(from: Machine, preview: boolean, stack = "test"): Promise<string> {
  let message = "";
  await run(
    async () => {
      await readStack(apps, from).catch((error: Error) => {
        message = error.message;
      });
    },
    { preview, config, stack },
  );
  return message;
}

describe("a stack", () => {
  it("that is brought up from such a machine is refused in these words, and no secret is in them", async () => {
    const text = await errorOf(machine({ env: { AWS_SECRET_ACCESS_KEY: "s3cr3t" } }), false);
    expect(text).toBe(
      new StackFileError([
        {
          key: "portolan:platform.kind",
          value: "aws",
          allowed:
            "a machine that is signed in to AWS: AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY, a profile (AWS_PROFILE, or the default one) in ~/.aws/config or ~/.aws/credentials, AWS_WEB_IDENTITY_TOKEN_FILE with AWS_ROLE_ARN, or the role of a container or an instance; here: AWS_SECRET_ACCESS_KEY without AWS_ACCESS_KEY_ID",
          remedy:
            "`aws configure sso` once and `aws sso login` from then on, or `aws configure` for keys; in a pipeline, let it assume its role before this step",
        },
        {
          key: "portolan:platform.kind",
          value: "aws",
          allowed: "`aws` on PATH: the cluster's kubeconfig calls it for each token",
          remedy:
            "install the AWS CLI, version 2: without it nothing in the cluster could be made once the cluster stands",
        },
      ]).message,
    );
    expect(text).not.toContain("s3cr3t");
  });

  it("that is only previewed is not", async () => {
    expect(await errorOf(machine(), true)).toBe("");
  });

  it.each([
    ["US-prod", '"US-prod"'],
    ["us.prod", '"us.prod"'],
    ["a".repeat(55), `"${"a".repeat(55)}"`],
  ])("whose name %s no namespace could bear is refused", async (stack, value) => {
    const text = await errorOf(attached, true, stack);
    expect(text).toContain(`  the stack's name\n    value:   ${value}\n    allowed: at most 54 lower-case`);
    expect(text).toContain("`pulumi stack rename` it");
  });

  it("whose name just fits is taken", async () => {
    expect(await errorOf(attached, true, `a${"-b".repeat(26)}9`)).toBe("");
  });
});

it("this machine is looked at for what can be run, and what is there", () => {
  const folder = mkdtempSync(join(tmpdir(), "portolan-path-"));
  const before = process.env.PATH;
  try {
    writeFileSync(join(folder, "here"), "", { mode: 0o755 });
    writeFileSync(join(folder, "unrunnable"), "", { mode: 0o644 });
    process.env.PATH = folder;
    const found = thisMachine();
    expect(["here", "unrunnable", "gone"].map((name) => found.runs(name))).toEqual([true, false, false]);
    expect([found.has(folder), found.has(join(folder, "gone"))]).toEqual([true, false]);
  } finally {
    process.env.PATH = before;
    rmSync(folder, { recursive: true });
  }
});
