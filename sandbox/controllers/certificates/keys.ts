/** Private keys: made, read and written in the forms that cert-manager offers. */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  type webcrypto,
} from "node:crypto";
import { promisify } from "node:util";
import type { CertificateSpec } from "./objects.ts";

type KeySpec = CertificateSpec["privateKey"];

const generate = promisify(generateKeyPair);
const curves = { 256: "P-256", 384: "P-384", 521: "P-521" } as const;

function curveOf(size: number | undefined): (typeof curves)[keyof typeof curves] {
  const curve = new Map<number, (typeof curves)[keyof typeof curves]>(
    Object.entries(curves).map(([bits, name]) => [Number(bits), name]),
  ).get(size ?? 256);
  if (curve === undefined) throw new Error(`privateKey.size ${size} is not one of 256, 384, 521 for ECDSA`);
  return curve;
}

/** A new private key of this kind. Throws for a size that the algorithm does not have. */
export async function newKey(spec: KeySpec): Promise<KeyObject> {
  if (spec.algorithm === "ECDSA") {
    return (await generate("ec", { namedCurve: curveOf(spec.size) })).privateKey;
  }
  if (spec.algorithm === "Ed25519") return (await generate("ed25519")).privateKey;
  const size = spec.size ?? 2048;
  if (size < 2048 || size > 8192)
    throw new Error(`privateKey.size ${size} is not between 2048 and 8192 for RSA`);
  return (await generate("rsa", { modulusLength: size })).privateKey;
}

/** Whether the key is of this kind and so may be kept. */
export function fits(key: KeyObject, spec: KeySpec): boolean {
  const details = key.asymmetricKeyDetails;
  if (spec.algorithm === "RSA") {
    return key.asymmetricKeyType === "rsa" && details?.modulusLength === (spec.size ?? 2048);
  }
  if (spec.algorithm === "Ed25519") return key.asymmetricKeyType === "ed25519";
  const names = { "P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1" } as const;
  return key.asymmetricKeyType === "ec" && details?.namedCurve === names[curveOf(spec.size)];
}

/** PEM in the encoding asked for; Ed25519 exists as PKCS8 only. */
export function keyPem(key: KeyObject, encoding: KeySpec["encoding"]): string {
  const pkcs1 = key.asymmetricKeyType === "rsa" ? "pkcs1" : "sec1";
  const type = encoding === "PKCS8" || key.asymmetricKeyType === "ed25519" ? "pkcs8" : pkcs1;
  return key.export({ format: "pem", type }).toString();
}

/** A key from PEM, or `undefined` when it is none. */
export function readKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}

/** How a key signs, in WebCrypto's words: the algorithm to import it with and to sign by. */
export function signingAlgorithm(key: KeyObject): webcrypto.EcKeyAlgorithm & webcrypto.EcdsaParams {
  const type = key.asymmetricKeyType;
  if (type === "rsa") return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", namedCurve: "" };
  if (type === "ed25519") return { name: "Ed25519", hash: "SHA-512", namedCurve: "" };
  const named = key.asymmetricKeyDetails?.namedCurve;
  if (type === "ec" && named === "prime256v1") return { name: "ECDSA", hash: "SHA-256", namedCurve: "P-256" };
  if (type === "ec" && named === "secp384r1") return { name: "ECDSA", hash: "SHA-384", namedCurve: "P-384" };
  if (type === "ec" && named === "secp521r1") return { name: "ECDSA", hash: "SHA-512", namedCurve: "P-521" };
  throw new Error(`a key of type ${type} ${named ?? ""} cannot sign here; use RSA, ECDSA or Ed25519`);
}

/** The private key and its public half as WebCrypto has them. */
export function cryptoKeys(key: KeyObject): {
  privateKey: webcrypto.CryptoKey;
  publicKey: webcrypto.CryptoKey;
} {
  const algorithm = signingAlgorithm(key);
  return {
    privateKey: key.toCryptoKey(algorithm, true, ["sign"]),
    publicKey: createPublicKey(key).toCryptoKey(algorithm, true, ["verify"]),
  };
}
