/** A cluster that was built and does not answer this machine, under the real engine; the other clouds' words are in unit/. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { cloudContents } from "../../sandbox/clouds/index.ts";
import { type Engine, startEngine } from "../../sandbox/engine/index.ts";
import { ensureTools } from "../../sandbox/toolchain/index.ts";
import { serveClusterStub } from "./support/clusterStub.ts";
import { TestStack, unattended } from "./support/stack.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = `
import { AwsPlatform } from "${root}providers/aws/platform.ts";
import { unreachableEndpoint } from "${root}stacks/clouds/endpoint.ts";
import { reachOf } from "${root}stacks/reach.ts";
import { request, settings } from "${root}tests/unit/aws-fixtures.ts";
const { cluster } = settings;
const said = unreachableEndpoint({ cluster: { endpoint: cluster.endpoint } }, { network: "VPC", opens: true });
const reach = reachOf(said, {}, { total: 1000, attempt: 500, pause: 100 });
new AwsPlatform("platform", { ...request("disposable", { reach }), settings });
`;

let folder = "";
let engine: Engine;
let stub: Awaited<ReturnType<typeof serveClusterStub>>;
let stack: TestStack;
const server = createServer((socket) => socket.destroy());
const listen = (port: number) =>
  new Promise<number>((resolve) => {
    server.listen(port, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
const silence = () => new Promise((resolve) => server.close(resolve));

beforeEach(async () => {
  await ensureTools(["pulumi", "helm3"]);
  folder = await mkdtemp(join(tmpdir(), "portolan-unreachable-"));
  stub = await serveClusterStub();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await silence();
  await engine.close();
  stub.close();
  await stack.remove();
  await rm(folder, { recursive: true, force: true });
});

/** The simulated EKS hands out a control plane at this port. */
async function begin(port: number): Promise<void> {
  const kubeconfig = join(folder, "kubeconfig");
  const named = {
    name: "x",
    cluster: { server: `https://127.0.0.1:${port}`, "certificate-authority-data": "eA==" },
  };
  const contexts = [{ name: "x", context: { cluster: "x", user: "x" } }];
  const users = [{ name: "x", user: { token: "x" } }];
  const config = { kind: "Config", "current-context": "x", clusters: [named], contexts, users };
  await writeFile(kubeconfig, JSON.stringify(config));
  vi.stubEnv("PORTOLAN_CLOUD_SERVERS", "none");
  engine = await startEngine({ inside: [], kubeconfig, clouds: ["aws"], cloudState: folder });
  stub.attach(engine);
  stack = await TestStack.create(engine);
  await stack.program(program);
}

it("is told with the key that decides before anything is made in it, and the next `up` goes on from there", {
  timeout: 300_000,
}, async () => {
  const port = await listen(0);
  await silence();
  await begin(port);
  const first = await stack.pulumi(["up", ...unattended]);
  expect(first.code).not.toBe(0);
  expect(first.text).toContain(
    "The cluster is there, and does not answer this machine; nothing was made in it. The next `pulumi up` goes on from here.",
  );
  expect(first.text).not.toContain("error serializing property");
  expect(first.text).toMatch(/portolan:platform\.cluster\.endpoint\.access.*private/s);
  expect(first.text).toContain(`127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`);
  const cluster = "aws:eks/cluster:Cluster";
  const made = () => cloudContents(folder, "aws").living.filter(({ type }) => type === cluster);
  const [before] = made();
  expect(before).toBeDefined();
  const inCluster = (await stack.resources()).filter(({ type }) =>
    /^(kubernetes|pulumi:providers:kubernetes)/.test(type),
  );
  expect(inCluster).toEqual([]);
  await listen(port);
  await stack.up();
  expect(made()).toEqual([before]);
  expect((await stack.resources()).some(({ type }) => type.startsWith("kubernetes:"))).toBe(true);
  await stack.destroy();
  expect(cloudContents(folder, "aws").living).toEqual([]);
});
