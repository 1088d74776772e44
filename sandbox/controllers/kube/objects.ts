/** What the controllers read of any Kubernetes object. Parsed, so that a surprise is an error and not a crash later. */
import { z } from "zod";

export const metadataSchema = z.object({
  name: z.string(),
  namespace: z.string().default(""),
  resourceVersion: z.string().default("0"),
  uid: z.string().default(""),
  creationTimestamp: z.string().default(""),
  generation: z.number().optional(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
});
export type Metadata = z.infer<typeof metadataSchema>;

/** A core Secret; values stay base64 until used. */
export const secretSchema = z.object({
  metadata: metadataSchema,
  type: z.string().default("Opaque"),
  data: z.record(z.string(), z.string()).default({}),
});
export type Secret = z.infer<typeof secretSchema>;

/** A value of a Secret as text, or `undefined` when the key is absent. */
export function secretText(secret: Secret, key: string): string | undefined {
  const value = secret.data[key];
  return value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8");
}

/** The version of a written object, from the API's answer. */
export function versionOf(answer: unknown): string {
  return z.object({ metadata: z.object({ resourceVersion: z.string() }) }).parse(answer).metadata
    .resourceVersion;
}
