/** One server's locations as nginx configuration: where a path goes, and what its middlewares do to it. */
import type { Effect, PathMatch } from "./claims.ts";
import type { Location } from "./model.ts";

/** A value in double quotes; nginx has no escape for `$`, so a variable that holds one stands for it. */
function quote(value: string): string {
  return `"${value
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("$", "${" + "dollar}")}"`;
}

/** nginx's name for the tries at one Service address. */
export function upstreamName(upstream: string): string {
  return `service_${upstream.replaceAll(/[^A-Za-z0-9]/g, "_")}`;
}

function redirectLines(effect: Extract<Effect, { kind: "redirect" }>): string[] {
  const port =
    effect.port === undefined || effect.port === "443" || effect.port === "80" ? "" : `:${effect.port}`;
  const target = `${effect.scheme}://$host${port}$request_uri`;
  const [get, other] = effect.permanent ? [301, 308] : [302, 307];
  return [
    `if ($request_method !~ "^(GET|HEAD)$") { return ${other} ${target}; }`,
    `return ${get} ${target};`,
  ];
}

/** `add_header` is inherited only where a location has none of its own: all of a location's headers are written in it. */
function responseHeaders(effects: readonly Effect[], secure: boolean): string[] {
  const headers = new Map<string, string>();
  for (const effect of effects) {
    if (effect.kind !== "headers") continue;
    for (const [name, value] of Object.entries(effect.response)) headers.set(name, value);
    if (effect.hsts !== undefined && (secure || effect.hsts.always)) {
      headers.set("Strict-Transport-Security", effect.hsts.value);
    }
  }
  return [...headers].flatMap(([name, value]) => [
    `proxy_hide_header ${name};`,
    ...(value === "" ? [] : [`add_header ${name} ${quote(value)} always;`]),
  ]);
}

/** What the service is told; a middleware's own value replaces ours, an empty one removes the header. */
function requestHeaders(effects: readonly Effect[], secure: boolean): string[] {
  const headers = new Map([
    ["host", "$http_host"],
    ["upgrade", "$http_upgrade"],
    ["connection", "$upstream_connection"],
    ["x-real-ip", "$remote_addr"],
    ["x-forwarded-for", "$remote_addr"],
    ["x-forwarded-host", "$host"],
    ["x-forwarded-port", secure ? "443" : "80"],
    ["x-forwarded-proto", secure ? "https" : "http"],
  ]);
  for (const effect of effects) {
    if (effect.kind !== "headers") continue;
    for (const [name, value] of Object.entries(effect.request)) headers.set(name.toLowerCase(), quote(value));
  }
  return [...headers].map(([name, value]) => `proxy_set_header ${name} ${value};`);
}

function locationBlock(match: PathMatch, lines: readonly string[]): string {
  const how = match.kind === "exact" ? "= " : "";
  return `    location ${how}${quote(match.value)} {\n${lines.map((line) => `      ${line}`).join("\n")}\n    }`;
}

function locationLines(location: Location, secure: boolean): string[] {
  const redirect = location.effects.find((e) => e.kind === "redirect");
  if (redirect?.kind === "redirect" && (redirect.scheme === "https") !== secure) {
    const headers = responseHeaders(location.effects, secure).filter((line) => line.startsWith("add_header"));
    return [...headers, ...redirectLines(redirect)];
  }
  return [
    `proxy_pass http://${upstreamName(location.upstream)};`,
    ...requestHeaders(location.effects, secure),
    ...responseHeaders(location.effects, secure),
  ];
}

/** The location that would serve this exact path, by nginx's own order: exact, then the longest prefix. */
function serving(locations: readonly Location[], path: string): Location | undefined {
  const exact = locations.find((l) => l.match.kind === "exact" && l.match.value === path);
  const prefixes = locations.filter((l) => l.match.kind === "prefix" && path.startsWith(l.match.value));
  return exact ?? prefixes.sort((a, b) => b.match.value.length - a.match.value.length)[0];
}

/** All locations of a server, and a 404 for the paths that nobody routes. */
export function locationBlocks(locations: readonly Location[], secure: boolean): string[] {
  const blocks = locations.map((l) => locationBlock(l.match, locationLines(l, secure)));
  const has = (kind: PathMatch["kind"], value: string) =>
    locations.some((l) => l.match.kind === kind && l.match.value === value);
  // nginx answers "/app" with a redirect to "/app/" when only the prefix "/app/" is proxied: nobody asked for that.
  for (const { match } of locations) {
    const bare = match.value.slice(0, -1);
    if (match.kind !== "prefix" || bare === "" || !match.value.endsWith("/") || has("exact", bare)) continue;
    const other = serving(locations, bare);
    blocks.push(
      locationBlock(
        { kind: "exact", value: bare },
        other === undefined ? ["return 404;"] : locationLines(other, secure),
      ),
    );
  }
  if (!has("prefix", "/")) blocks.push("    location / { return 404; }");
  return blocks;
}
