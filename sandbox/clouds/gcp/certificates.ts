/** What the APIs tell of an authority: its PEM and what it says of itself. */
import { createHash, X509Certificate } from "node:crypto";

/** With nothing behind the cloud there is no certificate to read: then only the PEM is told. */
export function certificateFacts(pem: string) {
  const found = read(pem);
  return {
    cert: pem,
    commonName: /CN=(.*)/.exec(found?.subject ?? "")?.[1] ?? "",
    createTime: timeOf(found?.validFrom),
    expirationTime: timeOf(found?.validTo),
    sha1Fingerprint: createHash("sha1")
      .update(found?.raw ?? pem)
      .digest("hex"),
  };
}

function read(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function timeOf(text: string | undefined): string {
  return text === undefined ? "" : new Date(text).toISOString();
}
