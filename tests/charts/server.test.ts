import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { crdFiles, ensureTools } from "../../sandbox/toolchain/index.ts";
import { type ApiServer, startApiServer } from "../engine/support/apiServer.ts";
import { type Chart, charts, type Manifest, podOf, render, type Values, workloads } from "./helm.ts";
import { full } from "./values.ts";

const namespace = "orthanc-bhc";
let server: ApiServer;

/** kubectl on the test's own API server; a warning counts as an error. */
async function kubectl(args: readonly string[], input?: unknown[]): Promise<string> {
  const { kubectl: program } = await ensureTools(["kubectl"]);
  const text = input?.map((object) => stringify(object)).join("---\n");
  const { stdout } = await execa(
    program,
    ["--kubeconfig", server.kubeconfig, ...args],
    text ? { input: text } : {},
  );
  return stdout;
}

async function dryRun(objects: unknown[]): Promise<string> {
  const args = ["apply", "--dry-run=server", "--warnings-as-errors", "--namespace", namespace, "-f", "-"];
  return await kubectl(args, objects);
}

beforeAll(async () => {
  server = await startApiServer();
  const files = [...crdFiles("traefik"), ...crdFiles("cert-manager")];
  await kubectl(["apply", "--server-side", ...files.flatMap((file) => ["-f", file])]);
  await kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
  const labels = {
    "pod-security.kubernetes.io/enforce": "restricted",
    "pod-security.kubernetes.io/warn": "restricted",
  };
  await kubectl(
    ["apply", "-f", "-"],
    [{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels } }],
  );
}, 120_000);
afterAll(async () => await server?.close());

/** Each pod template as a pod of its own: only pods themselves are refused by Pod Security. */
function pods(objects: readonly Manifest[]): unknown[] {
  return objects.flatMap((object) => {
    const spec = podOf(object);
    const metadata = { name: `${object.metadata.name}-${object.kind.toLowerCase()}` };
    if (!spec) return [];
    // A StatefulSet adds its claims; and the account is not there in a dry run. Neither has a part in Pod Security.
    const volumes =
      object.kind === "StatefulSet" ? [...spec.volumes, { name: "data", emptyDir: {} }] : spec.volumes;
    const pod = { ...spec, volumes, serviceAccountName: "default" };
    return [{ apiVersion: "v1", kind: "Pod", metadata, spec: pod }];
  });
}

/** What else a chart can render. */
const more: Readonly<Record<Chart, readonly Values[]>> = {
  orthanc: [
    { certificate: { enabled: true, issuerRef: { name: "ca" } } },
    { storage: { kind: "objectStore" }, objectStore: { bucket: "b", region: "r", existingSecret: "s" } },
  ],
  probe: [{ autoscaling: { enabled: true }, route: { kind: "traefik", hosts: ["a.example.com"] } }],
  "data-services": [{ clients: { namespaces: ["a", "b"] } }],
  "database-account": [{ server: { host: "h", adminSecret: { name: "a" }, roots: { configMap: "roots" } } }],
  drain: [{ claims: false, also: [] }],
  additions: [{ route: { kind: "ingress", className: "nginx", hosts: ["a.example.com"] } }],
};

describe.each(charts)("a real API server accepts the chart %s", (chart) => {
  it.each([{}, ...more[chart]])("with %j", async (values) => {
    const objects = await render(chart, { ...full[chart], ...values });
    const answer = await dryRun(objects);
    expect(answer.split("\n").length).toBe(objects.length);
  });
});

it.each(workloads)("and the pods of %s, where only restricted ones may run", async (chart) => {
  const made = pods(await render(chart, full[chart]));
  expect(made.length).toBeGreaterThan(0);
  await dryRun(made);
});

it("refuses a pod that is not restricted, so the test above can fail", async () => {
  const spec = { containers: [{ name: "a", image: "a" }] };
  await expect(
    dryRun([{ apiVersion: "v1", kind: "Pod", metadata: { name: "loose" }, spec }]),
  ).rejects.toThrow(/violates PodSecurity "restricted/);
});
