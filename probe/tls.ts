/** How a socket was secured, read from the socket itself. */
import { type DetailedPeerCertificate, TLSSocket } from "node:tls";
import type { TlsReport } from "./report.ts";

/** The report of a connected socket; null for one without TLS. */
export function tlsReport(socket: unknown): TlsReport | null {
  if (!(socket instanceof TLSSocket)) return null;
  const certificate = socket.getPeerCertificate(true);
  return {
    verified: socket.authorized,
    protocol: socket.getProtocol(),
    subject: nameOf(certificate.subject),
    issuer: nameOf(certificate.issuer),
    root: nameOf(rootOf(certificate).subject),
  };
}

/** Node ends the chain with a certificate that is its own issuer, the root from the trust store. */
function rootOf(certificate: DetailedPeerCertificate): DetailedPeerCertificate {
  const issuer = certificate.issuerCertificate;
  return !issuer || issuer.fingerprint256 === certificate.fingerprint256 ? certificate : rootOf(issuer);
}

function nameOf(subject: DetailedPeerCertificate["subject"] | undefined): string {
  if (!subject) return "";
  const part = (key: "CN" | "O"): string => [subject[key] ?? []].flat().join(", ");
  return part("CN") || part("O");
}
