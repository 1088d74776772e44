/**
 * Access tokens of the simulated Google Cloud: whose they are and until when, signed with the secret of that account.
 * The metadata server makes them, and the store's gate looks at them.
 */
import { createHmac, timingSafeEqual } from "node:crypto";

/** As Google's begin. */
const start = "ya29";

function signature(secretKey: string, payload: string): string {
  return createHmac("sha256", secretKey).update(payload).digest("base64url");
}

/** `until`: ms since 1970. */
export function makeToken(
  { accessKey, secretKey }: { readonly accessKey: string; readonly secretKey: string },
  until: number,
): string {
  const payload = `${start}.${accessKey}.${Math.floor(until / 1000)}`;
  return `${payload}.${signature(secretKey, payload)}`;
}

/** The account of a token that is good now; undefined for any other text. */
export function accountOfToken(
  token: string,
  secretOf: (accessKey: string) => string | undefined,
  now: number,
): string | undefined {
  const [prefix, accessKey = "", until = "", signed = "", ...more] = token.split(".");
  const secret = secretOf(accessKey);
  if (prefix !== start || secret === undefined || more.length > 0 || Number(until) * 1000 <= now)
    return undefined;
  const [given, right] = [signed, signature(secret, `${start}.${accessKey}.${until}`)].map((text) =>
    Buffer.from(text),
  );
  if (given === undefined || right === undefined || given.length !== right.length) return undefined;
  return timingSafeEqual(given, right) ? accessKey : undefined;
}
