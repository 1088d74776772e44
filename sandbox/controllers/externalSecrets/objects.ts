/** What is read of External Secrets' objects (external-secrets.io/v1). A field that is not honoured here is refused. */
import { z } from "zod";
import { metadataSchema } from "../kube/objects.ts";

const condition = z.looseObject({
  type: z.string(),
  status: z.string(),
  reason: z.string().default(""),
  message: z.string().default(""),
  lastTransitionTime: z.string().default(""),
});
export type Condition = z.infer<typeof condition>;

/** Any of the kinds, its specification still to be read: a mistake in it is told on the object. */
export const objectSchema = z.looseObject({
  metadata: metadataSchema,
  spec: z.unknown(),
  status: z
    .looseObject({
      conditions: z.array(condition).default([]),
      refreshTime: z.string().default(""),
      syncedResourceVersion: z.string().default(""),
    })
    .prefault({}),
});
export type StoreObject = z.infer<typeof objectSchema>;

const accountRef = z.strictObject({ name: z.string(), namespace: z.string().optional() });

const provider = z.union([
  z.strictObject({
    aws: z.strictObject({
      service: z.literal("SecretsManager"),
      region: z.string(),
      auth: z.strictObject({ jwt: z.strictObject({ serviceAccountRef: accountRef }) }),
    }),
  }),
  z.strictObject({
    azurekv: z.strictObject({
      authType: z.literal("WorkloadIdentity"),
      vaultUrl: z.url(),
      tenantId: z.string().optional(),
      environmentType: z.literal("PublicCloud").optional(),
      useAzureSDK: z.literal(false).optional(),
      serviceAccountRef: accountRef,
    }),
  }),
  z.strictObject({
    gcpsm: z.strictObject({
      projectID: z.string(),
      secretVersionSelectionPolicy: z.literal("LatestOrFail").optional(),
      auth: z.strictObject({
        workloadIdentity: z.strictObject({
          clusterProjectID: z.string(),
          clusterLocation: z.string(),
          clusterName: z.string(),
          serviceAccountRef: accountRef,
        }),
      }),
    }),
  }),
  // External Secrets' own, for tests: its values are in the store.
  z.strictObject({
    fake: z.strictObject({ data: z.array(z.strictObject({ key: z.string(), value: z.string() })) }),
  }),
]);
export type Provider = z.infer<typeof provider>;

export const storeSpec = z.strictObject({
  provider,
  conditions: z
    .array(
      z.strictObject({
        namespaces: z.array(z.string()).optional(),
        namespaceSelector: z.strictObject({ matchLabels: z.record(z.string(), z.string()) }).optional(),
      }),
    )
    .default([]),
});
export type StoreSpec = z.infer<typeof storeSpec>;

/** `1h0m0s`, `30s`: as Go writes durations. */
const duration = z
  .string()
  .regex(/^([0-9]+h)?([0-9]+m)?([0-9]+s)?$/)
  .transform((text) => {
    const [, hours = "0", minutes = "0", seconds = "0"] =
      /^(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?$/.exec(text) ?? [];
    return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
  });

export const externalSecretSpec = z.strictObject({
  refreshInterval: duration.default(3_600_000),
  refreshPolicy: z.literal("Periodic").optional(),
  secretStoreRef: z.strictObject({
    kind: z.enum(["SecretStore", "ClusterSecretStore"]).default("SecretStore"),
    name: z.string(),
  }),
  target: z.strictObject({
    name: z.string(),
    creationPolicy: z.literal("Owner"),
    deletionPolicy: z.literal("Retain"),
  }),
  data: z
    .array(
      z.strictObject({
        secretKey: z.string(),
        remoteRef: z.strictObject({
          key: z.string(),
          property: z.string().optional(),
          // What the API server fills in.
          conversionStrategy: z.literal("Default").optional(),
          decodingStrategy: z.literal("None").optional(),
          metadataPolicy: z.literal("None").optional(),
          nullBytePolicy: z.literal("Ignore").optional(),
        }),
      }),
    )
    .min(1),
});
export type ExternalSecretSpec = z.infer<typeof externalSecretSpec>;

const decoded = z.string().transform((text) => Buffer.from(text, "base64").toString("utf8"));

/** A record that a simulated cloud keeps of a secret: see `sandbox/clouds/backend/secrets.ts`. */
export const cloudSecrets = z.object({
  items: z.array(
    z.object({
      metadata: metadataSchema,
      data: z.object({ store: decoded, name: decoded, resource: decoded, value: decoded }),
    }),
  ),
});
export const cloudReaders = z.object({
  items: z.array(
    z.object({
      metadata: metadataSchema,
      data: z.object({
        reader: z
          .string()
          .transform((text): unknown => JSON.parse(text))
          .pipe(
            z.object({
              id: z.string(),
              namespace: z.string(),
              serviceAccount: z.string(),
              principal: z.string(),
              resources: z.array(z.string()),
            }),
          ),
      }),
    }),
  ),
});

/** Simulated secret managers, by the cloud's namespace. */
export interface CloudRecords {
  readonly secrets: readonly {
    readonly space: string;
    readonly store: string;
    readonly name: string;
    readonly resource: string;
    readonly value: string;
  }[];
  readonly readers: readonly {
    readonly space: string;
    readonly namespace: string;
    readonly serviceAccount: string;
    readonly principal: string;
    readonly resources: readonly string[];
  }[];
}
