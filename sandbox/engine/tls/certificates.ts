import { createPublicKey, type KeyObject, randomBytes, webcrypto } from "node:crypto";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { isPlainBag } from "../kubernetes/state.ts";
import type { Plain, PlainBag } from "../rpc/values.ts";
import { algorithmOf } from "./keys.ts";

const hour = 3_600_000;
const secondsOnly = (time: Date): Date => new Date(Math.floor(time.getTime() / 1000) * 1000);

/** The attributes of a subject in the order in which the real provider writes them. */
const attributes: readonly [string, string][] = [
  ["country", "C"],
  ["organization", "O"],
  ["organizationalUnit", "OU"],
  ["locality", "L"],
  ["province", "ST"],
  ["streetAddresses", "2.5.4.9"],
  ["postalCode", "2.5.4.17"],
  ["commonName", "CN"],
  ["serialNumber", "2.5.4.5"],
  ["emailAddress", "E"],
];
export const subjectKeys: readonly string[] = attributes.map(([key]) => key);

function nameOf(subject: Plain | undefined): x509.Name {
  const given = isPlainBag(subject) ? subject : {};
  return new x509.Name(
    attributes.flatMap(([key, attribute]) => {
      const value = given[key];
      const texts = Array.isArray(value) ? value : [value];
      return texts.flatMap((text) =>
        typeof text === "string" && text !== "" ? [{ [attribute]: [text] }] : [],
      );
    }),
  );
}

const { KeyUsageFlags: usage } = x509;
const keyUsages: Record<string, number> = {
  digital_signature: usage.digitalSignature,
  content_commitment: usage.nonRepudiation,
  key_encipherment: usage.keyEncipherment,
  data_encipherment: usage.dataEncipherment,
  key_agreement: usage.keyAgreement,
  cert_signing: usage.keyCertSign,
  crl_signing: usage.cRLSign,
  encipher_only: usage.encipherOnly,
  decipher_only: usage.decipherOnly,
};
const extendedUsages: Record<string, string> = {
  any_extended: "2.5.29.37.0",
  server_auth: "1.3.6.1.5.5.7.3.1",
  client_auth: "1.3.6.1.5.5.7.3.2",
  code_signing: "1.3.6.1.5.5.7.3.3",
  email_protection: "1.3.6.1.5.5.7.3.4",
  ipsec_end_system: "1.3.6.1.5.5.7.3.5",
  ipsec_tunnel: "1.3.6.1.5.5.7.3.6",
  ipsec_user: "1.3.6.1.5.5.7.3.7",
  timestamping: "1.3.6.1.5.5.7.3.8",
  ocsp_signing: "1.3.6.1.5.5.7.3.9",
  microsoft_server_gated_crypto: "1.3.6.1.4.1.311.10.3.3",
  netscape_server_gated_crypto: "2.16.840.1.113730.4.1",
};
export const allowedUses: readonly string[] = [...Object.keys(keyUsages), ...Object.keys(extendedUsages)];

function texts(value: Plain | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function alternativeNames(inputs: PlainBag): x509.Extension[] {
  const names: x509.JsonGeneralName[] = [
    ...texts(inputs.dnsNames).map((value) => ({ type: "dns" as const, value })),
    ...texts(inputs.ipAddresses).map((value) => ({ type: "ip" as const, value })),
    ...texts(inputs.uris).map((value) => ({ type: "url" as const, value })),
  ];
  return names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)];
}

function usageExtensions(inputs: PlainBag): x509.Extension[] {
  const uses = texts(inputs.allowedUses);
  const flags = uses.reduce((all, use) => all | (keyUsages[use] ?? 0), 0);
  const extended = uses.flatMap((use) => extendedUsages[use] ?? []);
  const isCa = inputs.isCaCertificate === true;
  const depth =
    isCa && typeof inputs.maxPathLength === "number" && inputs.maxPathLength >= 0
      ? inputs.maxPathLength
      : undefined;
  return [
    ...(flags === 0 ? [] : [new x509.KeyUsagesExtension(flags, true)]),
    ...(extended.length === 0 ? [] : [new x509.ExtendedKeyUsageExtension(extended)]),
    new x509.BasicConstraintsExtension(isCa, depth, true),
  ];
}

type Usable = {
  privateKey: webcrypto.CryptoKey;
  publicKey: webcrypto.CryptoKey;
  algorithm: webcrypto.EcdsaParams & webcrypto.Algorithm;
};

/** A key as WebCrypto takes it, with the hash that goes with its curve. @throws for P-224, which WebCrypto lacks */
async function usable(key: KeyObject): Promise<Usable> {
  const type = algorithmOf(key);
  const curve = key.asymmetricKeyDetails?.namedCurve ?? "";
  const named = { prime256v1: "P-256", secp384r1: "P-384", secp521r1: "P-521" }[curve] ?? "";
  if (type === "ECDSA" && named === "") {
    throw new Error(
      `The sandbox's stand-in cannot sign with a key on the curve ${curve}; use P256, P384 or P521`,
    );
  }
  const hash = named === "P-384" ? "SHA-384" : named === "P-521" ? "SHA-512" : "SHA-256";
  const algorithm = {
    RSA: { name: "RSASSA-PKCS1-v1_5", hash },
    ECDSA: { name: "ECDSA", namedCurve: named, hash },
    ED25519: { name: "Ed25519", hash },
  }[type];
  const { subtle } = webcrypto;
  const pkcs8 = key.export({ type: "pkcs8", format: "der" });
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return {
    privateKey: await subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]),
    publicKey: await subtle.importKey("spki", spki, algorithm, true, ["verify"]),
    algorithm,
  };
}

export type Issued = { id: string; outputs: PlainBag };

type Lifetime = { notBefore: Date; notAfter: Date };

function lifetime(inputs: PlainBag): Lifetime {
  const hours = typeof inputs.validityPeriodHours === "number" ? inputs.validityPeriodHours : 0;
  const notBefore = secondsOnly(new Date());
  return { notBefore, notAfter: new Date(notBefore.getTime() + hours * hour) };
}

/** A random positive serial number of 128 bits, and the decimal form that is a certificate's id. */
function serial(): { hex: string; decimal: string } {
  const bytes = randomBytes(16);
  bytes.writeUInt8(bytes.readUInt8(0) & 0x7f, 0);
  const hex = bytes.toString("hex");
  return { hex, decimal: BigInt(`0x${hex}`).toString() };
}

const rfc3339 = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, "Z");

function issued(certificate: x509.X509Certificate, id: string, { notBefore, notAfter }: Lifetime): Issued {
  return {
    id,
    outputs: {
      certPem: `${certificate.toString("pem").trimEnd()}\n`,
      validityStartTime: rfc3339(notBefore),
      validityEndTime: rfc3339(notAfter),
      readyForRenewal: false,
    },
  };
}

export async function selfSigned(inputs: PlainBag, key: KeyObject): Promise<Issued> {
  const { privateKey, publicKey, algorithm } = await usable(key);
  const name = nameOf(inputs.subject);
  const life = lifetime(inputs);
  const { hex, decimal } = serial();
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: hex,
    subject: name.toJSON(),
    issuer: name.toJSON(),
    ...life,
    publicKey,
    signingKey: privateKey,
    signingAlgorithm: algorithm,
    extensions: [
      ...usageExtensions(inputs),
      ...(inputs.isCaCertificate === true || inputs.setSubjectKeyId === true
        ? [await x509.SubjectKeyIdentifierExtension.create(publicKey)]
        : []),
      ...(inputs.setAuthorityKeyId === true
        ? [await x509.AuthorityKeyIdentifierExtension.create(publicKey)]
        : []),
      ...alternativeNames(inputs),
    ],
  });
  const made = issued(certificate, decimal, life);
  return { ...made, outputs: { ...made.outputs, keyAlgorithm: algorithmOf(key) } };
}

export async function certificateRequest(inputs: PlainBag, key: KeyObject): Promise<string> {
  const { privateKey, publicKey, algorithm } = await usable(key);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: nameOf(inputs.subject).toJSON(),
    keys: { privateKey, publicKey },
    signingAlgorithm: algorithm,
    extensions: alternativeNames(inputs),
  });
  return `${request.toString("pem").trimEnd()}\n`;
}

export async function locallySigned(inputs: PlainBag, caKey: KeyObject): Promise<Issued> {
  const ca = new x509.X509Certificate(String(inputs.caCertPem));
  const request = new x509.Pkcs10CertificateRequest(String(inputs.certRequestPem));
  if (!(await request.verify())) throw new Error("certRequestPem: the signature of the request is wrong");
  const signer = await usable(caKey);
  const publicKey = await request.publicKey.export();
  const life = lifetime(inputs);
  const { hex, decimal } = serial();
  const alternative = request.extensions.filter((extension) => extension.type === "2.5.29.17");
  const issuerKey = ca.getExtension(x509.SubjectKeyIdentifierExtension);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: hex,
    subject: request.subjectName.toJSON(),
    issuer: ca.subjectName.toJSON(),
    ...life,
    publicKey,
    signingKey: signer.privateKey,
    signingAlgorithm: signer.algorithm,
    extensions: [
      ...usageExtensions(inputs),
      ...(inputs.isCaCertificate === true || inputs.setSubjectKeyId === true
        ? [await x509.SubjectKeyIdentifierExtension.create(publicKey)]
        : []),
      ...(issuerKey === null ? [] : [new x509.AuthorityKeyIdentifierExtension(issuerKey.keyId)]),
      ...alternative,
    ],
  });
  const made = issued(certificate, decimal, life);
  return { ...made, outputs: { ...made.outputs, caKeyAlgorithm: algorithmOf(caKey) } };
}
