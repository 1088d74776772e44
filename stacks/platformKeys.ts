/** Keys that several kinds of platforms have. Kinds built in a cloud have all of `cloudKeys` beside their own. */
import { z } from "zod";

export const port = z.int().min(1).max(65535);
export const size = z
  .enum(["small", "medium", "large"])
  .describe("Replicas, requests and quotas of a tenant; in a cloud, also machines, nodes and disks.");
export const lifecycle = z
  .enum(["production", "disposable"])
  .describe("production protects and keeps data; disposable is deletable in one plain `pulumi destroy`.");

const certificates = z.string().refine((text) => text.includes("-----BEGIN CERTIFICATE-----"), {
  error: "the PEM text of the certificates to trust",
});

export const roots = z
  .string()
  .refine((text) => text === "system" || text.includes("-----BEGIN CERTIFICATE-----"), {
    error: "`system` or the PEM text of the certificates to trust",
  })
  .describe("`system`, or the PEM text of the certificate authorities that signed the server's certificate.");

export const storage = z
  .strictObject({
    block: z.string().min(1).describe("StorageClass for volumes of one pod; default: the cluster's."),
    shared: z.string().min(1).describe("StorageClass for ReadWriteMany volumes."),
  })
  .partial()
  .describe("StorageClasses to use.");

export const base = z
  .string()
  .min(1)
  .describe("Makes this stack a cell: the base stack (organization/project/stack) whose services it uses.");

/** Spread into the strict object of each cloud. */
export const cloudKeys = {
  lifecycle: lifecycle.default("production"),
  size: size.default("small"),
  chartMirror: z
    .string()
    .min(1)
    .optional()
    .describe(
      "Where the charts of add-ons come from instead of their projects: a repository's URL, an oci:// prefix or a folder.",
    ),
  roots: z
    .strictObject({ database: certificates, redis: certificates, objectStore: certificates })
    .partial()
    .default({})
    .describe(
      "PEM text to trust in place of the services' usual roots, e.g. behind a proxy that inspects TLS.",
    ),
  on: base.optional(),
};
