/** A cluster that stands and does not answer this machine: told before anything is made in it, with the key that decides. */
import { createServer, type Server } from "node:net";
import * as pulumi from "@pulumi/pulumi";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusterProvider } from "../../providers/cluster.ts";
import { awsCloud, awsSchema } from "../../stacks/clouds/aws.ts";
import { azureCloud, azureSchema } from "../../stacks/clouds/azure.ts";
import { gcpCloud, gcpSchema } from "../../stacks/clouds/gcp.ts";
import { describeOne, type Problem } from "../../stacks/problems.ts";
import { type Patience, reached, reachOf, unreachable } from "../../stacks/reach.ts";
import { run } from "./harness.ts";

const said: Problem = {
  key: "portolan:platform.cluster.endpoint.access",
  allowed: "an answer",
  remedy: "a VPN",
};
const quick: Patience = { total: 400, attempt: 100, pause: 20 };

let server: Server;
let port = 0;
beforeAll(async () => {
  server = createServer((socket) => socket.destroy());
  port = await listening(server, 0);
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

function listening(one: Server, at: number): Promise<number> {
  return new Promise((resolve) => {
    one.listen(at, "127.0.0.1", () => {
      const address = one.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}

const kubeconfig = (at: number) =>
  JSON.stringify({ clusters: [{ cluster: { server: `https://127.0.0.1:${at}` } }] });

describe("a kubeconfig", () => {
  it("is handed on when its server takes connections", async () => {
    expect(await reached(kubeconfig(port), said, quick)).toBe(kubeconfig(port));
  });

  it("is held back when it does not, and the reason is said", async () => {
    const reason = unreachable(said, "127.0.0.1:1", "connect ECONNREFUSED 127.0.0.1:1");
    await expect(reached(kubeconfig(1), said, quick)).rejects.toThrow(reason);
  });

  it("waits for a server that comes up meanwhile", async () => {
    const late = createServer((socket) => socket.destroy());
    const free = await listening(late, 0);
    await new Promise((resolve) => late.close(resolve));
    setTimeout(() => void listening(late, free), 100);
    const patient = { total: 20_000, attempt: 5_000, pause: 20 };
    expect(await reached(kubeconfig(free), said, patient)).toBe(kubeconfig(free));
    await new Promise((resolve) => late.close(resolve));
  });

  it.each<[string, boolean, Record<string, string>]>([
    ["in a preview", true, {}],
    ["behind a proxy", false, { HTTPS_PROXY: "http://proxy.example.com" }],
  ])("is handed on unasked %s", async (_title, preview, env) => {
    const { result } = await run(() => reachOf(said, env, quick)(pulumi.output(kubeconfig(1))), { preview });
    expect(await new Promise((resolve) => result.apply(resolve))).toBe(kubeconfig(1));
  });

  it("is asked for in an `up`", async () => {
    const { result } = await run(() => reachOf(said, {}, quick)(pulumi.output(kubeconfig(port))));
    expect(await new Promise((resolve) => result.apply(resolve))).toBe(kubeconfig(port));
  });

  it("is what the cluster's provider waits for", async () => {
    const { find } = await run(() => {
      const parent = new pulumi.ComponentResource("test:Cluster", "cluster");
      const made = { kubeconfig: pulumi.output("raw"), identifier: pulumi.output("id") };
      clusterProvider("p", made, parent, [], (text) => pulumi.interpolate`reached ${text}`);
    });
    expect(find("pulumi:providers:kubernetes", "p-cluster").inputs.kubeconfig).toBe("reached raw");
  });
});

it("says that the cluster stays, and what to do", () => {
  const problem = awsCloud(awsSchema.parse({ kind: "aws", region: "us-east-1" })).unreachable;
  expect(unreachable(problem, "abc.example.com", "no answer within 10 s")).toBe(
    `The cluster is there, and does not answer this machine; nothing was made in it. The next \`pulumi up\` goes on from here.

  portolan:platform.cluster.endpoint.access
    value:   "private"
    allowed: a cluster whose API answers the machine that runs Portolan; abc.example.com: no answer within 10 s
    remedy:  run Portolan inside the VPC, or by a VPN or peering into it; or set it to public, with this machine's address in cluster.endpoint.cidrs`,
  );
});

describe("the key that is named", () => {
  const aws = (over: object) => awsCloud(awsSchema.parse({ kind: "aws", region: "us-east-1", ...over }));
  const azure = (over: object) =>
    azureCloud(azureSchema.parse({ kind: "azure", region: "westeurope", ...over }));
  const gcp = (over: object) =>
    gcpCloud(gcpSchema.parse({ kind: "gcp", region: "us-east1", project: "a-project", ...over }));
  const open = { endpoint: { access: "public", cidrs: ["203.0.113.7/32"] } };

  it.each<[string, Problem, string, string]>([
    ["aws, public", aws({ cluster: open }).unreachable, "cluster.endpoint.cidrs", "add the address"],
    ["aws, brought", aws({ cluster: { name: "mine" } }).unreachable, "cluster.name", "inside the VPC"],
    ["aws, a cell", aws({ on: "o/p/base" }).unreachable, "on", "from where its base is run"],
    ["azure, private", azure({}).unreachable, "cluster.endpoint.access", "inside the network"],
    ["azure, public", azure({ cluster: open }).unreachable, "cluster.endpoint.cidrs", "add the address"],
    ["gcp, by name", gcp({}).unreachable, "cluster.access", "*.gke.goog"],
    [
      "gcp, by address",
      gcp({ cluster: { access: "ip", sources: ["203.0.113.7/32"] } }).unreachable,
      "cluster.sources",
      "add the address",
    ],
    [
      "gcp, brought",
      gcp({ cluster: { name: "mine", access: "ip" } }).unreachable,
      "cluster.name",
      "authorized networks",
    ],
    ["gcp, a cell", gcp({ on: "o/p/base" }).unreachable, "on", "from where its base is run"],
  ])("%s", (_title, problem, key, remedy) => {
    expect(problem.key).toBe(`portolan:platform.${key}`);
    expect(describeOne(problem)).toContain(remedy);
  });

  it("is told beforehand where nobody can be inside yet", () => {
    for (const cloud of [aws({}), azure({})]) expect(cloud.unreachableAtFirst).toContain("stops there");
    const vpc = { vpcId: "vpc-1", privateSubnetIds: ["subnet-1"], publicSubnetIds: ["subnet-2"] };
    for (const cloud of [
      aws({ cluster: open }),
      aws({ network: vpc }),
      aws({ on: "o/p/b" }),
      azure({ cluster: open }),
      gcp({}),
    ])
      expect(cloud.unreachableAtFirst).toBeUndefined();
  });
});
