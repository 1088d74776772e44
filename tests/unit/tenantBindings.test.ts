import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { objectStore, redis } from "../../apps/chartValues.ts";
import {
  rootsData,
  serviceBindings,
  serviceCredentials,
  servicePorts,
} from "../../components/tenantBindings.ts";
import type {
  Credential,
  ObjectStoreService,
  RedisService,
  TenantServices,
} from "../../providers/platform.ts";

const value = (text: string): Credential => ({ kind: "value", value: pulumi.secret(text) });
const identity = { serviceAccountAnnotations: {}, podLabels: {} };
const account = { name: "app", username: "app", password: pulumi.secret("pw") };
const from = { rootsConfigMap: "roots", ref: (key: string) => ({ secretName: "runtime", key }), account };
const ownRoots = { roots: { caPem: "PEM" } } as const;

const s3 = { protocol: "s3", region: "eu-west-1", bucket: "bhc", forcePathStyle: false } as const;
const stores = {
  keys: {
    ...s3,
    endpoint: "https://s3.test:7070",
    forcePathStyle: true,
    tls: ownRoots,
    access: { kind: "keys", accessKey: value("access"), secretKey: value("secret") },
  },
  s3: { ...s3, tls: { roots: "system" }, access: { kind: "identity" } },
  gcs: { protocol: "gcs", bucket: "bhc", tls: { roots: "system" }, access: { kind: "identity" } },
  azure: {
    protocol: "azure-blob",
    endpoint: "https://account.blob.test",
    container: "bhc",
    tls: ownRoots,
    access: { kind: "identity" },
  },
} as const satisfies Record<string, ObjectStoreService>;

const cache: RedisService = {
  host: "redis.test",
  port: 10000,
  tls: { roots: "system" },
  username: "bhc",
  password: value("redis"),
  isolation: "acl",
  prefix: "bhc:",
};

const services = (given: Partial<TenantServices>): TenantServices => ({ identity, ready: [], ...given });
/** Values of a chart for a store. */
const values = (store: ObjectStoreService) => {
  const binding = serviceBindings(services({ objectStore: store }), from).objectStore;
  return binding && objectStore(binding);
};

describe("credentials of an object store", () => {
  it("are in the tenant's Secret where the store wants static keys, and do not exist where it does not", () => {
    const keysOf = (store: ObjectStoreService) =>
      Object.keys(serviceCredentials(services({ objectStore: store }), account));
    expect(keysOf(stores.keys)).toEqual(["S3_ACCESS_KEY", "S3_SECRET_KEY"]);
    for (const store of [stores.s3, stores.gcs, stores.azure]) expect(keysOf(store)).toEqual([]);
  });
});

describe("what charts are told of an object store", () => {
  it("names a Secret for static keys", () => {
    expect(values(stores.keys)).toEqual({
      protocol: "s3",
      endpoint: "https://s3.test:7070",
      region: "eu-west-1",
      bucket: "bhc",
      forcePathStyle: true,
      existingSecret: "runtime",
      accessKeyKey: "S3_ACCESS_KEY",
      secretKeyKey: "S3_SECRET_KEY",
      roots: { configMap: "roots", key: "object-store.crt" },
    });
  });

  it("names none where the pods' identity opens it, and keeps each protocol itself", () => {
    expect(values(stores.s3)).toEqual({ ...s3, endpoint: "" });
    expect(values(stores.gcs)).toEqual({ protocol: "gcs", endpoint: "", bucket: "bhc" });
    expect(values(stores.azure)).toEqual({
      protocol: "azure-blob",
      endpoint: "https://account.blob.test",
      container: "bhc",
      roots: { configMap: "roots", key: "object-store.crt" },
    });
  });
});

describe("what charts are told of a Redis", () => {
  const told = (service: RedisService) => {
    const binding = serviceBindings(services({ redis: service }), from).redis;
    return binding && redis(binding);
  };

  it("is the prefix of the tenant's keys where a server is shared, and none where it is not", () => {
    expect(told(cache)).toMatchObject({ host: "redis.test", port: 10000, username: "bhc", prefix: "bhc:" });
    const { prefix: _prefix, username: _username, ...own } = cache;
    expect(told({ ...own, isolation: "instance" })).not.toHaveProperty("prefix");
  });
});

describe("ports a tenant may call", () => {
  it("are its services', and 443", () => {
    expect(servicePorts(services({}))).toEqual([443]);
    expect(servicePorts(services({ redis: cache, objectStore: stores.keys }))).toEqual([443, 10000, 7070]);
    expect(servicePorts(services({ objectStore: stores.gcs }))).toEqual([443]);
  });

  it("are 443 for an endpoint that is not told before it is made", () => {
    const endpoint = pulumi.output("https://account.blob.test");
    expect(servicePorts(services({ objectStore: { ...stores.azure, endpoint } }))).toEqual([443]);
  });
});

it("keeps only roots that are not the public ones", () => {
  expect(rootsData(services({ redis: cache, objectStore: stores.azure }))).toEqual({
    "object-store.crt": "PEM",
  });
});
