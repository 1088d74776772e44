/** Where the probe's services are and how another tenant's would be asked for, from a pod's settings. Pure. */

export type Settings = Readonly<Record<string, string>>;

/**
 * By what tenants' shares of a service are kept apart: a server each, a user each, an identity each, or the names they
 * use alone.
 */
export type Apart = "instance" | "acl" | "identity" | "prefix";

export interface ServicePlace {
  readonly called: string;
  /** Its part of the report. */
  readonly part: "redis" | "objectStore";
  readonly address: readonly [host: string, port: number];
  /** Whether tenants that share it are kept apart by the names they use alone: so has the platform promised. */
  readonly byConvention: boolean;
  /** Whether its client proves itself by the pod's identity: then anybody may reach the address. */
  readonly keyless: boolean;
  /** The settings that name whose share of the service is used. */
  readonly names: readonly string[];
}

/** The variables of each protocol that name a store, and the one that says it is bound. */
const stores = [
  { bound: "S3_BUCKET", names: ["S3_BUCKET", "S3_ENDPOINT", "S3_REGION"], endpoint: "S3_ENDPOINT" },
  { bound: "GCS_BUCKET", names: ["GCS_BUCKET", "GCS_ENDPOINT"], endpoint: "GCS_ENDPOINT" },
  {
    bound: "AZURE_BLOB_CONTAINER",
    names: ["AZURE_BLOB_CONTAINER", "AZURE_BLOB_ENDPOINT"],
    endpoint: "AZURE_BLOB_ENDPOINT",
  },
] as const;

/** The services of a pod that are its tenant's own, or its share of the platform's. */
export function placesOf(settings: Settings): ServicePlace[] {
  const redis = settings.REDIS_HOST;
  const store = stores.find(({ bound }) => settings[bound]);
  return [
    ...(redis
      ? [
          {
            called: "Redis",
            part: "redis",
            address: [redis, Number(settings.REDIS_PORT ?? 6379)],
            byConvention: !settings.REDIS_USER,
            keyless: false,
            names: ["REDIS_PREFIX"],
          } as const,
        ]
      : []),
    ...(store
      ? [
          {
            called: "object store",
            part: "objectStore",
            address: addressOf(settings[store.endpoint] || publicEndpoint(settings)),
            byConvention: false,
            keyless: !("S3_ACCESS_KEY" in settings),
            names: store.names,
          } as const,
        ]
      : []),
  ];
}

/** The other tenant's share, asked for by name. */
export function foreignSettings(place: ServicePlace, foreign: Settings): Record<string, string> {
  return Object.fromEntries(place.names.map((name) => [name, foreign[name] ?? ""]));
}

/** Every setting that names root certificates, set to `file`. */
export function rootsSettings(settings: Settings, file: string): Record<string, string> {
  const roots = Object.keys(settings).filter((name) => name.endsWith("_ROOTS"));
  return Object.fromEntries(roots.map((name) => [name, file]));
}

function publicEndpoint(settings: Settings): string {
  return settings.GCS_BUCKET
    ? "https://storage.googleapis.com"
    : `https://s3.${settings.S3_REGION ?? ""}.amazonaws.com`;
}

function addressOf(url: string): readonly [string, number] {
  const { hostname, port } = new URL(url);
  return [hostname, Number(port || 443)];
}
