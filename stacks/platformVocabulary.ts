/** The part of a stack file's vocabulary that says where the stack runs. */
import { z } from "zod";
import { databaseAdmin } from "./brought.ts";
import { type CloudConfig, cloudSchemas } from "./clouds/index.ts";
import { base, lifecycle, port, roots, size, storage } from "./platformKeys.ts";

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
  on: base.optional(),
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
      admin: databaseAdmin
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
  on: base.optional(),
});

export const platform = z
  .discriminatedUnion("kind", [local, existing, ...cloudSchemas])
  .describe("Where the stack runs.");

export type PlatformConfig = z.infer<typeof platform>;
export type LocalConfig = z.infer<typeof local>;
export type ExistingConfig = z.infer<typeof existing>;

/** Whether a platform is built, its cluster included, by this program. */
export function isCloud(config: PlatformConfig): config is CloudConfig {
  return config.kind !== "local" && config.kind !== "existing";
}
