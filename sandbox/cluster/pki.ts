import { createHash, webcrypto } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";

const KEYS = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY = 24 * 3600 * 1000;
const LIFETIME = 3650 * DAY;

/** One certificate of the cluster. Its files are `<file>.crt` and `<file>.key`. */
export interface CertificateSpec {
  file: string;
  commonName: string;
  /** Kubernetes group. */
  organization?: string;
  /** DNS names and IP addresses. */
  names?: readonly string[];
  issuer: "ca" | "front-proxy-ca";
}

const AUTHORITIES = ["ca", "front-proxy-ca"] as const;

/** Every certificate a cluster needs; the API server's and the kubelet's names depend on the node's address. */
export function certificateSpecs(addresses: {
  node: string;
  service: string;
  nodeName: string;
}): CertificateSpec[] {
  const user = (file: string, commonName: string, organization?: string): CertificateSpec => ({
    file,
    commonName,
    ...(organization === undefined ? {} : { organization }),
    issuer: "ca",
  });
  const local = ["localhost", "127.0.0.1", addresses.node];
  return [
    {
      ...user("apiserver", "kube-apiserver"),
      names: [
        "kubernetes",
        "kubernetes.default",
        "kubernetes.default.svc",
        "kubernetes.default.svc.cluster.local",
        addresses.service,
        ...local,
      ],
    },
    { ...user("etcd", "etcd"), names: local },
    {
      ...user("kubelet", `system:node:${addresses.nodeName}`, "system:nodes"),
      names: [addresses.nodeName, ...local],
    },
    {
      ...user("metrics-server", "system:metrics-server"),
      names: ["metrics-server.kube-system.svc", ...local],
    },
    user("apiserver-kubelet-client", "kube-apiserver-kubelet-client", "system:masters"),
    user("admin", "portolan-sandbox-admin", "system:masters"),
    user("controller-manager", "system:kube-controller-manager"),
    user("scheduler", "system:kube-scheduler"),
    user("kube-proxy", "system:kube-proxy"),
    user("coredns", "system:coredns"),
    user("local-path-provisioner", "system:local-path-provisioner"),
    { file: "front-proxy-client", commonName: "front-proxy-client", issuer: "front-proxy-ca" },
  ];
}

/**
 * Makes the certificates in `folder`, or keeps those made before for the same list: a cluster that is started
 * again keeps its kubeconfig. EC P-256, as RSA keys would take most of a second each.
 */
export async function ensureCertificates(folder: string, specs: readonly CertificateSpec[]): Promise<void> {
  const stamp = join(folder, "made-for");
  const wanted = createHash("sha256").update(JSON.stringify(specs)).digest("hex");
  if (existsSync(stamp)) {
    const [hash, until] = readFileSync(stamp, "utf8").split(" ");
    if (hash === wanted && Number(until) > Date.now() + 30 * DAY) return;
  }
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  x509.cryptoProvider.set(webcrypto);

  const authorities = new Map<string, { certificate: x509.X509Certificate; keys: webcrypto.CryptoKeyPair }>();
  for (const file of AUTHORITIES) {
    const keys = await generateKeys();
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: [{ CN: [`portolan-sandbox-${file}`] }],
      keys,
      signingAlgorithm: KEYS,
      ...validity(),
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      ],
    });
    authorities.set(file, { certificate, keys });
    await write(folder, file, certificate, keys);
  }
  await Promise.all(specs.map((spec) => issue(folder, spec, authorities)));

  const accounts = await generateKeys();
  writeFileSync(join(folder, "service-accounts.key"), await privateKeyPem(accounts), { mode: 0o600 });
  const spki = await webcrypto.subtle.exportKey("spki", accounts.publicKey);
  writeFileSync(join(folder, "service-accounts.pub"), x509.PemConverter.encode(spki, "PUBLIC KEY"));
  writeFileSync(stamp, `${wanted} ${Date.now() + LIFETIME}`);
}

async function issue(
  folder: string,
  spec: CertificateSpec,
  authorities: ReadonlyMap<string, { certificate: x509.X509Certificate; keys: webcrypto.CryptoKeyPair }>,
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
    ...validity(),
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

function validity(): { notBefore: Date; notAfter: Date } {
  // An hour back: the clock of a virtual machine may step backwards after a resume.
  return { notBefore: new Date(Date.now() - 3600_000), notAfter: new Date(Date.now() + LIFETIME) };
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
