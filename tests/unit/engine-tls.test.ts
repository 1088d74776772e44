import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Provider } from "../../sandbox/engine/rpc/provider.ts";
import { type Bag, hasSecret, type PlainBag, Secret, toPlain } from "../../sandbox/engine/rpc/values.ts";
import { tlsProvider } from "../../sandbox/engine/tls/index.ts";

const silent = { status: () => {}, info: () => {}, warning: () => {} };
const provider: Provider = tlsProvider("0.0.0")(silent, () => ".");

async function make(
  kind: string,
  news: Bag,
): Promise<{ id: string; plain: PlainBag; bag: Bag; inputs: Bag }> {
  const lower = kind.charAt(0).toLowerCase() + kind.slice(1);
  const target = {
    urn: `urn:pulumi:s::p::tls:index/${lower}:${kind}::x`,
    type: `tls:index/${lower}:${kind}`,
    name: "x",
  };
  const checked = await provider.check({ ...target, olds: {}, news, randomSeed: new Uint8Array() });
  if (checked.failures.length > 0) throw new Error(checked.failures.map(({ reason }) => reason).join("; "));
  const created = await provider.create({ ...target, news: checked.inputs, preview: false, timeout: 0 });
  return { id: created.id, plain: toPlain(created.outputs), bag: created.outputs, inputs: checked.inputs };
}

const day = 24;

describe("tls.PrivateKey", () => {
  it.each([
    ["RSA", {}, "-----BEGIN RSA PRIVATE KEY-----", "ssh-rsa "],
    ["ECDSA", { ecdsaCurve: "P256" }, "-----BEGIN EC PRIVATE KEY-----", "ecdsa-sha2-nistp256 "],
    ["ECDSA", {}, "-----BEGIN EC PRIVATE KEY-----", ""],
    ["ED25519", {}, "-----BEGIN PRIVATE KEY-----", "ssh-ed25519 "],
  ])("makes a %s key %o in the forms of the real provider", async (algorithm, more, head, ssh) => {
    const { plain, bag } = await make("PrivateKey", { algorithm, ...more });
    expect(String(plain.privateKeyPem)).toMatch(new RegExp(`^${head}\n[^]*-----\n$`));
    expect(String(plain.publicKeyOpenssh).startsWith(ssh)).toBe(true);
    const key = createPrivateKey(String(plain.privateKeyPemPkcs8));
    expect(createPublicKey(key).export({ type: "spki", format: "pem" })).toBe(plain.publicKeyPem);
    for (const name of ["privateKeyPem", "privateKeyPemPkcs8", "privateKeyOpenssh"])
      expect(bag[name]).toBeInstanceOf(Secret);
    expect(bag.publicKeyPem).not.toBeInstanceOf(Secret);
  });

  it("refuses an algorithm and a curve that do not exist, both at once", async () => {
    await expect(make("PrivateKey", { algorithm: "DSA", ecdsaCurve: "P1" })).rejects.toThrow(
      "algorithm is DSA; allowed are RSA, ECDSA, ED25519; ecdsaCurve is P1; allowed are P224, P256, P384, P521",
    );
  });
});

async function authority(algorithm: string): Promise<{ key: string; cert: string }> {
  const { plain } = await make("PrivateKey", { algorithm, ecdsaCurve: "P384" });
  const key = String(plain.privateKeyPem);
  const made = await make("SelfSignedCert", {
    privateKeyPem: new Secret(key),
    isCaCertificate: true,
    allowedUses: ["cert_signing", "crl_signing"],
    validityPeriodHours: 10 * day,
    subject: { commonName: "test authority", organization: "Portolan" },
  });
  expect(made.bag.privateKeyPem).toBeInstanceOf(Secret);
  return { key, cert: String(made.plain.certPem) };
}

describe("certificates", () => {
  it.each(["RSA", "ECDSA", "ED25519"])(
    "signs a server's certificate by an authority with a %s key",
    async (algorithm) => {
      const ca = await authority(algorithm);
      const root = new X509Certificate(ca.cert);
      expect(root.ca).toBe(true);
      expect(root.verify(root.publicKey)).toBe(true);
      expect(root.subject).toBe("O=Portolan\nCN=test authority");
      const { plain } = await make("PrivateKey", { algorithm: "ECDSA", ecdsaCurve: "P256" });
      const request = await make("CertRequest", {
        privateKeyPem: new Secret(plain.privateKeyPem ?? ""),
        dnsNames: ["db.example", "*.db.example"],
        ipAddresses: ["10.1.2.3"],
        subject: { commonName: "db" },
      });
      const signed = await make("LocallySignedCert", {
        certRequestPem: request.plain.certRequestPem ?? "",
        caCertPem: ca.cert,
        caPrivateKeyPem: new Secret(ca.key),
        allowedUses: ["digital_signature", "key_encipherment", "server_auth"],
        validityPeriodHours: day,
      });
      const certificate = new X509Certificate(String(signed.plain.certPem));
      expect(certificate.verify(root.publicKey)).toBe(true);
      expect(certificate.checkIssued(root)).toBe(true);
      expect(certificate.ca).toBe(false);
      expect(certificate.checkHost("x.db.example")).toBe("*.db.example");
      expect(certificate.checkIP("10.1.2.3")).toBe("10.1.2.3");
      expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
      expect(certificate.checkPrivateKey(createPrivateKey(String(plain.privateKeyPem)))).toBe(true);
      expect(BigInt(`0x${certificate.serialNumber}`).toString()).toBe(signed.id);
      expect(signed.plain.caKeyAlgorithm).toBe(algorithm);
      expect(hasSecret(signed.bag.certPem)).toBe(false);
      expect(String(signed.plain.certPem).endsWith("-----END CERTIFICATE-----\n")).toBe(true);
    },
  );

  it("is made anew when its end comes nearer than earlyRenewalHours, and not before", async () => {
    const { plain } = await make("PrivateKey", { algorithm: "ED25519" });
    const made = await make("SelfSignedCert", {
      privateKeyPem: new Secret(plain.privateKeyPem ?? ""),
      allowedUses: ["server_auth"],
      validityPeriodHours: 10,
      earlyRenewalHours: 5,
    });
    const type = "tls:index/selfSignedCert:SelfSignedCert";
    const args = {
      urn: "u",
      type,
      name: "x",
      id: made.id,
      oldInputs: made.inputs,
      oldOutputs: made.bag,
      ignoreChanges: [],
    };
    expect(await provider.diff({ ...args, news: made.inputs })).toEqual({ changes: [] });
    const { changes } = await provider.diff({ ...args, news: { ...made.inputs, earlyRenewalHours: 11 } });
    expect(changes.filter(({ replace }) => replace).map(({ path }) => path)).toEqual(["readyForRenewal"]);
  });

  it("refuses a use and a subject key that do not exist", async () => {
    const news = {
      privateKeyPem: "x",
      allowedUses: ["serverauth"],
      validityPeriodHours: 1,
      subject: { CN: "x" },
    };
    await expect(make("SelfSignedCert", news)).rejects.toThrow(
      /serverauth is no use; allowed are .*; subject has no "CN"; it has country/,
    );
  });
});
