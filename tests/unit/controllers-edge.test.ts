import { describe, expect, it } from "vitest";
import type { HttpClaim, TcpClaim } from "../../sandbox/controllers/edge/claims.ts";
import { ingressClaims, ofClass } from "../../sandbox/controllers/edge/ingress.ts";
import { resolve } from "../../sandbox/controllers/edge/model.ts";
import {
  forClass,
  ingressRouteClaims,
  ingressRouteTcpClaim,
} from "../../sandbox/controllers/edge/traefik.ts";
import { ingress, ingressRoute, middleware, rule, service } from "./controllers-objects.ts";

const web = service("web", [{ name: "http", port: 80 }]);
const secure = { entryPoints: ["websecure"], tls: { secretName: "tls" } };
const settle = (http: readonly HttpClaim[], tcp: readonly TcpClaim[] = [], services = [web]) =>
  resolve({ http, tcp }, services, (namespace, secret) => `${namespace}-${secret}`);
const route = (spec: Record<string, unknown>, named = {}) =>
  ingressRouteClaims(ingressRoute(spec, named), []);
const tcpRoute = (spec: object, named = {}) =>
  ingressRouteTcpClaim(
    ingressRoute(
      {
        entryPoints: ["tcp-11112"],
        routes: [{ match: "HostSNI(`*`)", services: [{ name: "web", port: 80 }] }],
        tls: { secretName: "tls" },
        ...spec,
      },
      named,
    ),
  );

describe("IngressRoute", () => {
  it("serves a host over TLS with its own certificate", () => {
    const { model, warnings } = settle(route({ ...secure, routes: [rule("Host(`a.test`)")] }));
    expect(warnings).toEqual([]);
    expect(model.hosts).toEqual([
      {
        host: "a.test",
        certificate: "acme-tls",
        plain: [],
        secure: [{ match: { kind: "prefix", value: "/" }, upstream: "10.96.7.7:80", effects: [] }],
      },
    ]);
  });

  it.each([
    [
      "an entry point it does not know",
      { entryPoints: ["web2"], routes: [rule("Host(`a.test`)")] },
      "web and websecure",
    ],
    [
      "websecure without a certificate",
      { entryPoints: ["websecure"], routes: [rule("Host(`a.test`)")] },
      "tls.secretName",
    ],
    [
      "a key it does not know",
      { ...secure, routes: [{ ...rule("Host(`a.test`)"), observability: {} }] },
      "observability",
    ],
    [
      "two services",
      {
        ...secure,
        routes: [
          rule("Host(`a.test`)", {
            services: [
              { name: "a", port: 1 },
              { name: "b", port: 1 },
            ],
          }),
        ],
      },
      "Too big",
    ],
    [
      "sticky sessions",
      { ...secure, routes: [rule("Host(`a.test`)", { services: [{ name: "a", port: 1, sticky: {} }] })] },
      "sticky",
    ],
    [
      "a cert resolver",
      { entryPoints: ["websecure"], tls: { certResolver: "x" }, routes: [rule("Host(`a.test`)")] },
      "certResolver",
    ],
    [
      "another namespace's service",
      {
        ...secure,
        routes: [rule("Host(`a.test`)", { services: [{ name: "web", namespace: "other", port: 80 }] })],
      },
      "other/web",
    ],
    ["an unknown rule", { ...secure, routes: [rule("HostRegexp(`x`)")] }, "HostRegexp is unknown"],
    [
      "a missing middleware",
      { ...secure, routes: [rule("Host(`a.test`)", { middlewares: [{ name: "gone" }] })] },
      "acme/gone does not exist",
    ],
  ])("refuses %s", (_what, spec, why) => {
    expect(() => route(spec)).toThrow(why);
  });

  it("takes middlewares from another namespace, and refuses types it does not know", () => {
    const spec = {
      ...secure,
      routes: [rule("Host(`a.test`)", { middlewares: [{ name: "m", namespace: "shared" }] })],
    };
    const claims = (m: object) =>
      ingressRouteClaims(ingressRoute(spec), [middleware(m, { name: "m", namespace: "shared" })]);
    const headers = claims({
      headers: { customResponseHeaders: { "X-A": "b" }, stsSeconds: 300, frameDeny: true },
    });
    expect(headers[0]?.effects).toEqual([
      {
        kind: "headers",
        request: {},
        response: { "X-A": "b", "X-Frame-Options": "DENY" },
        hsts: { value: "max-age=300", always: false },
      },
    ]);
    expect(() => claims({ rateLimit: { average: 1 } })).toThrow("rateLimit");
    expect(() => claims({ headers: { sslProxyHeaders: {} } })).toThrow("sslProxyHeaders");
    expect(() => claims({ headers: { customResponseHeaders: { "X-A": "b\r\nX-B: c" } } })).toThrow(
      "control characters",
    );
    expect(() => claims({})).toThrow("exactly one of");
  });

  it("is another controller's when its class says so", () => {
    const annotations = { "kubernetes.io/ingress.class": "traefik" };
    expect(forClass(ingressRoute({}, { annotations }), "sandbox")).toBe(false);
    expect(forClass(ingressRoute({}), "sandbox")).toBe(true);
  });
});

describe("conflicts", () => {
  it("gives a host to the older namespace, whatever the order of the list", () => {
    const spec = { ...secure, routes: [rule("Host(`a.test`)")] };
    const old = route(spec, { namespace: "acme", age: 0 });
    const thief = route(
      { ...secure, routes: [rule("Host(`a.test`) && PathPrefix(`/login`)")] },
      { namespace: "zeta", age: 5 },
    );
    const { model, warnings } = settle([...thief, ...old]);
    expect(model.hosts[0]?.secure).toHaveLength(1);
    expect(model.hosts[0]?.certificate).toBe("acme-tls");
    expect(warnings).toEqual([
      expect.objectContaining({
        reason: "HostTaken",
        message: 'host "a.test" belongs to namespace "acme" (IngressRoute route, older)',
        about: expect.objectContaining({ namespace: "zeta", name: "route", kind: "IngressRoute" }),
      }),
    ]);
  });

  it("refuses the same path twice, and a second certificate for a host", () => {
    const first = route({ ...secure, routes: [rule("Host(`a.test`)")] });
    const same = route({ ...secure, routes: [rule("Host(`a.test`)")] }, { name: "second", age: 1 });
    const other = {
      entryPoints: ["websecure"],
      tls: { secretName: "tls2" },
      routes: [rule("Host(`a.test`) && PathPrefix(`/x`)")],
    };
    const third = route(other, { name: "third", age: 2 });
    expect(settle([...first, ...same, ...third]).warnings.map((w) => w.reason)).toEqual([
      "RouteTaken",
      "CertificateConflict",
    ]);
  });

  it("refuses a narrower path that Traefik's priorities would hide", () => {
    const wide = rule("Host(`a.test`) || Host(`b.test`) || Host(`c.test`) || Host(`d.test`)");
    const narrow = rule("Host(`a.test`) && PathPrefix(`/api`)");
    const warnings = (priority: number | undefined) =>
      settle(route({ ...secure, routes: [wide, priority === undefined ? narrow : { ...narrow, priority }] }))
        .warnings;
    expect(warnings(undefined).map((w) => w.reason)).toEqual(["HiddenRoute"]);
    expect(warnings(1000)).toEqual([]);
  });

  it("gives a TCP port to the older route", () => {
    const old = tcpRoute({}, { namespace: "acme", age: 0 });
    const late = tcpRoute({}, { namespace: "zeta", age: 9 });
    const services = [web, service("web", [{ port: 80 }], { namespace: "zeta", clusterIP: "10.96.9.9" })];
    const { model, warnings } = settle([], [late, old], services);
    expect(model.tcp).toEqual([{ port: 11112, certificate: "acme-tls", upstream: "10.96.7.7:80" }]);
    expect(warnings).toEqual([
      expect.objectContaining({
        reason: "PortTaken",
        message: "entry point tcp-11112 belongs to IngressRouteTCP acme/route (older); choose another port",
        about: expect.objectContaining({ namespace: "zeta" }),
      }),
    ]);
  });

  it.each([
    ["a missing service", [], "service acme/web does not exist", true],
    [
      "a headless service",
      [service("web", [{ port: 80 }], { clusterIP: "None" })],
      "has no cluster address",
      false,
    ],
    [
      "a missing port",
      [service("web", [{ name: "http", port: 8080 }])],
      "has no TCP port 80; it has 8080 (http)",
      true,
    ],
    ["a UDP port", [service("web", [{ port: 80, protocol: "UDP" }])], "has no TCP port 80", true],
  ])("waits for or refuses %s", (_what, services, message, pending) => {
    const { model, warnings } = settle(route({ ...secure, routes: [rule("Host(`a.test`)")] }), [], services);
    expect(model.hosts).toEqual([]);
    expect(warnings).toEqual([
      expect.objectContaining({ message: expect.stringContaining(message), pending }),
    ]);
  });
});

describe("IngressRouteTCP", () => {
  it.each([
    ["web", 'entry point "web" is unknown'],
    ["tcp-443", "without 80, 443"],
    ["tcp-80", "without 80, 443"],
    ["tcp-40123", "without 80, 443"],
    ["tcp-0", "is unknown"],
    ["tcp-70000", "is unknown"],
    ["tcp-011", "is unknown"],
  ])("refuses entry point %s", (entryPoint, why) => {
    expect(() => tcpRoute({ entryPoints: [entryPoint] })).toThrow(why);
  });

  it("refuses what would not end TLS at the edge, and rules by name", () => {
    expect(() => tcpRoute({ tls: { passthrough: true } })).toThrow("passthrough");
    expect(() => tcpRoute({ tls: undefined })).toThrow("tls");
    const named = [{ match: "HostSNI(`a.test`)", services: [{ name: "web", port: 80 }] }];
    expect(() => tcpRoute({ routes: named })).toThrow("on a port of its own");
  });
});

describe("Ingress", () => {
  const backend = { service: { name: "web", port: { number: 80 } } };
  const spec = (path: string, pathType: string, tls = false) => ({
    ingressClassName: "sandbox",
    ...(tls ? { tls: [{ hosts: ["a.test"], secretName: "tls" }] } : {}),
    rules: [{ host: "a.test", http: { paths: [{ path, pathType, backend }] } }],
  });

  it("redirects plain HTTP where it has TLS", () => {
    const { model } = settle(ingressClaims(ingress(spec("/", "Prefix", true))));
    expect(model.hosts[0]?.plain[0]?.effects).toEqual([
      { kind: "redirect", scheme: "https", permanent: true },
    ]);
    expect(model.hosts[0]?.secure[0]?.effects).toEqual([]);
  });

  it("matches whole path elements", () => {
    const paths = (path: string, type: string) => ingressClaims(ingress(spec(path, type))).map((c) => c.path);
    expect(paths("/app", "Prefix")).toEqual([
      { kind: "exact", value: "/app" },
      { kind: "prefix", value: "/app/" },
    ]);
    expect(paths("/", "Prefix")).toEqual([{ kind: "prefix", value: "/" }]);
    expect(paths("/app", "Exact")).toEqual([{ kind: "exact", value: "/app" }]);
  });

  it("refuses a catch-all, foreign annotations and a default backend", () => {
    const base = spec("/", "Prefix");
    expect(() => ingressClaims(ingress({ ...base, rules: [{ http: base.rules[0]?.http }] }))).toThrow(
      "empty hosts",
    );
    expect(() => ingressClaims(ingress({ ...base, defaultBackend: backend }))).toThrow("spec.defaultBackend");
    const annotations = { "nginx.ingress.kubernetes.io/proxy-body-size": "0" };
    expect(() => ingressClaims(ingress(base, { annotations }))).toThrow(
      "nginx.ingress.kubernetes.io/proxy-body-size",
    );
  });

  it("is served only for its class", () => {
    expect(ofClass(ingress(spec("/", "Prefix")), "sandbox")).toBe(true);
    expect(ofClass(ingress({ ...spec("/", "Prefix"), ingressClassName: "nginx" }), "sandbox")).toBe(false);
    expect(ofClass(ingress({ rules: [] }), "sandbox")).toBe(false);
  });
});
