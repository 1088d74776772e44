import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  agentConfig,
  agents,
  certificate,
  edgeAddress,
  eventually,
  namespace,
  openWorld,
  type World,
} from "./controllers-world.ts";

const at = { address: edgeAddress };
const spaces = ["edge-red", "edge-blue"];

const route = (space: string, name: string, spec: object) => ({
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRoute",
  metadata: { name, namespace: space },
  spec,
});
const tcpRoute = (space: string, name: string, port: number, secretName: string) => ({
  apiVersion: "traefik.io/v1alpha1",
  kind: "IngressRouteTCP",
  metadata: { name, namespace: space },
  spec: {
    entryPoints: [`tcp-${port}`],
    routes: [{ match: "HostSNI(`*`)", services: [{ name: "web", port: "echo" }] }],
    tls: { secretName },
  },
});
const middleware = (space: string, name: string, spec: object) => ({
  apiVersion: "traefik.io/v1alpha1",
  kind: "Middleware",
  metadata: { name, namespace: space },
  spec,
});
const secure = (host: string, more: object = {}) => ({
  entryPoints: ["websecure"],
  routes: [{ kind: "Rule", match: `Host(\`${host}\`)`, services: [{ name: "web", port: 80 }], ...more }],
  tls: { secretName: "tls" },
});

describe("the edge", () => {
  let world: World;
  const get = (host: string, more: object = {}) =>
    world.ask({ kind: "fetch", ...at, port: 443, tls: true, host, ca: world.ca, ...more });
  const events = (space: string) =>
    world.kubectl(
      "get",
      "events",
      "-n",
      space,
      "-o",
      'jsonpath={range .items[*]}{.involvedObject.kind}/{.involvedObject.name} {.reason}: {.message}{"\\n"}{end}',
    );
  const servicePorts = () =>
    world.kubectl("get", "service", "edge", "-n", "edge", "-o", "jsonpath={.spec.ports[*].port}");

  beforeAll(async () => {
    world = await openWorld();
    await world.remove(...spaces);
    for (const space of spaces) {
      const host = `${space.slice(5)}.portolan.test`;
      await world.apply(
        namespace(space),
        await agentConfig(space),
        ...agents(space, "web", 1),
        certificate(space, "tls", [host]),
        middleware(space, "to-https", { redirectScheme: { scheme: "https", permanent: true } }),
        middleware(space, "hsts", {
          headers: { stsSeconds: 600, customResponseHeaders: { "X-Tenant": space } },
        }),
        route(space, "web", secure(host, { middlewares: [{ name: "hsts" }] })),
        route(space, "plain", {
          entryPoints: ["web"],
          routes: [
            {
              match: `Host(\`${host}\`)`,
              middlewares: [{ name: "to-https" }],
              services: [{ name: "web", port: 80 }],
            },
          ],
        }),
      );
    }
    for (const space of spaces)
      await world.kubectl("rollout", "status", "deploy/web", "-n", space, "--timeout=60s");
  });

  afterAll(async () => {
    await world?.remove(...spaces);
    await world?.close();
  });

  it("serves two hosts, each with its own certificate, verified", async () => {
    for (const host of ["red.portolan.test", "blue.portolan.test"]) {
      await eventually(async () =>
        expect(await get(host)).toMatchObject({ status: 200, names: `DNS:${host}` }),
      );
      const answer = await get(host, { path: "/a%2Fb?c=%20d" });
      const body = JSON.parse(answer.body ?? "{}");
      expect(body).toMatchObject({
        url: "/a%2Fb?c=%20d",
        headers: { host, "x-forwarded-proto": "https", "x-forwarded-host": host, "x-forwarded-port": "443" },
      });
      expect(answer.headers).toMatchObject({
        "strict-transport-security": "max-age=600",
        "x-tenant": `edge-${host.split(".")[0]}`,
      });
    }
  });

  it("is not trusted by a client that trusts another authority", async () => {
    const { error } = await world.ask({
      kind: "fetch",
      ...at,
      port: 443,
      tls: true,
      host: "red.portolan.test",
    });
    expect(error).toMatch(/UNABLE_TO|SELF_SIGNED/);
  });

  it("shows no certificate to an unknown name, or to none", async () => {
    for (const sni of ["unknown.portolan.test", ""]) {
      const answer = await get("red.portolan.test", { sni });
      expect(answer.status).toBeUndefined();
      expect(answer.error).toMatch(/unrecognized name/);
    }
  });

  it("answers 421 where the handshake named one tenant and the request another, or nobody", async () => {
    for (const host of ["blue.portolan.test", "unknown.portolan.test"]) {
      expect(await get(host, { sni: "red.portolan.test" })).toMatchObject({ status: 421 });
    }
  });

  it("redirects plain HTTP and knows no other host there", async () => {
    const plain = (host: string, method: string) =>
      world.ask({ kind: "fetch", ...at, port: 80, tls: false, host, method, path: "/x?y" });
    expect(await plain("red.portolan.test", "GET")).toMatchObject({
      status: 301,
      headers: { location: "https://red.portolan.test/x?y" },
    });
    expect(await plain("red.portolan.test", "POST")).toMatchObject({ status: 308 });
    expect(await plain("unknown.portolan.test", "GET")).toMatchObject({ status: 404 });
  });

  it("speaks HTTP/2, carries websockets and large uploads", async () => {
    const host = "red.portolan.test";
    const common = { ...at, port: 443, host, ca: world.ca };
    expect(await world.ask({ kind: "http2", ...common })).toMatchObject({ status: 200 });
    expect(await world.ask({ kind: "websocket", ...common, message: "hello" })).toEqual({ reply: "hello" });
    const bytes = 300 * 1024 * 1024;
    const sent = await get(host, { method: "POST", bytes });
    expect(JSON.parse(sent.body ?? "{}")).toMatchObject({ bytes });
  });

  it("refuses what it does not know with an event, and serves the rest", async () => {
    await world.apply(
      middleware("edge-red", "limit", { rateLimit: { average: 1 } }),
      route("edge-red", "limited", secure("red2.portolan.test", { middlewares: [{ name: "limit" }] })),
      route("edge-red", "pattern", {
        ...secure("x"),
        routes: [{ match: "HostRegexp(`.+`)", services: [{ name: "web", port: 80 }] }],
      }),
      route("edge-blue", "thief", secure("red.portolan.test")),
    );
    await eventually(async () => {
      const told = await events("edge-red");
      expect(told).toMatch(/IngressRoute\/limited UnknownMiddleware: .*rateLimit/);
      expect(told).toMatch(/IngressRoute\/pattern UnknownRule: .*HostRegexp is unknown/);
      expect(await events("edge-blue")).toMatch(
        /IngressRoute\/thief HostTaken: host "red.portolan.test" belongs to namespace "edge-red"/,
      );
    });
    expect((await get("red2.portolan.test")).error).toMatch(/unrecognized name/);
    const answer = await get("red.portolan.test");
    expect(answer.headers).toMatchObject({ "x-tenant": "edge-red" });
  });

  it("serves an Ingress of its class and gives it the edge's address", async () => {
    const host = "ingress.red.portolan.test";
    const spec = (ingressClassName: string) => ({
      ingressClassName,
      tls: [{ hosts: [host], secretName: "ingress-tls" }],
      rules: [
        {
          host,
          http: {
            paths: [
              { path: "/", pathType: "Prefix", backend: { service: { name: "web", port: { name: "web" } } } },
            ],
          },
        },
      ],
    });
    const ingress = (name: string, className: string) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name, namespace: "edge-red" },
      spec: spec(className),
    });
    await world.apply(
      certificate("edge-red", "ingress-tls", [host]),
      ingress("web", "sandbox"),
      ingress("other", "somebody"),
    );
    await eventually(async () =>
      expect(await get(host)).toMatchObject({ status: 200, names: `DNS:${host}` }),
    );
    const status = (name: string) =>
      world.kubectl(
        "get",
        "ingress",
        name,
        "-n",
        "edge-red",
        "-o",
        "jsonpath={.status.loadBalancer.ingress[0].ip}",
      );
    await eventually(async () => expect(await status("web")).toBe(edgeAddress));
    expect(await status("other")).toBe("");
  });

  it("gives each tenant a TCP port of its own, for clients that send no name", async () => {
    await world.apply(
      tcpRoute("edge-red", "dicom", 11112, "tls"),
      tcpRoute("edge-blue", "dicom", 11113, "tls"),
    );
    const echo = (port: number) => world.ask({ kind: "tls", ...at, port, ca: world.ca, message: "C-ECHO" });
    for (const [port, names] of [
      [11112, "DNS:red.portolan.test"],
      [11113, "DNS:blue.portolan.test"],
    ] as const) {
      await eventually(async () => expect(await echo(port)).toEqual({ reply: "C-ECHO", names }));
    }
    expect(await servicePorts()).toBe("80 443 11112 11113");
  });

  it("refuses a second claim on a port, and frees the port when its route goes", async () => {
    // The older one wins, and creation times have whole seconds: within one, the name would decide.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await world.apply(tcpRoute("edge-blue", "thief", 11112, "tls"));
    await eventually(async () =>
      expect(await events("edge-blue")).toMatch(
        /IngressRouteTCP\/thief PortTaken: entry point tcp-11112 belongs to IngressRouteTCP edge-red\/dicom/,
      ),
    );
    const echo = () => world.ask({ kind: "tls", ...at, port: 11112, ca: world.ca, message: "x" });
    expect(await echo()).toMatchObject({ names: "DNS:red.portolan.test" });
    await world.kubectl("delete", "ingressroutetcp", "dicom", "-n", "edge-red");
    await eventually(async () => expect(await echo()).toMatchObject({ names: "DNS:blue.portolan.test" }));
    await world.kubectl("delete", "ingressroutetcp", "thief", "dicom", "-n", "edge-blue");
    await eventually(async () => {
      expect(await servicePorts()).toBe("80 443");
      expect((await echo()).error).toMatch(/ECONNREFUSED/);
    });
  });

  it("shows a changed certificate without a failed request", async () => {
    const host = "red.portolan.test";
    const loading = world.ask({
      kind: "load",
      ...at,
      port: 443,
      host,
      ca: world.ca,
      ms: 5000,
      keepAlive: false,
      clients: 3,
    });
    await world.apply(certificate("edge-red", "tls", [host, "also.portolan.test"]));
    await eventually(async () =>
      expect(await get(host)).toMatchObject({ status: 200, names: `DNS:${host}, DNS:also.portolan.test` }),
    );
    const { requests, failures } = await loading;
    expect(requests).toBeGreaterThan(20);
    expect(failures).toEqual([]);
  });

  it.each([true, false])(
    "loses no request while its backend is rolled (kept connections: %s)",
    async (keepAlive) => {
      const loading = world.ask({
        kind: "load",
        ...at,
        port: 443,
        host: "blue.portolan.test",
        ca: world.ca,
        ms: 14_000,
        keepAlive,
        clients: 4,
      });
      for (let i = 0; i < 2; i++) {
        await world.kubectl("rollout", "restart", "deploy/web", "-n", "edge-blue");
        await world.kubectl("rollout", "status", "deploy/web", "-n", "edge-blue", "--timeout=60s");
      }
      const { requests, failures, pods } = await loading;
      console.log(`${requests} requests over ${pods?.length} pods, ${failures?.length} failed`);
      expect(pods?.length).toBeGreaterThan(1);
      expect(failures).toEqual([]);
    },
  );
});
