import { X509Certificate } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Authority, issue, splitChain } from "../../sandbox/controllers/certificates/issue.ts";
import { signerFor } from "../../sandbox/controllers/certificates/issuers.ts";
import { keyPem, newKey } from "../../sandbox/controllers/certificates/keys.ts";
import { certificateSpecSchema, issuerSchema } from "../../sandbox/controllers/certificates/objects.ts";
import {
  planCertificate,
  renewalTime,
  requestAnnotation,
  requestHash,
} from "../../sandbox/controllers/certificates/plan.ts";
import { secretData, secretManifest } from "../../sandbox/controllers/certificates/secret.ts";
import { readyCondition, saysSo, withCondition } from "../../sandbox/controllers/certificates/status.ts";
import { secretSchema } from "../../sandbox/controllers/kube/objects.ts";

const day = 24 * 3_600_000;
const now = new Date("2026-11-21T00:00:00Z");
const times = { notBefore: now, notAfter: new Date(now.getTime() + 90 * day) };
const ecdsa = { algorithm: "ECDSA" } as const;
const spec = (more: object = {}) =>
  certificateSpecSchema.parse({
    secretName: "tls",
    issuerRef: { name: "ca" },
    dnsNames: ["a.test"],
    privateKey: ecdsa,
    ...more,
  });

async function authority(): Promise<Authority> {
  const ca = spec({ commonName: "root", isCA: true, usages: ["cert sign"], dnsNames: [] });
  const key = await newKey(ca.privateKey);
  const { certificate } = await issue({ ...ca, ...times }, key);
  return { chain: [certificate], key };
}

describe("issuing", () => {
  it.each(["RSA", "ECDSA", "Ed25519"] as const)("signs a certificate for a key of %s", async (algorithm) => {
    const signer = await authority();
    const wanted = spec({
      privateKey: { algorithm },
      ipAddresses: ["10.0.0.1"],
      usages: ["server auth", "digital signature"],
    });
    const key = await newKey(wanted.privateKey);
    const { chain, root } = await issue({ ...wanted, ...times }, key, signer);
    const leaf = new X509Certificate(chain);
    expect(leaf.verify(new X509Certificate(root).publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(key)).toBe(true);
    expect(leaf.subjectAltName).toBe("DNS:a.test, IP Address:10.0.0.1");
    expect(leaf.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
    expect(leaf.ca).toBe(false);
    expect(new Date(leaf.validTo)).toEqual(times.notAfter);
    expect(root).toBe(signer.chain[0]);
  });

  it("writes what lies between, and not the root, behind a certificate", async () => {
    const root = await authority();
    const middle = spec({ commonName: "middle", isCA: true, usages: [], dnsNames: [] });
    const middleKey = await newKey(middle.privateKey);
    const issued = await issue({ ...middle, ...times }, middleKey, root);
    const below: Authority = { chain: [issued.certificate, ...root.chain], key: middleKey };
    const leaf = await issue({ ...spec(), ...times }, await newKey(smallKey()), below);
    expect(splitChain(leaf.chain)).toEqual([leaf.certificate, issued.certificate]);
    expect(leaf.root).toBe(root.chain[0]);
    expect(new X509Certificate(leaf.certificate).checkIssued(new X509Certificate(issued.certificate))).toBe(
      true,
    );
  });

  it("gives each certificate a serial number of its own", async () => {
    const signer = await authority();
    const key = await newKey(smallKey());
    const serials = await Promise.all([1, 2].map(() => issue({ ...spec(), ...times }, key, signer)));
    expect(new Set(serials.map((s) => new X509Certificate(s.certificate).serialNumber)).size).toBe(2);
  });

  it("writes keys in the encoding asked for", async () => {
    const head = async (privateKey: object, encoding: "PKCS1" | "PKCS8") =>
      keyPem(await newKey(spec({ privateKey }).privateKey), encoding).split("\n")[0];
    expect(await head({ algorithm: "RSA" }, "PKCS1")).toBe("-----BEGIN RSA PRIVATE KEY-----");
    expect(await head({ algorithm: "ECDSA", size: 384 }, "PKCS1")).toBe("-----BEGIN EC PRIVATE KEY-----");
    expect(await head({ algorithm: "Ed25519" }, "PKCS1")).toBe("-----BEGIN PRIVATE KEY-----");
    expect(await head({ algorithm: "RSA" }, "PKCS8")).toBe("-----BEGIN PRIVATE KEY-----");
    await expect(newKey(spec({ privateKey: { algorithm: "ECDSA", size: 2048 } }).privateKey)).rejects.toThrow(
      "256, 384, 521",
    );
  });
});

function smallKey() {
  return spec().privateKey;
}

describe("a specification", () => {
  it.each([
    [{ keystores: {} }, "keystores"],
    [{ usages: ["flying"] }, "unknown to the sandbox"],
    [{ duration: "90d" }, 'duration "90d" is not of the form'],
    [{ privateKey: { algorithm: "DSA" } }, "algorithm"],
  ])("that is not honoured is refused: %j", (more, why) => {
    const parsed = certificateSpecSchema.safeParse({ secretName: "t", issuerRef: { name: "ca" }, ...more });
    expect(JSON.stringify(parsed.error?.issues)).toContain(why.replaceAll('"', '\\"'));
  });

  it("has cert-manager's defaults", () => {
    const parsed = certificateSpecSchema.parse({ secretName: "t", issuerRef: { name: "ca" } });
    expect(parsed).toMatchObject({
      duration: 90 * day,
      privateKey: { algorithm: "RSA", encoding: "PKCS1", rotationPolicy: "Always" },
      usages: ["digital signature", "key encipherment"],
      issuerRef: { kind: "Issuer", group: "cert-manager.io" },
    });
  });
});

describe("a Secret", () => {
  async function written(wanted = spec()) {
    const signer = await authority();
    const key = await newKey(wanted.privateKey);
    const { chain, root } = await issue({ ...wanted, ...times }, key, signer);
    const hash = requestHash(wanted, signer.chain[0]);
    const secret = secretSchema.parse(
      secretManifest("acme", "web", wanted, hash, secretData(chain, keyPem(key, "PKCS8"), root)),
    );
    return { signer, secret, hash, wanted };
  }

  it("is kept while it is what was asked for", async () => {
    const { secret, hash, wanted } = await written();
    expect(planCertificate(wanted, hash, secret, now)).toEqual({
      kind: "keep",
      ...times,
      renewal: new Date(now.getTime() + 60 * day),
    });
  });

  it("is issued again when anything that goes into it changes", async () => {
    const { secret, wanted, signer, hash } = await written();
    const reason = (more: object, root = signer.chain[0], present = secret, at = now) => {
      const next = { ...wanted, ...more };
      const plan = planCertificate(next, requestHash(next, root), present, at);
      return plan.kind === "issue" ? plan.reason : plan.kind;
    };
    expect(reason({ dnsNames: ["b.test"] })).toBe("SecretMismatch");
    expect(reason({ duration: day })).toBe("SecretMismatch");
    expect(reason({}, (await authority()).chain[0])).toBe("SecretMismatch");
    expect(reason({ privateKey: spec({ privateKey: { algorithm: "RSA" } }).privateKey })).toBe(
      "InvalidKeyPair",
    );
    expect(reason({ renewBefore: day, secretTemplate: { labels: { a: "b" }, annotations: {} } })).toBe(
      "keep",
    );
    const later = (days: number) => new Date(now.getTime() + days * day);
    expect(reason({}, signer.chain[0], secret, later(59))).toBe("keep");
    expect(planCertificate(wanted, hash, secret, later(61))).toMatchObject({ reason: "Renewing" });
    expect(planCertificate(wanted, hash, undefined, now)).toMatchObject({ reason: "DoesNotExist" });
    const broken = { ...secret, data: { ...secret.data, "tls.crt": "" } };
    expect(planCertificate(wanted, hash, broken, now)).toMatchObject({ reason: "InvalidCertificate" });
    const other = (await written()).secret.data["tls.key"] ?? "";
    const swapped = { ...secret, data: { ...secret.data, "tls.key": other } };
    expect(planCertificate(wanted, hash, swapped, now)).toMatchObject({ reason: "InvalidKeyPair" });
  });

  it("carries its template and says where it comes from", async () => {
    const { secret } = await written(
      spec({ secretTemplate: { labels: { team: "x" }, annotations: { note: "y" } } }),
    );
    expect(secret.metadata.labels.team).toBe("x");
    expect(secret.metadata.annotations).toMatchObject({
      note: "y",
      "cert-manager.io/certificate-name": "web",
    });
    expect(secret.metadata.annotations[requestAnnotation]).toMatch(/^[0-9a-f]{32}$/);
  });

  it("is renewed a third of its life ahead, unless told otherwise", () => {
    const end = new Date(now.getTime() + 90 * day);
    expect(renewalTime(now, end, undefined)).toEqual(new Date(now.getTime() + 60 * day));
    expect(renewalTime(now, end, day)).toEqual(new Date(now.getTime() + 89 * day));
    expect(renewalTime(now, end, 100 * day)).toEqual(new Date(now.getTime() + 60 * day));
  });
});

describe("an issuer", () => {
  const issuer = (name: string, namespace: string, kind: object) =>
    issuerSchema.parse({ metadata: { name, namespace }, spec: kind });
  const issuers = [
    issuer("self", "acme", { selfSigned: {} }),
    issuer("sandbox-ca", "", { ca: { secretName: "ca" } }),
    issuer("vault", "acme", { vault: {} }),
    issuer("le", "", { acme: {} }),
  ];
  const say = (ref: object) =>
    signerFor(
      { name: "x", kind: "Issuer", group: "cert-manager.io", ...ref },
      "acme",
      issuers,
      [],
      "cert-manager",
    );

  it("that is not there is told plainly", () => {
    expect(say({ name: "sandbox-ca" })).toEqual({
      kind: "trouble",
      reason: "IssuerNotFound",
      message: 'Issuer "sandbox-ca" does not exist in namespace "acme"; there is self, vault',
    });
    expect(say({ name: "self" })).toEqual({ kind: "self" });
    expect(say({ name: "vault" })).toMatchObject({
      reason: "NotSupported",
      message: expect.stringContaining('"vault"'),
    });
    expect(say({ name: "sandbox-ca", kind: "ClusterIssuer" })).toMatchObject({
      reason: "ErrGetKeyPair",
      message: 'Secret "cert-manager/ca" does not exist',
    });
    expect(say({ name: "le", kind: "ClusterIssuer" }), "by ACME: the sandbox's own").toMatchObject({
      message: 'Secret "cert-manager/sandbox-ca" does not exist',
    });
    expect(say({ kind: "AWSPCAIssuer", group: "awspca" })).toMatchObject({ reason: "IssuerNotFound" });
  });
});

describe("the Ready condition", () => {
  it("moves its time only when its status changes", () => {
    const wanted = { ready: false, reason: "IssuerNotFound", message: "m", generation: 1 };
    const first = readyCondition([], wanted, now);
    const later = new Date(now.getTime() + 5000);
    expect(readyCondition([first], wanted, later)).toEqual(first);
    expect(saysSo([first], readyCondition([first], wanted, later))).toBe(true);
    const ready = readyCondition([first], { ...wanted, ready: true }, later);
    expect(ready.lastTransitionTime).toBe("2026-11-21T00:00:05Z");
    expect(withCondition([first], ready)).toEqual([ready]);
  });
});
