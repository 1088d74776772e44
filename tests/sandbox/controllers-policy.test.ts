import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  agentConfig,
  agentPod,
  agents,
  eventually,
  namespace,
  openWorld,
  type World,
} from "./controllers-world.ts";

const spaces = ["pol-red", "pol-blue"];
type Where = { readonly address: string; readonly port: number };

const policy = (name: string, spec: object, space = "pol-red") => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name, namespace: space },
  spec,
});
const app = (name: string) => ({ podSelector: { matchLabels: { app: name } } });
const dnsRule = {
  to: [
    {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } },
      podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
    },
  ],
  ports: [{ protocol: "UDP", port: 53 }],
};

describe("network policies", () => {
  let world: World;
  /** Pod addresses by application: a and b in red, c in blue. */
  const address: Record<string, string> = {};
  const at = (name: string) => address[name] ?? "";

  const order = async (from: string, path: string, content: object) => {
    const answer = await world.ask({ kind: "order", address: at(from), path, content });
    return answer.body ?? answer.error ?? "";
  };
  const reach = (from: string, to: string, port = 8080) =>
    order(from, "/reach", { host: address[to] ?? to, port });
  /** What each pair says, e.g. `{"b>a": "open"}`. */
  const expectPairs = (wanted: Record<string, string>, port = 8080) =>
    eventually(async () => {
      const seen: Record<string, string> = {};
      for (const pair of Object.keys(wanted)) {
        const [from = "", to = ""] = pair.split(">");
        seen[pair] = await reach(from, to, port);
      }
      expect(seen).toEqual(wanted);
    });
  const fromNode = ({ address, port }: Where) =>
    world.ask({ kind: "fetch", address, port, tls: false, host: "x" });

  beforeAll(async () => {
    world = await openWorld();
    await world.remove(...spaces);
    for (const space of spaces)
      await world.apply(namespace(space, { team: space }), await agentConfig(space));
    await world.apply(
      ...agents("pol-red", "a", 1),
      ...agents("pol-red", "b", 1),
      ...agents("pol-blue", "c", 1),
    );
    for (const [space, name] of [
      ["pol-red", "a"],
      ["pol-red", "b"],
      ["pol-blue", "c"],
    ] as const) {
      await world.kubectl("rollout", "status", `deploy/${name}`, "-n", space, "--timeout=60s");
      const ip = await world.kubectl(
        "get",
        "pod",
        "-n",
        space,
        "-l",
        `app=${name}`,
        "-o",
        "jsonpath={.items[0].status.podIP}",
      );
      address[name] = ip;
    }
  });

  afterEach(async () => {
    for (const space of spaces) await world.kubectl("delete", "networkpolicy", "--all", "-n", space);
  });

  afterAll(async () => {
    await world?.remove(...spaces);
    await world?.close();
  });

  it("leave all open where there is none", async () => {
    await expectPairs({ "a>b": "open", "b>a": "open", "c>a": "open", "a>c": "open" });
  });

  it("isolate what they select, and only in their direction; probes and the node go on", async () => {
    await world.apply(policy("deny", { podSelector: {}, policyTypes: ["Ingress"] }));
    await expectPairs({ "b>a": "refused", "c>a": "refused", "a>c": "open", "b>c": "open" });
    // Its own Service leads a pod back to itself.
    await expectPairs(
      { "a>a.pol-red.svc.cluster.local": "open", "b>a.pol-red.svc.cluster.local": "refused" },
      80,
    );
    expect(await fromNode({ address: at("a"), port: 8080 })).toMatchObject({ status: 200 });
    await new Promise((resolve) => setTimeout(resolve, 3500));
    const ready = await world.kubectl(
      "get",
      "pods",
      "-n",
      "pol-red",
      "-o",
      "jsonpath={.items[*].status.containerStatuses[0].ready} {.items[*].status.containerStatuses[0].restartCount}",
    );
    expect(ready).toBe("true true 0 0");
  });

  it("let in pods of the same namespace, by label and named port, directly and through the Service", async () => {
    await world.apply(
      policy("web", {
        ...app("a"),
        ingress: [{ from: [app("b")], ports: [{ port: "web" }] }],
      }),
    );
    await expectPairs({ "b>a": "open", "c>a": "refused", "a>b": "open" });
    await expectPairs({ "b>a": "refused" }, 9090);
    await expectPairs(
      { "b>a.pol-red.svc.cluster.local": "open", "c>a.pol-red.svc.cluster.local": "refused" },
      80,
    );
    await expectPairs({ "b>a.pol-red.svc.cluster.local": "refused" }, 81);
  });

  it("let in another namespace by its labels", async () => {
    await world.apply(
      policy("blue", {
        ...app("a"),
        ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: "pol-blue" } } }] }],
      }),
    );
    await expectPairs({ "c>a": "open", "b>a": "refused" });
    await world.kubectl("label", "namespace", "pol-blue", "team=other", "--overwrite");
    await expectPairs({ "c>a": "refused", "b>a": "refused" });
    await world.kubectl("label", "namespace", "pol-blue", "team=pol-blue", "--overwrite");
    await expectPairs({ "c>a": "open" });
  });

  it("let in address blocks without their exceptions, and port ranges", async () => {
    const from = [{ ipBlock: { cidr: "10.244.0.0/16", except: [`${at("c")}/32`] } }];
    await world.apply(
      policy("block", { ...app("a"), ingress: [{ from, ports: [{ port: 8000, endPort: 8100 }] }] }),
    );
    await expectPairs({ "b>a": "open", "c>a": "refused" });
    await expectPairs({ "b>a": "refused" }, 9090);
  });

  it("keep a pod from going out, but for what is named", async () => {
    await world.apply(policy("out", { ...app("a"), policyTypes: ["Egress"], egress: [dnsRule] }));
    const name = "c.pol-blue.svc.cluster.local";
    await expectPairs({ "a>c": "refused", "a>b": "refused", "b>c": "open", "c>a": "open" });
    await eventually(async () => expect(await order("a", "/resolve", { host: name })).toMatch(/^10\.96\./));
    // The API server, by its Service and by the node's address; and DNS's own address, where it is not DNS.
    expect(await reach("a", "10.96.0.1", 443)).toBe("refused");
    expect(await reach("a", "10.98.0.2", 6443)).toBe("refused");
    expect(await reach("b", "10.96.0.1", 443)).toBe("open");

    const blue = {
      to: [{ namespaceSelector: { matchLabels: { team: "pol-blue" } } }],
      ports: [{ port: "web" }],
    };
    const node = { to: [{ ipBlock: { cidr: "10.98.0.2/32" } }], ports: [{ port: 6443 }] };
    await world.apply(policy("out", { ...app("a"), policyTypes: ["Egress"], egress: [dnsRule, blue, node] }));
    await expectPairs({ "a>c": "open", "a>b": "refused" });
    await expectPairs({ [`a>${name}`]: "open" }, 80);
    await expectPairs({ "a>c": "refused" }, 9090);
    expect(await reach("a", "10.96.0.1", 443)).toBe("open");

    await world.apply(policy("out", { ...app("a"), policyTypes: ["Egress"], egress: [] }));
    await eventually(async () => expect(await order("a", "/resolve", { host: name })).not.toMatch(/^10\./));
  });

  it("need both sides' consent", async () => {
    await world.apply(
      policy("in", { ...app("a"), ingress: [{ from: [{ namespaceSelector: {} }] }] }),
      policy("out", { podSelector: {}, policyTypes: ["Egress"], egress: [] }, "pol-blue"),
    );
    await expectPairs({ "c>a": "refused", "b>a": "open" });
  });

  it("cut a connection that is now forbidden, and leave the others", async () => {
    expect(await order("b", "/hold", { host: at("a"), port: 4242 })).toBe("alive");
    expect(await order("c", "/hold", { host: at("a"), port: 4242 })).toBe("alive");
    const only = { ...app("a"), ingress: [{ from: [app("b")] }] };
    await world.apply(policy("cut", only));
    await eventually(async () => expect(await order("c", "/held", { host: "" })).toBe("cut ECONNRESET"));
    expect(await order("b", "/held", { host: "" })).toBe("alive");
  });

  it("hold for a pod from its first packet, and do not keep it from what it may reach", async () => {
    await world.apply(
      policy("born", {
        podSelector: { matchLabels: { born: "late" } },
        policyTypes: ["Egress"],
        egress: [{ to: [app("b")] }],
      }),
    );
    await expectPairs({ "a>c": "open" });
    // A shell, as it sends its first packet a few milliseconds after the container's start.
    const script = (to: string) =>
      [
        "begun=$EPOCHREALTIME",
        `if (exec 3<>/dev/tcp/${to}/8080) 2>&1; then answer=open; else answer=refused; fi`,
        "ended=$EPOCHREALTIME",
        `echo "first $answer $(( (\${ended/./} - \${begun/./}) / 1000 ))"`,
      ].join("\n");
    const pod = (name: string, to: string) => {
      const { containers, volumes: _, ...rest } = agentPod();
      const [container] = containers;
      const { image, imagePullPolicy, securityContext } = container ?? {};
      const shell = {
        name: "shell",
        image,
        imagePullPolicy,
        securityContext,
        command: ["bash", "-c", script(to)],
      };
      return {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "pol-red", labels: { born: "late" } },
        spec: { ...rest, restartPolicy: "Never", containers: [shell] },
      };
    };
    await world.apply(...[0, 1, 2].flatMap((i) => [pod(`no-${i}`, at("c")), pod(`yes-${i}`, at("b"))]));
    const said = async (name: string) => (await world.kubectl("logs", name, "-n", "pol-red")).trim();
    for (const i of [0, 1, 2]) {
      await eventually(async () => {
        const refused = (await said(`no-${i}`)).split("\n");
        expect(refused[0]).toContain("Connection refused");
        expect(refused.at(-1)).toMatch(/^first refused/);
      }, 40_000);
      await eventually(async () => expect(await said(`yes-${i}`)).toMatch(/^first open/), 40_000);
    }
    const times = await Promise.all([0, 1, 2].map(async (i) => (await said(`yes-${i}`)).split(" ").at(-1)));
    console.log(`a new pod's first connection took ${times.join(", ")} ms`);
  });
});
