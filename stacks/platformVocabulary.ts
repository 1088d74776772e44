/** The part of a stack file's vocabulary that says where the stack runs. */
import { z } from "zod";

export const port = z.int().min(1).max(65535);
export const size = z
  .enum(["small", "medium", "large"])
  .describe("Replicas, requests and quotas of a tenant.");
const lifecycle = z
  .enum(["production", "disposable"])
  .describe("production protects and keeps data; disposable is deletable in one plain `pulumi destroy`.");

const roots = z
  .string()
  .refine((text) => text === "system" || text.includes("-----BEGIN CERTIFICATE-----"), {
    error: "`system` or the PEM text of the certificates to trust",
  })
  .describe("`system`, or the PEM text of the certificate authorities that signed the server's certificate.");

const storage = z
  .strictObject({
    block: z.string().min(1).describe("StorageClass for volumes of one pod; default: the cluster's."),
    shared: z.string().min(1).describe("StorageClass for ReadWriteMany volumes."),
  })
  .partial()
  .describe("StorageClasses to use.");

const context = z.string().min(1).describe("Context of the kubeconfig to act on.");

const local = z.strictObject({
  kind: z.literal("local"),
  lifecycle: lifecycle.default("disposable"),
  size: size.default("small"),
  context: context.optional().describe("Default: the kubeconfig's current context. It must be disposable."),
  disposableContexts: z
    .array(z.string().min(1))
    .default([])
    .describe("Further contexts that may be filled and emptied at will."),
  storage: storage.default({}),
  on: z
    .string()
    .min(1)
    .optional()
    .describe("Makes this stack a cell: the base stack (organization/project/stack) whose services it uses."),
});

const existing = z.strictObject({
  kind: z.literal("existing"),
  lifecycle: lifecycle.default("production"),
  size: size.default("small"),
  context,
  storage: storage.default({}),
  database: z
    .strictObject({
      host: z.string().min(1),
      port: port.default(5432),
      roots: roots.default("system"),
      admin: z
        .strictObject({
          username: z.string().min(1).default("postgres"),
          secretName: z.string().min(1),
          key: z.string().min(1),
        })
        .optional()
        .describe(
          "A Secret in the namespace portolan-<stack>: with it each tenant gets an account of its own.",
        ),
    })
    .optional(),
  redis: z
    .strictObject({
      host: z.string().min(1),
      port: port.default(6379),
      roots: roots.default("system"),
      isolation: z.enum(["instance", "acl", "prefix"]),
    })
    .optional(),
  objectStore: z
    .strictObject({
      endpoint: z.url().optional(),
      region: z.string().min(1),
      forcePathStyle: z.boolean().default(false),
      roots: roots.default("system"),
    })
    .optional(),
  on: z.string().min(1).optional().describe("Makes this stack a cell on the named base stack."),
});

/** Kinds that are named so that a typo and a future kind get different answers. */
const notBuilt = (kind: "aws" | "azure" | "gcp") => z.looseObject({ kind: z.literal(kind) });

export const platform = z
  .discriminatedUnion("kind", [local, existing, notBuilt("aws"), notBuilt("azure"), notBuilt("gcp")])
  .describe("Where the stack runs.");

export type PlatformConfig = z.infer<typeof platform>;
export type LocalConfig = z.infer<typeof local>;
export type ExistingConfig = z.infer<typeof existing>;
