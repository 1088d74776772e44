/** A sealed text in the database that only the first APP_KEY opens: proof that a write-once key was never made anew. */
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";

const plain = "portolan-probe-canary";
const ivBytes = 12;
const tagBytes = 16;

/** Seals the canary with AES-256-GCM; base64 of iv, tag and ciphertext. */
export function sealCanary(appKey: string): string {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv("aes-256-gcm", keyOf(appKey), iv);
  const sealed = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
  return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64");
}

/** Whether the key opens the canary. */
export function opensCanary(appKey: string, sealed: string): boolean {
  const bytes = Buffer.from(sealed, "base64");
  if (bytes.length <= ivBytes + tagBytes) return false;
  try {
    const decipher = createDecipheriv("aes-256-gcm", keyOf(appKey), bytes.subarray(0, ivBytes));
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    const opened = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
    return opened.toString("utf8") === plain;
  } catch {
    // GCM's answer to a wrong key is an exception: that is the answer here.
    return false;
  }
}

function keyOf(appKey: string): Buffer {
  return Buffer.from(hkdfSync("sha256", appKey, "", "portolan-probe", 32));
}
