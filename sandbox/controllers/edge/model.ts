/** From what is claimed to what is served: conflicts settled by age, Services and certificates looked up. */
import { z } from "zod";
import type { Warning } from "../kube/events.ts";
import { metadataSchema } from "../kube/objects.ts";
import {
  type Backend,
  bySeniority,
  type Effect,
  type HttpClaim,
  type PathMatch,
  Refusal,
  type TcpClaim,
} from "./claims.ts";

/** A Service as far as the edge reads it. */
export const serviceSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({
    type: z.string().default("ClusterIP"),
    clusterIP: z.string().default(""),
    ports: z
      .array(z.object({ name: z.string().default(""), port: z.int(), protocol: z.string().default("TCP") }))
      .default([]),
  }),
});
export type Service = z.infer<typeof serviceSchema>;

export interface Location {
  readonly match: PathMatch;
  /** `address:port` of the Service. */
  readonly upstream: string;
  readonly effects: readonly Effect[];
}

/** One host: what it answers in plain, and what over TLS with the certificate called `certificate`. */
export interface Host {
  readonly host: string;
  readonly certificate?: string;
  readonly plain: readonly Location[];
  readonly secure: readonly Location[];
}

export interface TcpEntry {
  readonly port: number;
  readonly certificate: string;
  readonly upstream: string;
}

export interface EdgeModel {
  readonly hosts: readonly Host[];
  readonly tcp: readonly TcpEntry[];
}

export interface Resolution {
  readonly model: EdgeModel;
  readonly warnings: readonly Warning[];
}

/** Names the certificate of a Secret, or throws `Refusal` when it is missing or unusable. */
export type CertificateLookup = (namespace: string, secretName: string) => string;

function upstreamOf(backend: Backend, services: readonly Service[]): string {
  const name = `${backend.namespace}/${backend.service}`;
  const service = services.find(
    (s) => s.metadata.namespace === backend.namespace && s.metadata.name === backend.service,
  );
  if (service === undefined) throw new Refusal("ServiceMissing", `service ${name} does not exist`, true);
  const { clusterIP, ports, type } = service.spec;
  if (type === "ExternalName" || clusterIP === "" || clusterIP === "None") {
    throw new Refusal(
      "NoClusterIP",
      `service ${name} has no cluster address; the sandbox edge needs one (a plain ClusterIP Service)`,
    );
  }
  const port = ports.find(
    (p) => p.protocol === "TCP" && (p.port === backend.port || p.name === backend.port),
  );
  if (port === undefined) {
    const has = ports.map((p) => (p.name === "" ? `${p.port}` : `${p.port} (${p.name})`)).join(", ");
    throw new Refusal("PortMissing", `service ${name} has no TCP port ${backend.port}; it has ${has}`, true);
  }
  return `${clusterIP}:${port.port}`;
}

type Accepted = { readonly claim: HttpClaim; readonly location: Location };

/** What was granted so far. Each `grant` either adds a claim or throws why it cannot be had. */
class Grants {
  readonly owners = new Map<string, HttpClaim>();
  readonly secrets = new Map<string, HttpClaim>();
  readonly accepted: Accepted[] = [];
  readonly certificates = new Map<string, string>();
  readonly tcp = new Map<number, { claim: TcpClaim; entry: TcpEntry }>();
  readonly services: readonly Service[];
  readonly certificate: CertificateLookup;
  constructor(services: readonly Service[], certificate: CertificateLookup) {
    this.services = services;
    this.certificate = certificate;
  }

  grantHttp(claim: HttpClaim): void {
    const { host, source } = claim;
    const owner = this.owners.get(host) ?? claim;
    this.owners.set(host, owner);
    if (owner.source.namespace !== source.namespace) {
      throw new Refusal(
        "HostTaken",
        `host "${host}" belongs to namespace "${owner.source.namespace}" (${owner.source.kind} ${owner.source.name}, older)`,
      );
    }
    const location = {
      match: claim.path,
      upstream: upstreamOf(claim.backend, this.services),
      effects: claim.effects,
    };
    if (claim.secretName !== undefined) this.useCertificate(claim, claim.secretName);
    const rivals = this.accepted.filter(
      (a) => a.claim.host === host && a.claim.entryPoint === claim.entryPoint,
    );
    for (const rival of rivals) {
      refuseClash(claim, rival.claim);
    }
    this.accepted.push({ claim, location });
  }

  private useCertificate(claim: HttpClaim, secretName: string): void {
    const first = this.secrets.get(claim.host) ?? claim;
    this.secrets.set(claim.host, first);
    if (first.secretName !== secretName) {
      throw new Refusal(
        "CertificateConflict",
        `host "${claim.host}" already uses Secret "${first.secretName}" (${first.source.kind} ${first.source.name}); use the same one`,
      );
    }
    this.certificates.set(claim.host, this.certificate(claim.source.namespace, secretName));
  }

  grantTcp(claim: TcpClaim): void {
    const holder = this.tcp.get(claim.port);
    if (holder !== undefined) {
      const { namespace, name } = holder.claim.source;
      throw new Refusal(
        "PortTaken",
        `entry point tcp-${claim.port} belongs to IngressRouteTCP ${namespace}/${name} (older); choose another port`,
      );
    }
    const upstream = upstreamOf(claim.backend, this.services);
    const certificate = this.certificate(claim.source.namespace, claim.secretName);
    this.tcp.set(claim.port, { claim, entry: { port: claim.port, certificate, upstream } });
  }

  model(): EdgeModel {
    const on = (host: string, entryPoint: HttpClaim["entryPoint"]) =>
      this.accepted
        .filter((a) => a.claim.host === host && a.claim.entryPoint === entryPoint)
        .map((a) => a.location);
    const hosts = [...new Set(this.accepted.map((a) => a.claim.host))].sort();
    return {
      hosts: hosts.map((host) => {
        const certificate = this.certificates.get(host);
        const both = { host, plain: on(host, "web"), secure: on(host, "websecure") };
        return certificate === undefined ? both : { ...both, certificate };
      }),
      tcp: [...this.tcp.values()].map((t) => t.entry).sort((a, b) => a.port - b.port),
    };
  }
}

/** Two claims on one host and entry point: the same path is a clash, and so is an order nginx would not keep. */
function refuseClash(claim: HttpClaim, rival: HttpClaim): void {
  const a = claim.path;
  const b = rival.path;
  const who = `${rival.source.kind} ${rival.source.namespace}/${rival.source.name}`;
  if (a.kind === b.kind && a.value === b.value) {
    throw new Refusal(
      "RouteTaken",
      `"${claim.host}${a.value}" on ${claim.entryPoint} is already routed by ${who} (older)`,
    );
  }
  if (claim.priority === undefined || rival.priority === undefined) return;
  const [wide, narrow, wideRank, narrowRank] =
    a.value.length < b.value.length
      ? [a, b, claim.priority, rival.priority]
      : [b, a, rival.priority, claim.priority];
  if (wide.kind === "prefix" && narrow.value.startsWith(wide.value) && wideRank > narrowRank) {
    throw new Refusal(
      "HiddenRoute",
      `on "${claim.host}" the route "${wide.value}" (priority ${wideRank}) would hide "${narrow.value}" (priority ${narrowRank}, of ${who} or this one); the priority of a rule is its length unless priority is set: set it`,
    );
  }
}

/**
 * Settles all claims, oldest object first. What cannot be had is left out and told as a warning about the object that
 * asked; everything else is served.
 */
export function resolve(
  claims: { readonly http: readonly HttpClaim[]; readonly tcp: readonly TcpClaim[] },
  services: readonly Service[],
  certificate: CertificateLookup,
): Resolution {
  const grants = new Grants(services, certificate);
  const warnings: Warning[] = [];
  const attempt = (claim: HttpClaim | TcpClaim, grant: () => void) => {
    try {
      grant();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      const { apiVersion, kind, namespace, name, uid } = claim.source;
      const about = { apiVersion, kind, namespace, name, uid };
      warnings.push({ about, reason: error.reason, message: error.message, pending: error.pending });
    }
  };
  const inOrder = <T extends HttpClaim | TcpClaim>(all: readonly T[]) =>
    [...all].sort((a, b) => bySeniority(a.source, b.source));
  for (const claim of inOrder(claims.http)) attempt(claim, () => grants.grantHttp(claim));
  for (const claim of inOrder(claims.tcp)) attempt(claim, () => grants.grantTcp(claim));
  return { model: grants.model(), warnings: warnings.filter(firstOfItsKind) };
}

/** One object may claim both entry points of a host: one message is enough. */
function firstOfItsKind(warning: Warning, index: number, all: readonly Warning[]): boolean {
  const same = (w: Warning) => w.about.uid === warning.about.uid && w.message === warning.message;
  return all.findIndex(same) === index;
}
