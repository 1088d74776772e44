/** The commands that a cloud's kubeconfig calls for credentials. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkCall, execCredential } from "../../sandbox/clouds/execPlugin.ts";

const shims = join(import.meta.dirname, "../../sandbox/clouds/shims");
let folder = "";
let kubeconfig = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "plugin-"));
  kubeconfig = join(folder, "config");
  const base64 = (text: string) => Buffer.from(text).toString("base64");
  const user = { "client-certificate-data": base64("CERT"), "client-key-data": base64("KEY") };
  const cluster = { server: "https://127.0.0.1:9", "certificate-authority-data": base64("CA") };
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "c", cluster }],
      users: [{ name: "u", user }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    }),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("calls", () => {
  it.each([
    ["aws", "eks get-token --cluster-name prod --region us-east-1"],
    ["aws", "--region us-east-1 eks get-token --cluster-name=prod --output json"],
    ["kubelogin", "get-token --login azurecli --server-id 6dae42f8-4368-4678-94ff-3960e28e3630"],
    ["gke-gcloud-auth-plugin", ""],
  ])("%s %s is answered", (command, args) => {
    expect(() => checkCall(command, args.split(" "))).not.toThrow();
  });

  it.each([
    ["aws", "s3 ls", /answers `aws eks get-token --cluster-name` only/],
    ["aws", "eks get-token --region us-east-1", /answers `aws eks get-token --cluster-name` only/],
    ["kubelogin", "convert-kubeconfig", /answers `kubelogin get-token --server-id` only/],
    ["az", "login", /stands in for aws, kubelogin, gke-gcloud-auth-plugin only/],
  ])("%s %s is refused", (command, args, message) => {
    expect(() => checkCall(command, args.split(" "))).toThrow(message);
  });
});

describe("credentials", () => {
  it("are the sandbox's own, in the version that was asked for, for some minutes", () => {
    const info = JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential" });
    expect(execCredential(kubeconfig, info, new Date("2026-01-01T00:00:00Z"))).toEqual({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      status: {
        expirationTimestamp: "2026-01-01T00:14:00.000Z",
        clientCertificateData: "CERT",
        clientKeyData: "KEY",
      },
    });
  });

  it("come from the command on PATH", () => {
    const args = ["eks", "get-token", "--cluster-name", "prod", "--region", "us-east-1"];
    const env = { ...process.env, PORTOLAN_CLOUD_KUBECONFIG: kubeconfig, PORTOLAN_NODE: process.execPath };
    const answer = JSON.parse(execFileSync(join(shims, "aws"), args, { env, encoding: "utf8" }));
    expect(answer).toMatchObject({ kind: "ExecCredential", status: { clientKeyData: "KEY" } });
  });

  it("are refused outside the engine, with the remedy", () => {
    const { PORTOLAN_CLOUD_KUBECONFIG: _, ...env } = process.env;
    const { status, stderr } = spawnSync(join(shims, "gke-gcloud-auth-plugin"), {
      env: { ...env, PORTOLAN_NODE: process.execPath },
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stderr).toContain("PORTOLAN_CLOUD_KUBECONFIG is unset");
  });
});
