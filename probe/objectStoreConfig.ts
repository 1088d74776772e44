/** The object store's part of the environment: one of three protocols, each in its own words. */
import { z } from "zod";

/** PEM certificates a server's must come from; undefined means the system's. */
type Roots = string | undefined;

export interface S3Settings {
  readonly protocol: "s3";
  readonly host: string;
  readonly port: number;
  readonly region: string;
  readonly bucket: string;
  readonly pathStyle: boolean;
  /** Undefined: the identity of the pod. */
  readonly keys: { readonly accessKey: string; readonly secretKey: string } | undefined;
  readonly roots: Roots;
}

export interface GcsSettings {
  readonly protocol: "gcs";
  /** URL without a path. */
  readonly endpoint: string;
  readonly bucket: string;
  readonly roots: Roots;
}

export interface AzureBlobSettings {
  readonly protocol: "azure-blob";
  /** URL of the account. */
  readonly endpoint: string;
  readonly container: string;
  readonly roots: Roots;
}

export type ObjectStoreSettings = S3Settings | GcsSettings | AzureBlobSettings;

/** What reading a part of the environment takes. All of them note mistakes rather than throw. */
export interface EnvironmentReader {
  readonly given: Readonly<Record<string, string | undefined>>;
  /** Undefined after a mistake. */
  parse<Schema extends z.ZodType>(schema: Schema): z.output<Schema> | undefined;
  /** The text of a file of certificates. */
  roots(key: string, path: string | undefined): Roots;
  mistake(line: string): void;
}

const text = z.string().min(1);
const https = z.url({ protocol: /^https$/ });
const flag = z.enum(["true", "false"]).transform((value) => value === "true");

const s3 = z
  .object({
    S3_ENDPOINT: https.optional(),
    S3_REGION: text,
    S3_BUCKET: text,
    S3_FORCE_PATH_STYLE: flag.default(true),
    S3_ACCESS_KEY: text.optional(),
    S3_SECRET_KEY: text.optional(),
    S3_ROOTS: text.optional(),
  })
  .refine((given) => (given.S3_ACCESS_KEY === undefined) === (given.S3_SECRET_KEY === undefined), {
    path: ["S3_ACCESS_KEY, S3_SECRET_KEY"],
    message: "give both, or none to use the identity of the pod",
  });

const gcs = z.object({
  GCS_ENDPOINT: https.default("https://storage.googleapis.com"),
  GCS_BUCKET: text,
  GCS_ROOTS: text.optional(),
});

const azureBlob = z.object({
  AZURE_BLOB_ENDPOINT: https,
  AZURE_BLOB_CONTAINER: text,
  AZURE_BLOB_ROOTS: text.optional(),
});

/** By the variable that says a protocol's store is bound. */
const readers: Readonly<Record<string, (reader: EnvironmentReader) => ObjectStoreSettings | undefined>> = {
  S3_BUCKET: readS3,
  GCS_BUCKET: readGcs,
  AZURE_BLOB_CONTAINER: readAzureBlob,
};

/** The bound store; undefined where none is, or after a mistake. */
export function readObjectStore(reader: EnvironmentReader): ObjectStoreSettings | undefined {
  const bound = Object.keys(readers).filter((key) => reader.given[key] !== undefined);
  if (bound.length > 1) {
    reader.mistake(
      `${bound.join(", ")}: each binds an object store, and there is only one; leave out the others`,
    );
    return undefined;
  }
  return readers[bound[0] ?? ""]?.(reader);
}

function readS3(reader: EnvironmentReader): S3Settings | undefined {
  const given = reader.parse(s3);
  if (!given) return undefined;
  const { S3_REGION: region, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey } = given;
  const { hostname, port } = new URL(given.S3_ENDPOINT ?? `https://s3.${region}.amazonaws.com`);
  return {
    protocol: "s3",
    host: hostname,
    port: port === "" ? 443 : Number(port),
    region,
    bucket: given.S3_BUCKET,
    pathStyle: given.S3_FORCE_PATH_STYLE,
    keys: accessKey !== undefined && secretKey !== undefined ? { accessKey, secretKey } : undefined,
    roots: reader.roots("S3_ROOTS", given.S3_ROOTS),
  };
}

function readGcs(reader: EnvironmentReader): GcsSettings | undefined {
  const given = reader.parse(gcs);
  return (
    given && {
      protocol: "gcs",
      endpoint: new URL(given.GCS_ENDPOINT).origin,
      bucket: given.GCS_BUCKET,
      roots: reader.roots("GCS_ROOTS", given.GCS_ROOTS),
    }
  );
}

function readAzureBlob(reader: EnvironmentReader): AzureBlobSettings | undefined {
  const given = reader.parse(azureBlob);
  return (
    given && {
      protocol: "azure-blob",
      endpoint: given.AZURE_BLOB_ENDPOINT.replace(/\/+$/, ""),
      container: given.AZURE_BLOB_CONTAINER,
      roots: reader.roots("AZURE_BLOB_ROOTS", given.AZURE_BLOB_ROOTS),
    }
  );
}
