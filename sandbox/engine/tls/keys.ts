import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { promisify } from "node:util";
import type { PlainBag } from "../rpc/values.ts";

/** The names of the real provider for curves, with those of OpenSSL. */
const curves: Record<string, string> = {
  P224: "secp224r1",
  P256: "prime256v1",
  P384: "secp384r1",
  P521: "secp521r1",
};
export const curveNames: readonly string[] = Object.keys(curves);
export const algorithms = ["RSA", "ECDSA", "ED25519"] as const;

const generate = promisify(generateKeyPair);

export async function newKey(algorithm: string, bits: number, curve: string): Promise<KeyObject> {
  if (algorithm === "RSA") return (await promisifiedRsa(bits)).privateKey;
  if (algorithm === "ED25519") return (await generate("ed25519", {})).privateKey;
  const namedCurve = curves[curve];
  if (namedCurve === undefined)
    throw new Error(`ecdsaCurve is ${curve}; allowed are ${curveNames.join(", ")}`);
  return (await generate("ec", { namedCurve })).privateKey;
}

function promisifiedRsa(modulusLength: number): Promise<{ privateKey: KeyObject }> {
  return new Promise((resolve, reject) => {
    generateKeyPair("rsa", { modulusLength }, (error, _publicKey, privateKey) =>
      error === null ? resolve({ privateKey }) : reject(error),
    );
  });
}

/** Reads a private key in PEM, of any of its forms. @throws when it is none */
export function parseKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new Error(
      `The private key is not one in PEM: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

export function algorithmOf(key: KeyObject): "RSA" | "ECDSA" | "ED25519" {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return "RSA";
    case "ec":
      return "ECDSA";
    case "ed25519":
      return "ED25519";
    default:
      throw new Error(
        `Keys of type ${key.asymmetricKeyType} are not known; allowed are ${algorithms.join(", ")}`,
      );
  }
}

function pem(key: KeyObject, type: "pkcs1" | "sec1" | "pkcs8"): string {
  return String(type === "pkcs1" ? key.export({ type, format: "pem" }) : key.export({ type, format: "pem" }));
}

/** The outputs of a PrivateKey or getPublicKey. */
export function keyOutputs(key: KeyObject): { id: string; outputs: PlainBag } {
  const algorithm = algorithmOf(key);
  const publicKey = createPublicKey(key);
  const own = { RSA: "pkcs1", ECDSA: "sec1", ED25519: "pkcs8" } as const;
  const spki = publicKey.export({ type: "spki", format: "der" });
  const ssh = sshPublic(key);
  const md5 =
    ssh === undefined
      ? ""
      : createHash("md5")
          .update(ssh.blob)
          .digest("hex")
          .replace(/(..)(?=.)/g, "$1:");
  const sha256 =
    ssh === undefined
      ? ""
      : `SHA256:${createHash("sha256").update(ssh.blob).digest("base64").replace(/=+$/, "")}`;
  return {
    id: createHash("sha1").update(spki).digest("hex"),
    outputs: {
      algorithm,
      privateKeyPem: pem(key, own[algorithm]),
      privateKeyPemPkcs8: pem(key, "pkcs8"),
      privateKeyOpenssh: ssh === undefined ? "" : sshPrivate(key, ssh),
      publicKeyPem: String(publicKey.export({ type: "spki", format: "pem" })),
      publicKeyOpenssh: ssh === undefined ? "" : `${ssh.type} ${ssh.blob.toString("base64")}\n`,
      publicKeyFingerprintMd5: md5,
      publicKeyFingerprintSha256: sha256,
    },
  };
}

type Ssh = { type: string; blob: Buffer };

function field(value: Buffer | string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A positive integer as SSH writes it (RFC 4251, section 5): a leading zero where the first bit is set. */
function integer(base64url: string | undefined): Buffer {
  const bytes = Buffer.from(base64url ?? "", "base64url");
  const start = bytes.findIndex((byte) => byte !== 0);
  const trimmed = bytes.subarray(Math.max(0, start));
  return field((trimmed[0] ?? 0) > 127 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed);
}

function sshPublic(key: KeyObject): Ssh | undefined {
  const details = key.asymmetricKeyDetails?.namedCurve;
  // SSH has no P-224 (RFC 5656, section 10.1), and a JSON key cannot hold one either.
  if (details === "secp224r1") return undefined;
  const jwk = createPublicKey(key).export({ format: "jwk" });
  if (jwk.kty === "RSA") {
    return { type: "ssh-rsa", blob: Buffer.concat([field("ssh-rsa"), integer(jwk.e), integer(jwk.n)]) };
  }
  if (jwk.kty === "OKP") {
    return {
      type: "ssh-ed25519",
      blob: Buffer.concat([field("ssh-ed25519"), field(Buffer.from(jwk.x ?? "", "base64url"))]),
    };
  }
  const curve = (jwk.crv ?? "").replace("P-", "nistp");
  const type = `ecdsa-sha2-${curve}`;
  const point = Buffer.concat([
    Buffer.from([4]),
    Buffer.from(jwk.x ?? "", "base64url"),
    Buffer.from(jwk.y ?? "", "base64url"),
  ]);
  return { type, blob: Buffer.concat([field(type), field(curve), field(point)]) };
}

/** OpenSSH's own form, without a passphrase (PROTOCOL.key of OpenSSH). */
function sshPrivate(key: KeyObject, { type, blob }: Ssh): string {
  const jwk = key.export({ format: "jwk" });
  const check = randomBytes(4);
  const secret =
    jwk.kty === "RSA"
      ? Buffer.concat([field(type), ...[jwk.n, jwk.e, jwk.d, jwk.qi, jwk.p, jwk.q].map(integer)])
      : jwk.kty === "OKP"
        ? Buffer.concat([
            blob,
            field(
              Buffer.concat([Buffer.from(jwk.d ?? "", "base64url"), Buffer.from(jwk.x ?? "", "base64url")]),
            ),
          ])
        : Buffer.concat([blob, integer(jwk.d)]);
  const body = Buffer.concat([check, check, secret, field("")]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, at) => at + 1));
  const one = Buffer.from([0, 0, 0, 1]);
  const all = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    field("none"),
    field("none"),
    field(""),
    one,
    field(blob),
    field(Buffer.concat([body, padding])),
  ]);
  const lines = all.toString("base64").match(/.{1,70}/g) ?? [];
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join("\n")}\n-----END OPENSSH PRIVATE KEY-----\n`;
}
