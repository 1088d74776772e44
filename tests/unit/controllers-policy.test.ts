import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { holds, normalCidr } from "../../sandbox/controllers/networkPolicy/cidr.ts";
import { parseRecord } from "../../sandbox/controllers/networkPolicy/cni.ts";
import { compile, type PolicyState } from "../../sandbox/controllers/networkPolicy/compile.ts";
import { endpointsOf } from "../../sandbox/controllers/networkPolicy/endpoints.ts";
import {
  type Endpoint,
  namespaceSchema,
  networkPolicySchema,
  podSchema,
  selectorSchema,
  selects,
} from "../../sandbox/controllers/networkPolicy/objects.ts";
import { renderNft } from "../../sandbox/controllers/networkPolicy/render.ts";
import { allowed, type Connection, podRange, runScript } from "./controllers-policy-reference.ts";

const options = { table: "t", podRange };
const spaces = ["red", "blue", "kube-system"];
const namespaces = spaces.map((name) =>
  namespaceSchema.parse({
    metadata: { name, labels: { "kubernetes.io/metadata.name": name, team: name[0] } },
  }),
);
const dns: Endpoint = {
  namespace: "kube-system",
  name: "dns",
  labels: { "k8s-app": "kube-dns" },
  address: "10.98.0.2",
  ports: [{ name: "dns", port: 53, protocol: "UDP" }],
  onNode: true,
};
const policy = (namespace: string, spec: object) =>
  networkPolicySchema.parse({ metadata: { name: JSON.stringify(spec), namespace }, spec });
const pod = (
  namespace: string,
  name: string,
  last: number,
  labels = {},
  ports: Endpoint["ports"] = [],
): Endpoint => ({
  namespace,
  name,
  labels,
  address: `10.244.0.${last}`,
  ports,
});

describe("network policies", () => {
  const endpoints = [
    pod("red", "web", 10, { app: "web" }, [{ name: "http", port: 8080, protocol: "TCP" }]),
    pod("red", "db", 11, { app: "db" }, [{ name: "http", port: 9090, protocol: "TCP" }]),
    pod("blue", "web", 12, { app: "web" }, [{ name: "game", port: 53, protocol: "UDP" }]),
    dns,
  ];
  const verdict = (policies: PolicyState["policies"], connection: Partial<Connection>) => {
    const script = renderNft(compile({ policies, namespaces, endpoints }), options);
    return runScript(script, {
      from: "10.244.0.12",
      to: "10.244.0.11",
      protocol: "TCP",
      port: 5432,
      ...connection,
    });
  };
  const isolate = policy("red", { podSelector: {}, policyTypes: ["Ingress"] });

  it.each([
    ["nothing is refused where there is no policy", [], {}, "accept"],
    ["an unknown pod passes where there is no policy", [], { from: "10.244.0.99" }, "accept"],
    ["empty rules refuse all", [isolate], {}, "refuse"],
    [
      "a pod of another namespace is not isolated",
      [isolate],
      { to: "10.244.0.12", from: "10.244.0.10" },
      "accept",
    ],
    ["a pod reaches itself", [isolate], { from: "10.244.0.11" }, "accept"],
    [
      "an unknown pod reaches nothing once there is a policy",
      [isolate],
      { from: "10.244.0.99", to: "10.244.0.12" },
      "drop",
    ],
    ["nothing reaches an unknown pod once there is a policy", [isolate], { to: "10.244.0.99" }, "drop"],
    ["the node is not a pod", [isolate], { from: "10.98.0.2", to: "10.244.0.12" }, "accept"],
  ] as const)("%s", (_what, policies, connection, expected) => {
    expect(verdict([...policies], connection)).toBe(expected);
  });

  it("lets DNS on the node be named as the pod it stands for, at its port only", () => {
    const egress = policy("blue", {
      policyTypes: ["Egress"],
      egress: [{ to: [{ namespaceSelector: {}, podSelector: { matchLabels: { "k8s-app": "kube-dns" } } }] }],
    });
    expect(verdict([egress], { to: "10.98.0.2", protocol: "UDP", port: 53 })).toBe("accept");
    expect(verdict([egress], { to: "10.98.0.2", protocol: "TCP", port: 6443 })).toBe("refuse");
    expect(verdict([egress], { to: "10.244.0.10", protocol: "TCP", port: 53 })).toBe("refuse");
    const named = (port: string) =>
      policy("blue", {
        policyTypes: ["Egress"],
        egress: [{ to: [{ namespaceSelector: {} }], ports: [{ protocol: "UDP", port }] }],
      });
    expect(verdict([named("dns")], { to: "10.98.0.2", protocol: "UDP", port: 53 })).toBe("accept");
    expect(verdict([named("game")], { to: "10.98.0.2", protocol: "UDP", port: 53 })).toBe("refuse");
  });

  it("reads a named port on each pod as that pod means it", () => {
    const named = policy("red", { policyTypes: ["Ingress"], ingress: [{ ports: [{ port: "http" }] }] });
    expect(verdict([named], { to: "10.244.0.10", port: 8080 })).toBe("accept");
    expect(verdict([named], { to: "10.244.0.10", port: 9090 })).toBe("refuse");
    expect(verdict([named], { to: "10.244.0.11", port: 9090 })).toBe("accept");
  });

  it("writes the table anew in one transaction, and leaves replies alone", () => {
    const lines = renderNft(compile({ policies: [isolate], namespaces, endpoints }), options).split("\n");
    expect(lines.slice(0, 3)).toEqual(["table inet t {}", "delete table inet t", "table inet t {"]);
    const forward = lines.indexOf("  chain forward {");
    expect(lines.slice(forward + 1, forward + 3).map((l) => l.trim())).toEqual([
      "type filter hook forward priority filter; policy accept;",
      "ct direction reply accept",
    ]);
  });
});

describe("any policies", () => {
  const labels = fc.dictionary(fc.constantFrom("app", "tier"), fc.constantFrom("a", "b"), { maxKeys: 2 });
  const expression = fc.record({
    key: fc.constantFrom("app", "tier", "team"),
    operator: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist"),
    values: fc.subarray(["a", "b", "r"]),
  });
  const selector = fc.record(
    { matchLabels: labels, matchExpressions: fc.array(expression, { maxLength: 1 }) },
    { requiredKeys: [] },
  );
  const spaceSelector = fc.oneof(
    fc.constant({}),
    fc.constantFrom(...spaces).map((s) => ({ matchLabels: { "kubernetes.io/metadata.name": s } })),
    selector,
  );
  const cidr = fc.constantFrom(
    "0.0.0.0/0",
    "10.244.0.0/16",
    "10.244.0.8/30",
    "10.244.0.12/32",
    "10.98.0.0/24",
    "10.244.0.9/30",
    "fd00::/8",
  );
  const peer = fc.oneof(
    fc
      .record({ podSelector: selector, namespaceSelector: spaceSelector }, { requiredKeys: [] })
      .filter((p) => Object.keys(p).length > 0),
    fc.record({ ipBlock: fc.record({ cidr, except: fc.array(cidr, { maxLength: 2 }) }) }),
  );
  const port = fc.oneof(
    fc.record({ protocol: fc.constantFrom("TCP", "UDP", "SCTP") }),
    fc.record({
      protocol: fc.constantFrom("TCP", "UDP"),
      port: fc.constantFrom<number | string>(53, 80, 8080, "web", "dns"),
    }),
    fc.record({ port: fc.constantFrom(53, 80), endPort: fc.constantFrom(80, 8080) }),
  );
  const rules = (key: string) =>
    fc.array(
      fc.record({ [key]: fc.array(peer, { maxLength: 2 }), ports: fc.array(port, { maxLength: 2 }) }),
      { maxLength: 2 },
    );
  const policies = fc.array(
    fc
      .record({
        space: fc.constantFrom(...spaces),
        podSelector: fc.oneof(fc.constant({}), selector),
        ingress: rules("from"),
        egress: rules("to"),
        policyTypes: fc.subarray(["Ingress", "Egress"], { minLength: 1 }),
      })
      .map(({ space, ...spec }) => ({ space, spec })),
    { minLength: 1, maxLength: 4, size: "max" },
  );
  const ports = fc.subarray([
    { name: "web", port: 80, protocol: "TCP" as const },
    { name: "web", port: 8080, protocol: "UDP" as const },
    { name: "dns", port: 53, protocol: "UDP" as const },
  ]);
  const pods = fc
    .array(fc.record({ namespace: fc.constantFrom(...spaces), labels, ports }), {
      minLength: 2,
      maxLength: 5,
    })
    .map((all) => all.map((p, i) => pod(p.namespace, `p${i}`, 8 + i, p.labels, p.ports)));
  const addresses = [
    "10.244.0.8",
    "10.244.0.9",
    "10.244.0.10",
    "10.244.0.11",
    "10.244.0.12",
    "10.244.0.77",
    "10.98.0.2",
  ];

  it("are enforced exactly as they are documented", () => {
    const seen = { accept: 0, refuse: 0, drop: 0 };
    fc.assert(
      fc.property(policies, pods, (wanted, running) => {
        const all = wanted.map(({ space, spec }, i) =>
          networkPolicySchema.parse({ metadata: { name: `p${i}`, namespace: space }, spec }),
        );
        const state = { policies: all, namespaces, endpoints: [...running, dns] };
        const script = renderNft(compile(state), options);
        for (const from of addresses.slice(0, -1)) {
          for (const to of addresses) {
            for (const [protocol, port] of [
              ["TCP", 80],
              ["UDP", 53],
              ["TCP", 53],
              ["UDP", 8080],
              ["SCTP", 9],
            ] as const) {
              const connection = { from, to, protocol, port };
              const verdict = runScript(script, connection);
              seen[verdict] += 1;
              expect({ ...connection, verdict: verdict === "accept" }).toEqual({
                ...connection,
                verdict: allowed(connection, state),
              });
            }
          }
        }
      }),
      { numRuns: 60, seed: 20261121 },
    );
    // The generator must reach all three, or the property says little.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(300);
  });

  it("do not depend on the order of lists", () => {
    fc.assert(
      fc.property(policies, pods, (wanted, running) => {
        const all = wanted.map(({ space, spec }, i) =>
          networkPolicySchema.parse({ metadata: { name: `p${i}`, namespace: space }, spec }),
        );
        const one = compile({ policies: all, namespaces, endpoints: running });
        const other = compile({
          policies: [...all].reverse(),
          namespaces,
          endpoints: [...running].reverse(),
        });
        expect(other.known).toEqual(one.known);
        expect(other.groups.map((g) => g.members)).toEqual(one.groups.map((g) => g.members));
      }),
      { numRuns: 20 },
    );
  });
});

describe("label selectors", () => {
  it.each([
    [{}, {}, true],
    [{ matchLabels: { a: "1" } }, { a: "1", b: "2" }, true],
    [{ matchLabels: { a: "1" } }, {}, false],
    [{ matchExpressions: [{ key: "a", operator: "NotIn", values: ["1"] }] }, {}, true],
    [{ matchExpressions: [{ key: "a", operator: "In", values: ["1"] }] }, {}, false],
    [{ matchExpressions: [{ key: "a", operator: "Exists" }] }, { a: "" }, true],
    [{ matchExpressions: [{ key: "a", operator: "DoesNotExist" }] }, { a: "" }, false],
  ])("%j on %j", (selector, labels, expected) => {
    expect(selects(selectorSchema.parse(selector), labels)).toBe(expected);
  });
});

describe("addresses", () => {
  it.each([
    ["10.1.2.3/8", "10.0.0.0/8"],
    ["10.244.0.9/30", "10.244.0.8/30"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["255.255.255.255/32", "255.255.255.255/32"],
    ["fd00::/8", undefined],
    ["10.0.0/8", undefined],
    ["10.0.0.0/33", undefined],
  ])("network %s is %s", (cidr, expected) => {
    expect(normalCidr(cidr)).toBe(expected);
  });

  it("holds its first and last address and no more", () => {
    expect(
      ["10.244.0.7", "10.244.0.8", "10.244.0.11", "10.244.0.12"].map((a) => holds("10.244.0.8/30", a)),
    ).toEqual([false, true, true, false]);
  });
});

describe("who has which address", () => {
  const apiPod = (name: string, podIP: string, more: object = {}) =>
    podSchema.parse({
      metadata: { name, namespace: "red" },
      spec: { containers: [] },
      status: { podIP, phase: "Running" },
      ...more,
    });
  const address = (pods: ReturnType<typeof apiPod>[], records: { name: string; address: string }[]) =>
    endpointsOf(
      pods,
      records.map((r) => ({ namespace: "red", ...r })),
    ).map((e) => [e.name, e.address]);

  it("is known from the CNI record before the API knows it", () => {
    expect(address([apiPod("new", "")], [{ name: "new", address: "10.244.0.5" }])).toEqual([
      ["new", "10.244.0.5"],
    ]);
  });

  it("does not believe the API about an address that another pod has now", () => {
    const pods = [apiPod("old", "10.244.0.5"), apiPod("new", "")];
    expect(address(pods, [{ name: "new", address: "10.244.0.5" }])).toEqual([["new", "10.244.0.5"]]);
  });

  it("leaves out pods on the host network, finished pods, and records of no known pod", () => {
    const pods = [
      apiPod("host", "10.98.0.2", { spec: { hostNetwork: true, containers: [] } }),
      apiPod("done", "10.244.0.6", { status: { podIP: "10.244.0.6", phase: "Succeeded" } }),
    ];
    expect(address(pods, [{ name: "ghost", address: "10.244.0.7" }])).toEqual([]);
  });

  it("reads the CNI library's records of its own network, and survives half a file", () => {
    const record = {
      networkName: "mine",
      cniArgs: [
        ["IgnoreUnknown", "1"],
        ["K8S_POD_NAMESPACE", "red"],
        ["K8S_POD_NAME", "web-0"],
      ],
      result: { ips: [{ address: "10.244.0.9/16" }] },
    };
    const text = JSON.stringify(record);
    expect(parseRecord(text, "mine")).toEqual({ namespace: "red", name: "web-0", address: "10.244.0.9" });
    expect(parseRecord(text, "other")).toBeUndefined();
    expect(parseRecord(text.slice(0, 50), "mine")).toBeUndefined();
  });
});
