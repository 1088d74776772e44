import { describe, expect, it } from "vitest";
import { type Manifest, pick, render, template, type Values } from "./helm.ts";
import { full } from "./values.ts";

const tls = { secretName: "bhc-tls" };
const hosts = ["bhc.example.com", "b.example.com"];
const dicom = { name: "dicom", entryPoint: "tcp-11112", tls };

const route = (given: Values, rest: Values = {}): Promise<Manifest[]> =>
  render("orthanc", { ...full.orthanc, ...rest, route: given });

/** What Helm says against a route. */
async function refusal(given: Values, chart: "orthanc" | "probe" = "orthanc"): Promise<string> {
  const { code, stderr } = await template(chart, { ...full[chart], route: given });
  expect(code).not.toBe(0);
  return stderr;
}

describe("a route of kind traefik", () => {
  it("serves every host over TLS on websecure, and redirects web", async () => {
    const objects = await route({ kind: "traefik", hosts, tls });
    const match = "Host(`bhc.example.com`) || Host(`b.example.com`)";
    expect(pick(objects, "IngressRoute", "bhc").spec).toEqual({
      entryPoints: ["websecure"],
      routes: [{ kind: "Rule", match, services: [{ name: "bhc", port: 8042 }] }],
      tls,
    });
    expect(pick(objects, "IngressRoute", "bhc-redirect").spec).toMatchObject({
      entryPoints: ["web"],
      routes: [{ match, middlewares: [{ name: "bhc-to-https" }] }],
    });
    expect(pick(objects, "Middleware").spec).toEqual({
      redirectScheme: { scheme: "https", permanent: true },
    });
  });

  it("ends TLS for DICOM on an entry point of the tenant's own", async () => {
    expect(pick(await route({ kind: "traefik", hosts, tls, tcp: [dicom] }), "IngressRouteTCP").spec).toEqual({
      entryPoints: ["tcp-11112"],
      routes: [{ match: "HostSNI(`*`)", services: [{ name: "bhc", port: 4242 }] }],
      tls,
    });
  });

  it("names the class as Traefik reads it, and the user's middlewares in order", async () => {
    const middlewares = [{ name: "warp", namespace: "kube-system" }, { name: "limit" }];
    const objects = await route({ kind: "traefik", className: "inner", hosts, tls, middlewares });
    const main = pick(objects, "IngressRoute", "bhc");
    expect(main.metadata.annotations).toEqual({ "kubernetes.io/ingress.class": "inner" });
    expect(main.spec).toMatchObject({ routes: [{ middlewares }] });
  });
});

describe("a route of kind ingress", () => {
  it("has a rule for each host and one certificate", async () => {
    const objects = await route({
      kind: "ingress",
      className: "sandbox",
      hosts,
      tls,
      annotations: { a: "b" },
    });
    const ingress = pick(objects, "Ingress");
    const backend = { service: { name: "bhc", port: { number: 8042 } } };
    const http = { paths: [{ path: "/", pathType: "Prefix", backend }] };
    expect(ingress.metadata.annotations).toEqual({ a: "b" });
    expect(ingress.spec).toEqual({
      ingressClassName: "sandbox",
      tls: [{ secretName: "bhc-tls", hosts }],
      rules: hosts.map((host) => ({ host, http })),
    });
  });

  it("refuses TCP, and says what can carry it", async () => {
    expect(await refusal({ kind: "ingress", hosts, tcp: [dicom] })).toContain(
      "an Ingress, which carries HTTP only: use route.kind traefik",
    );
  });
});

describe("a route that cannot be", () => {
  it("is refused with what is allowed", async () => {
    expect(await refusal({ kind: "gateway", hosts })).toMatch(/'none', 'ingress', 'traefik'/);
    expect(await refusal({ kind: "traefik", hosts, tcp: [{ ...dicom, name: "hl7" }] })).toContain(
      'route.tcp names "hl7", which this chart does not serve: allowed are dicom',
    );
    expect(await refusal({ kind: "traefik", hosts, tcp: [dicom] }, "probe")).toContain("allowed are none");
    expect(await refusal({ kind: "traefik" })).toContain("route.hosts and route.tcp are empty");
    expect(await refusal({ kind: "traefik", hosts: ["Upper.example.com"] })).toContain("route/hosts");
  });
});

it("makes a certificate for the hosts, only when asked", async () => {
  const certificate = { enabled: true, issuerRef: { kind: "ClusterIssuer", name: "letsencrypt" } };
  const objects = await route({ kind: "traefik", hosts, tls }, { certificate });
  expect(pick(objects, "Certificate").spec).toEqual({
    secretName: "bhc-tls",
    dnsNames: hosts,
    issuerRef: { group: "cert-manager.io", kind: "ClusterIssuer", name: "letsencrypt" },
  });
  const without = await route({ kind: "traefik", hosts, tls });
  expect(without.filter(({ kind }) => kind === "Certificate")).toEqual([]);
});
