import { describe, expect, it } from "vitest";
import type { Effect, PathMatch } from "../../sandbox/controllers/edge/claims.ts";
import type { EdgeModel, Location } from "../../sandbox/controllers/edge/model.ts";
import { containerPort, renderNginx } from "../../sandbox/controllers/edge/nginx.ts";

const options = { tlsFolder: "/run/tls", runFolder: "/run", streamModule: "/m.so", generation: "g1" };
const render = (model: EdgeModel) => renderNginx(model, options);

function at(
  kind: PathMatch["kind"],
  value: string,
  effects: Effect[] = [],
  upstream = "10.96.1.1:80",
): Location {
  return { match: { kind, value }, upstream, effects };
}

function secureHost(...secure: Location[]): EdgeModel {
  return { hosts: [{ host: "a.test", certificate: "c1", plain: [], secure }], tcp: [] };
}

/** The lines of the block that begins with this line, trimmed. */
function block(text: string, head: string): string[] {
  const lines = text.split("\n");
  const start = lines.findIndex((line) => line.trim() === head);
  const indent = (lines[start] ?? "").search(/\S/);
  const end = lines.findIndex((line, i) => i > start && line.search(/\S/) === indent);
  return lines.slice(start + 1, end).map((line) => line.trim());
}

describe("nginx configuration", () => {
  it("shows no certificate to a name it does not know, and misdirects a request for another host", () => {
    const text = render(secureHost(at("prefix", "/")));
    expect(text).toContain("listen 40443 ssl http2 default_server; ssl_reject_handshake on; return 421;");
    expect(text).toContain('"a.test|a.test" 0;');
    expect(text).toContain("if ($misdirected) { return 421; }");
    expect(text.match(/ssl_certificate /g)).toHaveLength(1);
  });

  it("has no server for a host without a certificate", () => {
    const [host] = secureHost(at("prefix", "/")).hosts;
    const { certificate: _, ...bare } = host ?? { host: "", plain: [], secure: [] };
    expect(render({ hosts: [bare], tcp: [] })).not.toContain("server_name a.test");
  });

  it("streams both ways, without limits", () => {
    const text = render({ hosts: [], tcp: [] });
    for (const line of ["client_max_body_size 0;", "proxy_request_buffering off;", "proxy_buffering off;"]) {
      expect(text).toContain(line);
    }
  });

  it("tries the Service's address again where a pod refuses", () => {
    const text = render(secureHost(at("prefix", "/")));
    expect(text.match(/server 10\.96\.1\.1:80 max_fails=0;/g)).toHaveLength(6);
    expect(text.match(/upstream service_/g)).toHaveLength(1);
  });

  it("does not redirect /app to /app/ when only the prefix /app/ is routed", () => {
    const wide = render(secureHost(at("prefix", "/"), at("prefix", "/app/", [], "10.96.2.2:80")));
    expect(block(wide, 'location = "/app" {')).toContain("proxy_pass http://service_10_96_1_1_80;");
    const narrow = render(secureHost(at("prefix", "/app/")));
    expect(block(narrow, 'location = "/app" {')).toEqual(["return 404;"]);
    expect(narrow).toContain("location / { return 404; }");
    const asked = render(secureHost(at("exact", "/app", [], "10.96.3.3:80"), at("prefix", "/app/")));
    expect(asked.match(/location = "\/app"/g)).toHaveLength(1);
  });

  it("redirects only where the scheme differs", () => {
    const redirect: Effect = { kind: "redirect", scheme: "https", permanent: true };
    const both = {
      host: "a.test",
      certificate: "c1",
      plain: [at("prefix", "/", [redirect])],
      secure: [at("prefix", "/", [redirect])],
    };
    const text = render({ hosts: [both], tcp: [] });
    expect(text.match(/return 301 https:\/\/\$host\$request_uri;/g)).toHaveLength(1);
    expect(text.match(/proxy_pass/g)).toHaveLength(1);
  });

  it("sends HSTS only when a middleware says so, and only over TLS unless forced", () => {
    const headers = (always: boolean): Effect => ({
      kind: "headers",
      request: {},
      response: {},
      hsts: { value: "max-age=60", always },
    });
    const host = (effects: Effect[]) => ({
      host: "a.test",
      certificate: "c",
      plain: [at("prefix", "/", effects)],
      secure: [at("prefix", "/", effects)],
    });
    const count = (effects: Effect[]) =>
      render({ hosts: [host(effects)], tcp: [] }).match(/add_header Strict-Transport-Security/g)?.length ?? 0;
    expect(count([])).toBe(0);
    expect(count([headers(false)])).toBe(1);
    expect(count([headers(true)])).toBe(2);
  });

  it("replaces and removes headers, and cannot be talked into other directives by their values", () => {
    const effect: Effect = {
      kind: "headers",
      request: { "X-Real-IP": "", Host: "inner" },
      response: { "X-A": 'x"; return 200 "$http_cookie\\', Server: "" },
    };
    const lines = block(render(secureHost(at("prefix", "/", [effect]))), 'location "/" {');
    expect(lines).toContain('proxy_set_header host "inner";');
    expect(lines).toContain('proxy_set_header x-real-ip "";');
    expect(lines.filter((l) => /proxy_set_header host/i.test(l))).toHaveLength(1);
    expect(lines).toContain(`add_header X-A "x\\"; return 200 \\"\${dollar}http_cookie\\\\" always;`);
    expect(lines).toContain("proxy_hide_header Server;");
    expect(lines.some((l) => l.startsWith("add_header Server"))).toBe(false);
  });

  it("ends TLS of a TCP entry point with the route's own certificate", () => {
    const text = render({ hosts: [], tcp: [{ port: 104, certificate: "c9", upstream: "10.96.4.4:4242" }] });
    expect(text).toContain("listen 40104 ssl;");
    expect(text).toContain("ssl_certificate /run/tls/c9.crt;");
    expect(text).toContain("proxy_pass service_10_96_4_4_4242;");
    expect(render({ hosts: [], tcp: [] })).not.toContain("stream {");
  });

  it("keeps ports that need no root", () => {
    expect([1, 104, 1023, 1024, 11112].map(containerPort)).toEqual([40001, 40104, 41023, 1024, 11112]);
  });

  it("gives the same text for the same model", () => {
    const model = secureHost(at("prefix", "/"), at("exact", "/up"));
    expect(render(model)).toBe(render(structuredClone(model)));
  });
});
