/** The routes model as nginx configuration: a pure function of it. */
import { locationBlocks, upstreamName } from "./locations.ts";
import type { EdgeModel, Host, TcpEntry } from "./model.ts";

/** Ports inside the pod, above 1024 since the edge is not root. The Service maps 80 and 443 to the first two. */
export const containerPorts = { http: 40080, https: 40443, health: 41000 } as const;

/** The port a TCP entry point listens on inside the pod: its own, or 40000 above where it would need root. */
export function containerPort(entryPort: number): number {
  return entryPort >= 1024 ? entryPort : 40_000 + entryPort;
}

export interface RenderOptions {
  /** Folder that holds `<certificate>.crt` and `<certificate>.key`. */
  readonly tlsFolder: string;
  /** Writable folder for nginx's pid and temporary files. */
  readonly runFolder: string;
  /** Path of the stream module, which Debian builds apart. */
  readonly streamModule: string;
  /** Answered by the health port, so that one can tell when this configuration is the one that serves. */
  readonly generation: string;
}

/**
 * Addresses tried in turn for one request. All are the Service's own address: kube-proxy picks the pod, so a rollout
 * needs no reload (which would close idle client connections), and a pod that went away a moment ago is refused
 * before any byte of the request was sent and the next try reaches another.
 */
const tries = 6;

function upstreamBlock(upstream: string): string {
  const servers = Array.from({ length: tries }, () => `server ${upstream} max_fails=0;`).join(" ");
  return `  upstream ${upstreamName(upstream)} { ${servers} }`;
}

function hostBlocks(host: Host, options: RenderOptions): string[] {
  const blocks: string[] = [];
  if (host.plain.length > 0) {
    blocks.push(
      [
        "  server {",
        `    listen ${containerPorts.http};`,
        `    server_name ${host.host};`,
        ...locationBlocks(host.plain, false),
        "  }",
      ].join("\n"),
    );
  }
  if (host.secure.length > 0 && host.certificate !== undefined) {
    blocks.push(
      [
        "  server {",
        `    listen ${containerPorts.https} ssl http2;`,
        `    server_name ${host.host};`,
        ...certificateLines(host.certificate, options).map((l) => `    ${l}`),
        "    if ($misdirected) { return 421; }",
        ...locationBlocks(host.secure, true),
        "  }",
      ].join("\n"),
    );
  }
  return blocks;
}

function certificateLines(certificate: string, { tlsFolder }: RenderOptions): string[] {
  return [
    `ssl_certificate ${tlsFolder}/${certificate}.crt;`,
    `ssl_certificate_key ${tlsFolder}/${certificate}.key;`,
  ];
}

function tcpBlock(entry: TcpEntry, options: RenderOptions): string {
  const lines = [
    `listen ${containerPort(entry.port)} ssl;`,
    ...certificateLines(entry.certificate, options),
    `proxy_pass ${upstreamName(entry.upstream)};`,
  ];
  return `  server {\n${lines.map((l) => `    ${l}`).join("\n")}\n  }`;
}

const tls = `ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_timeout 10m;
  ssl_session_tickets off;`;

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

/** The whole configuration. The same model and options always give the same text. */
export function renderNginx(model: EdgeModel, options: RenderOptions): string {
  const { runFolder: run } = options;
  const httpUpstreams = distinct(
    model.hosts.flatMap((h) => [...h.plain, ...h.secure].map((l) => l.upstream)),
  );
  const secure = model.hosts.filter((h) => h.secure.length > 0 && h.certificate !== undefined);
  const temp = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (n) => `  ${n}_temp_path ${run}/tmp/${n};`,
  );
  const stream = model.tcp.length === 0 ? "" : streamBlock(model.tcp, options);
  return `load_module ${options.streamModule};
worker_processes 2;
pid ${run}/nginx.pid;
error_log stderr warn;
events { worker_connections 2048; }
http {
${temp.join("\n")}
  include /etc/nginx/mime.types;
  server_tokens off;
  tcp_nodelay on;
  keepalive_timeout 75s;
  server_names_hash_bucket_size 512;
  map_hash_bucket_size 1024;
  map_hash_max_size 8192;
  large_client_header_buffers 4 32k;
  log_format plain '$remote_addr $scheme $request_method $host$uri $status $body_bytes_sent $request_time $upstream_addr $upstream_status';
  access_log /dev/stdout plain;
  ${tls}
  ssl_session_cache shared:http:4m;
  # Any size, streamed both ways: neither an upload nor a download is kept here.
  client_max_body_size 0;
  proxy_request_buffering off;
  proxy_buffering off;
  proxy_http_version 1.1;
  proxy_buffer_size 32k;
  proxy_buffers 8 32k;
  proxy_connect_timeout 2s;
  proxy_read_timeout 1h;
  proxy_send_timeout 1h;
  proxy_next_upstream error timeout;
  proxy_next_upstream_timeout 15s;
  geo $dollar { default "$"; }
  map $http_upgrade $upstream_connection { default upgrade; "" close; }
  # A name in the handshake and another in the request: the certificate shown was not the one of the host asked for.
  map "$ssl_server_name|$host" $misdirected {
    default 1;
${secure.map((h) => `    "${h.host}|${h.host}" 0;`).join("\n")}
  }
  server { listen ${containerPorts.http} default_server; return 404; }
  server { listen ${containerPorts.https} ssl http2 default_server; ssl_reject_handshake on; return 421; }
  server { listen ${containerPorts.health}; access_log off; default_type text/plain; location = /generation { return 200 "${options.generation}"; } }
${[...httpUpstreams.map(upstreamBlock), ...model.hosts.flatMap((h) => hostBlocks(h, options))].join("\n")}
}
${stream}`;
}

function streamBlock(entries: readonly TcpEntry[], options: RenderOptions): string {
  return `stream {
  ${tls}
  ssl_session_cache shared:stream:1m;
  ssl_handshake_timeout 10s;
  proxy_connect_timeout 2s;
  proxy_timeout 1h;
  proxy_next_upstream_timeout 15s;
${distinct(entries.map((e) => e.upstream))
  .map(upstreamBlock)
  .join("\n")}
${entries.map((e) => tcpBlock(e, options)).join("\n")}
}
`;
}
