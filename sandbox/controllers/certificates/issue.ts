/** A certificate from a request and whoever signs it: pure but for its random serial number. */
import "reflect-metadata";
import { type KeyObject, X509Certificate as NodeCertificate, randomBytes, type webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { cryptoKeys, signingAlgorithm } from "./keys.ts";
import { type CertificateSpec, extendedKeyUsages, keyUsages } from "./objects.ts";

/** What signs: a chain of PEM certificates, the signer's own first, and its key. */
export interface Authority {
  readonly chain: readonly string[];
  readonly key: KeyObject;
}

/** What is to be certified; the fields of a Certificate's spec that go into it. */
export type CertificateRequest = Pick<
  CertificateSpec,
  "commonName" | "subject" | "dnsNames" | "ipAddresses" | "uris" | "emailAddresses" | "usages" | "isCA"
> & { readonly notBefore: Date; readonly notAfter: Date };

const flags: Readonly<Record<(typeof keyUsages)[keyof typeof keyUsages], x509.KeyUsageFlags>> = {
  digitalSignature: x509.KeyUsageFlags.digitalSignature,
  nonRepudiation: x509.KeyUsageFlags.nonRepudiation,
  keyEncipherment: x509.KeyUsageFlags.keyEncipherment,
  keyAgreement: x509.KeyUsageFlags.keyAgreement,
  dataEncipherment: x509.KeyUsageFlags.dataEncipherment,
  keyCertSign: x509.KeyUsageFlags.keyCertSign,
  cRLSign: x509.KeyUsageFlags.cRLSign,
  encipherOnly: x509.KeyUsageFlags.encipherOnly,
  decipherOnly: x509.KeyUsageFlags.decipherOnly,
};

function isKeyUsage(usage: string): usage is keyof typeof keyUsages {
  return usage in keyUsages;
}

function isExtendedUsage(usage: string): usage is keyof typeof extendedKeyUsages {
  return usage in extendedKeyUsages;
}

/** The text of every PEM certificate in it, in its order. */
export function splitChain(pem: string): string[] {
  return (
    pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g)?.map((one) => `${one}\n`) ?? []
  );
}

/** Whether a certificate is signed by its own key. */
export function isSelfSigned(pem: string): boolean {
  const certificate = new NodeCertificate(pem);
  return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
}

function subjectOf(request: CertificateRequest): x509.Name {
  return new x509.Name([
    ...request.subject.organizations.map((o) => ({ O: [o] })),
    ...(request.commonName === undefined ? [] : [{ CN: [request.commonName] }]),
  ]);
}

async function extensionsOf(
  request: CertificateRequest,
  publicKey: webcrypto.CryptoKey,
  signerKey: webcrypto.CryptoKey,
): Promise<x509.Extension[]> {
  const bits = request.usages.filter(isKeyUsage).reduce((sum, usage) => sum | flags[keyUsages[usage]], 0);
  const extended = [
    ...new Set(request.usages.filter(isExtendedUsage).map((usage) => extendedKeyUsages[usage])),
  ];
  const names: x509.JsonGeneralName[] = [
    ...request.dnsNames.map((value) => ({ type: "dns" as const, value })),
    ...request.ipAddresses.map((value) => ({ type: "ip" as const, value })),
    ...request.uris.map((value) => ({ type: "url" as const, value })),
    ...request.emailAddresses.map((value) => ({ type: "email" as const, value })),
  ];
  return [
    new x509.BasicConstraintsExtension(request.isCA, undefined, true),
    new x509.KeyUsagesExtension(request.isCA ? bits | flags.keyCertSign : bits, true),
    ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended, false)]),
    // RFC 5280 section 4.2.1.6: critical where the subject is empty.
    ...(names.length === 0
      ? []
      : [new x509.SubjectAlternativeNameExtension(names, request.commonName === undefined)]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(signerKey),
  ];
}

/**
 * Signs a certificate for `key`; without an authority it signs itself. Answers as cert-manager would write it: the
 * chain without its root, and the root apart. Throws for a key that cannot sign.
 */
export async function issue(
  request: CertificateRequest,
  key: KeyObject,
  authority?: Authority,
): Promise<{ certificate: string; chain: string; root: string }> {
  const own = cryptoKeys(key);
  const signer = authority === undefined ? own : cryptoKeys(authority.key);
  const subject = subjectOf(request);
  const signerPem = authority?.chain[0];
  const serial = randomBytes(16);
  serial[0] = (serial[0] ?? 0) & 0x7f;
  const made = await x509.X509CertificateGenerator.create({
    serialNumber: serial.toString("hex"),
    subject,
    issuer: signerPem === undefined ? subject : new x509.X509Certificate(signerPem).subjectName,
    notBefore: request.notBefore,
    notAfter: request.notAfter,
    signingAlgorithm: signingAlgorithm(authority?.key ?? key),
    publicKey: own.publicKey,
    signingKey: signer.privateKey,
    extensions: await extensionsOf(request, own.publicKey, signer.publicKey),
  });
  const certificate = `${made.toString("pem")}\n`;
  const above = authority?.chain ?? [];
  const between = above.filter((pem) => !isSelfSigned(pem));
  return { certificate, chain: [certificate, ...between].join(""), root: above.at(-1) ?? certificate };
}
