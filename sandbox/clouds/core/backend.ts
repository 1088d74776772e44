/** How the real things behind a simulated cloud are reached: the cluster it hands out, its servers, its buckets. */

export const cloudNames = ["aws", "azure", "gcp"] as const;
export type CloudName = (typeof cloudNames)[number];

/** The cluster that the cloud hands out. `endpoint` is a full URL, `version` e.g. `1.35`. */
export type ClusterAccess = { readonly endpoint: string; readonly caPem: string; readonly version: string };

/**
 * A managed Postgres: a real server that answers under `host` with a certificate for it (and for `names`) from the
 * cloud's sandbox CA. `id` is the cloud's own id of the instance; the data goes with `remove`.
 */
export type PostgresSpec = {
  readonly id: string;
  readonly host: string;
  /** Further names of the same server, e.g. of a reader. */
  readonly names?: readonly string[];
  readonly port: number;
  /** Major version, e.g. `17`. */
  readonly version: string;
  readonly username: string;
  readonly password: string;
  /** Database to make beside `postgres`. */
  readonly database?: string;
  /** Refuse connections without TLS. */
  readonly requireTls: boolean;
};

/** `access` is an ACL rule as Redis and Valkey read it, e.g. `on ~t1:* -@all +@read`. */
export type RedisUser = {
  readonly name: string;
  readonly passwords: readonly string[];
  readonly access: string;
};

/**
 * A managed Redis behind TLS. Without `users`, clients authenticate by `password` alone. `host` is empty for one that
 * has no name: then its certificate is for the address that `ensure` answers.
 */
export type RedisSpec = {
  readonly id: string;
  readonly host: string;
  readonly names?: readonly string[];
  readonly port: number;
  readonly users: readonly RedisUser[];
  /** Value of `maxmemory-policy`. */
  readonly policy: string;
  readonly password?: string;
};

export type BucketSpec = {
  readonly name: string /** Host name under which clients look for it. */;
  readonly host: string;
};

/** What pods of one ServiceAccount may do without a key. Several of them may be for the same ServiceAccount. */
export type IdentitySpec = {
  readonly id: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** The cloud's name of who they become: a role's ARN, a client id, an account's e-mail address. */
  readonly principal: string;
  /** Buckets (or containers) that they may read and write. */
  readonly buckets: readonly string[];
};

/** A secret of the cloud's secret manager, at its newest version. */
export type SecretSpec = {
  readonly id: string;
  /** Where its name is unique: a region, a vault, a project. */
  readonly store: string;
  readonly name: string;
  /** What policies call it: an ARN, an id, a version's full name. */
  readonly resource: string;
  readonly value: string;
};

/** Which secrets tokens of one ServiceAccount may read, once they are exchanged. Several may be for the same one. */
export type ReaderSpec = {
  readonly id: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  /** The cloud's name of who the token becomes. */
  readonly principal: string;
  /** Patterns of `SecretSpec.resource`: `*` is any text, `?` one character. */
  readonly resources: readonly string[];
};

/** What the cluster made in the cloud by itself: ids of load balancers and of disks. */
export type MadeByCluster = {
  readonly loadBalancers: readonly string[];
  /** Names of kept addresses that Services ask for, and which load balancer came by each. */
  readonly addresses: Readonly<Record<string, string>>;
  readonly volumes: readonly string[];
};

/**
 * What stands behind one simulated cloud. `ensure` is asked again with the same `id` after a crash and at each change:
 * it makes what is missing and mends what differs. `remove` of what is not there succeeds. Each waits until it is so.
 */
export interface Backend {
  /** The cluster; makes it ready when a cloud's cluster is created, under any of the cloud's own ids. */
  cluster(id?: string): Promise<ClusterAccess>;
  /** The cloud deletes the cluster `id`: what ran in it goes, its load balancers go, the volumes stay. */
  removeCluster(id: string): Promise<void>;
  readonly postgres: { ensure(spec: PostgresSpec): Promise<void>; remove(id: string): Promise<void> };
  readonly redis: {
    /** Answers the address of a server without a name. */
    ensure(spec: RedisSpec): Promise<string | undefined>;
    remove(id: string): Promise<void>;
  };
  readonly bucket: {
    ensure(spec: BucketSpec): Promise<void>;
    remove(name: string): Promise<void>;
    /** False when any object, or any older version of one, is left. */
    isEmpty(name: string): Promise<boolean>;
    /** Removes everything in it: what `forceDestroy` asks for. */
    empty(name: string): Promise<void>;
  };
  readonly identity: { ensure(spec: IdentitySpec): Promise<void>; remove(id: string): Promise<void> };
  /** The driver of volumes that pods share, where a cluster does not have it from the beginning: EFS's on AWS. */
  readonly sharedDriver: { ensure(): Promise<void>; remove(): Promise<void> };
  /** A vault whose own interface is not the cloud's: Key Vault. */
  readonly vault: {
    /** Where whoever runs the engine reaches it, with a slash at the end; undefined: nothing answers. */
    ensure(name: string): Promise<string | undefined>;
    /** Removes what is in it, too. */
    remove(name: string): Promise<void>;
    /** A bearer token for whoever runs the engine, for an audience; undefined: nobody would look at it. */
    token(audience: string): Promise<string | undefined>;
  };
  /** A secret manager's contents and its readers, as whoever asks in the cluster finds them. */
  readonly secrets: {
    ensure(spec: SecretSpec): Promise<void>;
    remove(id: string): Promise<void>;
    allow(reader: ReaderSpec): Promise<void>;
    refuse(id: string): Promise<void>;
  };
  made(): Promise<MadeByCluster>;
  /** PEM of the sandbox CA that signs this cloud's servers: what a cloud's API tells of its roots. */
  rootsPem(): Promise<string>;
  close(): Promise<void>;
}

/** How `sandbox/clouds/backend/index.ts` is asked for one: it exports `clusterBackend` of this type. */
export type BackendFactory = (options: {
  readonly cloud: CloudName;
  readonly kubeconfig: string;
  /** The cloud's state folder: what has to be remembered between processes goes into `backend/` of it. */
  readonly folder: string;
}) => Promise<Backend>;

/**
 * Nothing behind: no cluster, no servers, every bucket empty. For previews, unit tests and simulated nodes.
 * `access` replaces the cluster's address, which leads nowhere otherwise.
 */
export function nothing(access?: ClusterAccess): Backend {
  const done = async (): Promise<void> => {};
  return {
    cluster: async () => access ?? { endpoint: "https://127.0.0.1:9", caPem: noCertificate, version: "1.35" },
    removeCluster: done,
    postgres: { ensure: done, remove: done },
    redis: { ensure: async () => undefined, remove: done },
    bucket: { ensure: done, remove: done, isEmpty: async () => true, empty: done },
    identity: { ensure: done, remove: done },
    sharedDriver: { ensure: done, remove: done },
    vault: { ensure: async () => undefined, remove: done, token: async () => undefined },
    secrets: { ensure: done, remove: done, allow: done, refuse: done },
    made: async () => ({ loadBalancers: [], addresses: {}, volumes: [] }),
    rootsPem: async () => noCertificate,
    close: done,
  };
}

// Nobody serves behind it, so nobody reads it as a certificate.
const noCertificate =
  "-----BEGIN CERTIFICATE-----\nbm90aGluZyBzdGFuZHMgYmVoaW5k\n-----END CERTIFICATE-----\n";
