import { webcrypto } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import type { CertificateSpec } from "./pki.ts";

/** RSA keys would take most of a second each. */
const KEYS = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

const AUTHORITIES = ["ca", "front-proxy-ca"] as const;

/** Writes the authorities, the certificates and the key that signs service accounts' tokens into `folder`. */
export async function makeCertificates(
  folder: string,
  specs: readonly CertificateSpec[],
  notAfter: Date,
): Promise<void> {
  x509.cryptoProvider.set(webcrypto);

  const authorities = new Map<string, { certificate: x509.X509Certificate; keys: webcrypto.CryptoKeyPair }>();
  for (const file of AUTHORITIES) {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: [{ CN: [`portolan-sandbox-${file}`] }],
      keys,
      signingAlgorithm: KEYS,
      ...validity(notAfter),
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    authorities.set(file, { certificate, keys });
    await write(folder, file, certificate, keys);
  }
  await Promise.all(specs.map((spec) => issue(folder, spec, authorities, notAfter)));

  const accounts = await generateKeys();
  writeFileSync(join(folder, "service-accounts.key"), await privateKeyPem(accounts), { mode: 0o600 });
  const spki = await webcrypto.subtle.exportKey("spki", accounts.publicKey);
  writeFileSync(join(folder, "service-accounts.pub"), x509.PemConverter.encode(spki, "PUBLIC KEY"));
}

async function issue(
  folder: string,
  spec: CertificateSpec,
  authorities: ReadonlyMap<string, { certificate: x509.X509Certificate; keys: webcrypto.CryptoKeyPair }>,
  notAfter: Date,
): Promise<void> {
  const authority = authorities.get(spec.issuer);
  if (authority === undefined) throw new Error(`certificate ${spec.file}: no authority ${spec.issuer}`);
  const keys = await generateKeys();
  const names = (spec.names ?? []).map((value) => ({
    type: /^[0-9.]+$/.test(value) ? ("ip" as const) : ("dns" as const),
    value,
  }));
  const certificate = await x509.X509CertificateGenerator.create({
    subject: [
      ...(spec.organization === undefined ? [] : [{ O: [spec.organization] }]),
      { CN: [spec.commonName] },
    ],
    issuer: authority.certificate.subject,
    publicKey: keys.publicKey,
    signingKey: authority.keys.privateKey,
    signingAlgorithm: KEYS,
    ...validity(notAfter),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([
        x509.ExtendedKeyUsage.serverAuth,
        x509.ExtendedKeyUsage.clientAuth,
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.keys.publicKey),
      ...(names.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(names)]),
    ],
  });
  await write(folder, spec.file, certificate, keys);
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(KEYS, true, ["sign", "verify"]);
}

function validity(notAfter: Date): { notBefore: Date; notAfter: Date } {
  // An hour back: the clock of a virtual machine may step backwards after a resume.
  return { notBefore: new Date(Date.now() - 3600_000), notAfter };
}

async function privateKeyPem(keys: webcrypto.CryptoKeyPair): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
}

async function write(
  folder: string,
  file: string,
  certificate: x509.X509Certificate,
  keys: webcrypto.CryptoKeyPair,
): Promise<void> {
  writeFileSync(join(folder, `${file}.crt`), certificate.toString("pem"));
  writeFileSync(join(folder, `${file}.key`), await privateKeyPem(keys), { mode: 0o600 });
}
