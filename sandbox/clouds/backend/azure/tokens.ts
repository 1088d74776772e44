/**
 * Tokens of the simulated directory, and those of ServiceAccounts that it takes in exchange. Its own are signed with the
 * key that its servers share (the real ones by a published key): clients are not to read them.
 */
import { createHmac, createPublicKey, timingSafeEqual, verify } from "node:crypto";
import { z } from "zod";
import { tenant } from "./names.ts";

const lifetime = 3600;

const claimsSchema = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  appid: z.string().optional(),
  sub: z.string().optional(),
  nbf: z.number().default(0),
  exp: z.number(),
});
export type Claims = z.infer<typeof claimsSchema>;

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A bearer token for `audience` that says its holder is the application `appid`; `owner` is the cloud itself. */
export function issueToken(
  key: string,
  appid: string,
  audience: string,
  now: number,
): { token: string; expires: number } {
  const seconds = Math.floor(now / 1000);
  const claims = {
    iss: `https://sts.windows.net/${tenant}/`,
    aud: audience.replace(/\/$/, ""),
    tid: tenant,
    appid,
    iat: seconds - 5,
    nbf: seconds - 5,
    exp: seconds + lifetime,
  };
  const body = `${base64url({ alg: "HS256", typ: "JWT" })}.${base64url(claims)}`;
  return {
    token: `${body}.${createHmac("sha256", key).update(body).digest("base64url")}`,
    expires: lifetime,
  };
}

function claimsOf(part: string | undefined): Claims | undefined {
  try {
    return claimsSchema.safeParse(JSON.parse(Buffer.from(part ?? "", "base64url").toString("utf8"))).data;
  } catch {
    return undefined;
  }
}

function inTime({ nbf, exp }: Claims, now: number): boolean {
  return nbf * 1000 <= now && now < exp * 1000;
}

function isFor({ aud }: Claims, audience: string): boolean {
  return [aud].flat().some((one) => one.replace(/\/$/, "") === audience);
}

/** Who a token of ours is of; undefined for one that is not ours, is over, or is for somebody else. */
export function readToken(key: string, token: string, audience: string, now: number): string | undefined {
  const [head = "", body = "", signature = ""] = token.split(".");
  const wanted = createHmac("sha256", key).update(`${head}.${body}`).digest();
  const given = Buffer.from(signature, "base64url");
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  const claims = claimsOf(body);
  return claims !== undefined && inTime(claims, now) && isFor(claims, audience) ? claims.appid : undefined;
}

/** The `authorization` header's token. */
export function bearer(header: string | undefined): string | undefined {
  return /^Bearer (\S+)$/i.exec(header ?? "")?.[1];
}

/** What the cluster says of its tokens: its issuer and its public keys (RFC 7517). */
export const issuerSchema = z.object({
  issuer: z.string(),
  keys: z.array(z.looseObject({ kty: z.string(), kid: z.string().optional(), alg: z.string().optional() })),
});
export type Issuer = z.infer<typeof issuerSchema>;

const headSchema = z.object({ alg: z.enum(["RS256", "ES256"]), kid: z.string().optional() });

/** The subject of a ServiceAccount's token for this audience; undefined for any other. */
export function readClusterToken(
  of: Issuer,
  token: string,
  audience: string,
  now: number,
): string | undefined {
  const [head = "", body = "", signature = ""] = token.split(".");
  const claims = claimsOf(body);
  const said = headSchema.safeParse(parsed(head)).data;
  if (claims === undefined || said === undefined) return undefined;
  const signed = Buffer.from(`${head}.${body}`);
  const isSigned = of.keys.some((jwk) => {
    if (said.kid !== undefined && jwk.kid !== undefined && jwk.kid !== said.kid) return false;
    const key = createPublicKey({ key: jwk, format: "jwk" });
    return verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
  });
  return isSigned && claims.iss === of.issuer && inTime(claims, now) && isFor(claims, audience)
    ? claims.sub
    : undefined;
}

function parsed(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
}
