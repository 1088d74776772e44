/** cert-manager's objects, as far as the sandbox honours them. */
import { z } from "zod";
import { metadataSchema } from "../kube/objects.ts";

/** Key usages and extended key usages by cert-manager's names. */
export const keyUsages = {
  signing: "digitalSignature",
  "digital signature": "digitalSignature",
  "content commitment": "nonRepudiation",
  "key encipherment": "keyEncipherment",
  "key agreement": "keyAgreement",
  "data encipherment": "dataEncipherment",
  "cert sign": "keyCertSign",
  "crl sign": "cRLSign",
  "encipher only": "encipherOnly",
  "decipher only": "decipherOnly",
} as const;

/** Object identifiers, RFC 5280 section 4.2.1.12. */
export const extendedKeyUsages = {
  any: "2.5.29.37.0",
  "server auth": "1.3.6.1.5.5.7.3.1",
  "client auth": "1.3.6.1.5.5.7.3.2",
  "code signing": "1.3.6.1.5.5.7.3.3",
  "email protection": "1.3.6.1.5.5.7.3.4",
  "s/mime": "1.3.6.1.5.5.7.3.4",
  timestamping: "1.3.6.1.5.5.7.3.8",
  "ocsp signing": "1.3.6.1.5.5.7.3.9",
} as const;

function isUsage(usage: string): usage is Usage {
  return usage in keyUsages || usage in extendedKeyUsages;
}
export type Usage = keyof typeof keyUsages | keyof typeof extendedKeyUsages;

/** Go's durations in hours, minutes and seconds (`2160h0m0s`), as milliseconds. */
const duration = z.string().transform((text, context) => {
  const match = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(text);
  if (match === null || text === "") {
    context.addIssue({ code: "custom", message: `duration "${text}" is not of the form 2160h30m10s` });
    return z.NEVER;
  }
  const [hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
  return (((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1000;
});

export const issuerRefSchema = z.object({
  name: z.string(),
  kind: z.string().default("Issuer"),
  group: z.string().default("cert-manager.io"),
});
export type IssuerRef = z.infer<typeof issuerRefSchema>;

const strings = z.record(z.string(), z.string()).default({});

/** Strict: a field that is not honoured must be told, never ignored. */
export const certificateSpecSchema = z.strictObject({
  secretName: z.string(),
  issuerRef: issuerRefSchema,
  commonName: z.string().optional(),
  subject: z.strictObject({ organizations: z.array(z.string()).default([]) }).prefault({}),
  dnsNames: z.array(z.string()).default([]),
  ipAddresses: z.array(z.string()).default([]),
  uris: z.array(z.string()).default([]),
  emailAddresses: z.array(z.string()).default([]),
  usages: z
    .array(z.string().refine(isUsage, { error: "this usage is unknown to the sandbox" }))
    .default(["digital signature", "key encipherment"]),
  isCA: z.boolean().default(false),
  duration: duration.prefault("2160h"),
  renewBefore: duration.optional(),
  privateKey: z
    .strictObject({
      algorithm: z.enum(["RSA", "ECDSA", "Ed25519"]).default("RSA"),
      size: z.int().optional(),
      encoding: z.enum(["PKCS1", "PKCS8"]).default("PKCS1"),
      rotationPolicy: z.enum(["Never", "Always"]).default("Always"),
    })
    .prefault({}),
  secretTemplate: z.strictObject({ labels: strings, annotations: strings }).prefault({}),
  revisionHistoryLimit: z.int().optional(),
});
export type CertificateSpec = z.infer<typeof certificateSpecSchema>;

const conditionSchema = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
  lastTransitionTime: z.string().default(""),
});
export type Condition = z.infer<typeof conditionSchema>;
const conditions = z.array(conditionSchema).default([]);

export const certificateSchema = z.object({
  metadata: metadataSchema,
  spec: z.unknown(),
  status: z
    .object({
      conditions,
      revision: z.int().default(0),
      notAfter: z.string().optional(),
      renewalTime: z.string().optional(),
    })
    .prefault({}),
});
export type Certificate = z.infer<typeof certificateSchema>;

/** An Issuer or ClusterIssuer. The namespace of the latter is empty. */
export const issuerSchema = z.object({
  metadata: metadataSchema,
  spec: z.looseObject({
    ca: z.object({ secretName: z.string() }).optional(),
    selfSigned: z.unknown().optional(),
    acme: z.unknown().optional(),
  }),
  status: z.object({ conditions }).prefault({}),
});
export type Issuer = z.infer<typeof issuerSchema>;
