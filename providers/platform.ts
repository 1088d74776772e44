/**
 * The contract between platforms and everything that runs on them. Owned by the consumer: components and
 * applications read these types and never learn which platform made the values.
 */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** Clouds that a platform can be built in. A new one begins with its name here: the compiler then names what it lacks. */
export const cloudKinds = ["aws", "azure", "gcp"] as const;
export type CloudKind = (typeof cloudKinds)[number];
export const targets = ["local", "existing", ...cloudKinds] as const;
export type Target = (typeof targets)[number];

/** The one switch from which every safety setting follows. */
export type Lifecycle = "production" | "disposable";
export type Size = "small" | "medium" | "large";

/** A key of a Secret in the tenant's namespace. Names travel to the application, never values. */
export interface SecretRef {
  readonly secretName: pulumi.Input<string>;
  readonly key: string;
}

/**
 * How a service authenticates its client: either a value that Portolan made (always a secret Output, put into the
 * tenant's runtime Secret) or a Secret that the user made.
 */
export type Credential =
  | { readonly kind: "value"; readonly value: pulumi.Output<string> }
  | { readonly kind: "secret"; readonly ref: SecretRef };

/** Always verified. `system` trusts the public roots of the image; otherwise exactly the given PEM bundle. */
export interface Tls<S = pulumi.Input<string>> {
  readonly roots: "system" | { readonly caPem: S };
}

/** A Postgres server on which accounts are made for tenants. The admin's password stays in `adminNamespace`. */
export interface DatabaseServer<S = pulumi.Input<string>> {
  readonly engine: "postgres";
  readonly host: S;
  readonly port: number;
  readonly tls: Tls<S>;
  readonly adminUsername: string;
  readonly adminNamespace: string;
  readonly adminSecret: { readonly secretName: string; readonly key: string };
}

/** A database that exists and the account to use it with. */
export interface GivenDatabase {
  readonly engine: "postgres";
  readonly host: string;
  readonly port: number;
  readonly tls: Tls;
  readonly name: string;
  readonly username: string;
  readonly password: Credential;
}

/** What a tenant's database stands on: a server where Portolan makes the account, or a database already made. */
export type DatabaseService =
  | { readonly kind: "server"; readonly server: DatabaseServer }
  | { readonly kind: "given"; readonly database: GivenDatabase };

/** `instance`: a server of the tenant's own. `acl`: a user limited to keys of `prefix`. `prefix`: by convention only. */
export type RedisIsolation = "instance" | "acl" | "prefix";

export interface RedisService {
  readonly host: pulumi.Input<string>;
  readonly port: number;
  readonly tls: Tls;
  readonly username?: string;
  readonly password: Credential;
  readonly isolation: RedisIsolation;
  /** With isolation `acl` and `prefix`: every key and channel of this tenant begins with it. */
  readonly prefix?: string;
}

/** How an application proves itself to object storage: by static keys, or keyless by the identity of its pods. */
export type ObjectStoreAccess =
  | { readonly kind: "keys"; readonly accessKey: Credential; readonly secretKey: Credential }
  | { readonly kind: "identity" };

/** An S3 bucket. Other protocols are other members of the union, never disguised as this one. */
export interface S3Service {
  readonly protocol: "s3";
  /** Full URL; omitted for the region's public endpoint. */
  readonly endpoint?: string;
  readonly region: string;
  readonly bucket: pulumi.Input<string>;
  readonly forcePathStyle: boolean;
  readonly tls: Tls;
  readonly access: ObjectStoreAccess;
}

/** A bucket of Google Cloud Storage, by its JSON API. */
export interface GcsService {
  readonly protocol: "gcs";
  /** Full URL; omitted for the public endpoint. */
  readonly endpoint?: string;
  readonly bucket: pulumi.Input<string>;
  readonly tls: Tls;
  readonly access: { readonly kind: "identity" };
}

/** A container of an Azure Storage account. */
export interface AzureBlobService {
  readonly protocol: "azure-blob";
  /** The account's blob endpoint, a full URL on port 443. */
  readonly endpoint: pulumi.Input<string>;
  readonly container: pulumi.Input<string>;
  readonly tls: Tls;
  readonly access: { readonly kind: "identity" };
}

export type ObjectStoreService = S3Service | GcsService | AzureBlobService;
export type ObjectStoreProtocol = ObjectStoreService["protocol"];
/** All of them, for an application that speaks each. */
export const objectStoreProtocols = ["s3", "gcs", "azure-blob"] as const satisfies ObjectStoreProtocol[];

/**
 * How pods of a tenant prove who they are without a key: what their ServiceAccount (`TenantRequest.serviceAccount`) and
 * the pods carry. Empty where the platform has no such thing, or binds the ServiceAccount by its name alone.
 */
export interface WorkloadIdentity {
  readonly serviceAccountAnnotations: Record<string, pulumi.Input<string>>;
  readonly podLabels: Record<string, string>;
  /** Where pods ask for their identity, on their own node: each address as a CIDR, and its TCP port. */
  readonly endpoints?: readonly { readonly cidr: string; readonly port: number }[];
}

/** A store of External Secrets in the cluster, by name. */
export interface SecretStoreRef {
  readonly kind: "SecretStore" | "ClusterSecretStore";
  readonly name: string;
}

/** Where an application's own keys are when they come from outside: one secret a tenant, a JSON object of all keys. */
export interface KeySource {
  readonly store: SecretStoreRef;
  /** The secret's name in the manager that the store stands for. */
  readonly secret: pulumi.Input<string>;
  /** What must stand before the store is asked. */
  readonly ready: readonly pulumi.Resource[];
}

/** What a platform is told to make a tenant's `KeySource`. */
export interface KeyRequest {
  readonly app: string;
  /** The user's own name of the secret; undefined: the platform's usual one. */
  readonly secret: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  /** What must stand before anything of External Secrets is made. */
  readonly after: readonly pulumi.Resource[];
}

/** What one tenant gets from the platform. `ready`: what a release must wait for, role assignments included. */
export interface TenantServices {
  readonly identity: WorkloadIdentity;
  readonly database?: DatabaseService;
  readonly redis?: RedisService;
  readonly objectStore?: ObjectStoreService;
  /** Where `TenantRequest.keys` are: a store that reads this tenant's secret and no other. */
  readonly keys?: KeySource;
  readonly ready: pulumi.Resource[];
}

/** An image by its parts; without a tag, the chart's own (or the application's version) is used. */
export interface Image {
  readonly repository: string;
  readonly tag: string | undefined;
}

/** Images to use in place of a chart's own, by name. */
export type Images = Readonly<Record<string, Image>>;

/** Hooks for a Helm release that mend what an interrupted run left of it; see components/releaseRepair.ts. */
export type ReleaseHooks = (namespace: pulumi.Input<string>, release: string) => pulumi.ResourceHookBinding;

/** What an application needs from a platform, as data: a missing one is refused before anything is created. */
export interface Needs {
  readonly database?: {
    readonly engine: "postgres";
    /** Connections that each pod holds; undefined: none that it keeps. */
    readonly connections?: number;
  };
  readonly redis?: { readonly isolation: readonly RedisIsolation[] };
  readonly objectStore?: { readonly protocols: readonly ObjectStoreProtocol[] };
  /** A volume that several pods on several nodes may write to; `sizeGi` is the default size in GiB. */
  readonly sharedVolume?: { readonly sizeGi: number };
  /** TCP services beside HTTPS, by name: each tenant has an address or a port of its own for each. */
  readonly tcp?: readonly string[];
}

/** A CSI driver by its name, and what brings it to a cluster that lacks it. */
export interface ClusterDriver {
  readonly name: string;
  readonly remedy: string;
}

/** What a platform can give, known from its configuration alone, so that needs are checked before anything runs. */
export interface Offers {
  readonly database: readonly DatabaseServer["engine"][];
  readonly redis: readonly RedisIsolation[];
  readonly objectStore: readonly ObjectStoreProtocol[];
  readonly sharedVolume: boolean;
}

/** One tenant's own accounts on services that exist already, named by the user. */
export interface GivenServices {
  readonly database?: { readonly name: string; readonly username: string; readonly password: SecretRef };
  readonly redis?: { readonly username?: string; readonly prefix?: string; readonly password: SecretRef };
  readonly objectStore?: {
    readonly bucket: string;
    readonly accessKey: SecretRef;
    readonly secretKey: SecretRef;
  };
}

export interface TenantRequest {
  readonly slug: string;
  readonly namespace: pulumi.Input<string>;
  /** Name of the ServiceAccount that the tenant's pods run as. */
  readonly serviceAccount: string;
  readonly lifecycle: Lifecycle;
  readonly needs: Needs;
  readonly given: GivenServices;
  /** Given when the application's own keys are read from the platform's secret manager. */
  readonly keys?: KeyRequest | undefined;
  /** A password of this tenant for one purpose: the same at every run, another after a rotation. */
  readonly password: (purpose: string) => pulumi.Output<string>;
  /** Changes when the passwords do, and tells nothing of them. */
  readonly passwordRevision: pulumi.Output<string>;
  readonly parent: pulumi.Resource;
}

/** The shared way in: what components need to make routes and certificates for a tenant. */
export interface EdgeFacts<S = string> {
  readonly kind: "ingress" | "traefik";
  readonly className: string;
  readonly domain: string;
  /** A ClusterIssuer of cert-manager. */
  readonly issuer: string;
  /** Namespace of the ingress controller's pods: the only one that may call a tenant's pods. */
  readonly namespace: string;
  /** IP address or host name under which the edge is reached; null when it is not told. */
  readonly address: S | null;
  /** Ports that the edge keeps for TCP services, both included; null when it cannot carry TCP. */
  readonly tcpPorts: { readonly from: number; readonly to: number } | null;
  /** Those that are open for tenants of cells, where the edge opens only what it is told; undefined: all of them. */
  readonly tcpOpen?: readonly number[];
}

/** StorageClasses; null block means the cluster's default, null shared means that no volume can be shared. */
export interface StorageFacts {
  readonly block: string | null;
  readonly shared: {
    readonly className: string | null;
    /** ReadWriteOnce is enough for several pods where all of them are on one node. */
    readonly accessMode: "ReadWriteMany" | "ReadWriteOnce";
  } | null;
}

/** What a month costs by list prices: an estimate, dated, and only of what `covers` names. */
export interface MonthlyEstimate {
  readonly currency: "USD";
  readonly amount: number;
  /** Date of the price list, ISO 8601. */
  readonly priced: string;
  readonly covers: readonly string[];
  /** What the stack has that no sourced price is known for. */
  readonly leavesOut: readonly string[];
}

/** A number that a service allows once for a platform, and of which each tenant takes a part, those of cells too. */
export interface SharedLimit {
  readonly name: string;
  /** Of what there are so many, and whose limit it is. */
  readonly what: string;
  readonly allows: number;
  /** What the platform takes for itself. */
  readonly platform: number;
  readonly tenant: number;
  /** How it is raised; null: it is not. */
  readonly raise: string | null;
}

/**
 * Where write-once keys are kept outside the state. `keep` answers the value to use: the one kept under `name` where
 * there is one, else `fresh`, kept from now on. A kept value is never replaced.
 */
export interface KeyEscrow {
  keep(request: {
    readonly name: string;
    readonly fresh: pulumi.Output<string>;
    readonly protect: boolean;
    readonly parent: pulumi.Resource;
  }): pulumi.Output<string>;
}

export const factsVersion = 2;

/**
 * Serialisable, versioned and without secrets: a base stack exports these, and a cell stands on them. While a
 * platform is being made some leaves are still promises, hence `S`.
 */
export interface PlatformFacts<S = string> {
  readonly version: typeof factsVersion;
  readonly target: Target;
  readonly stack: string;
  readonly lifecycle: Lifecycle;
  readonly size: Size;
  readonly cluster: { readonly name: string; readonly identifier: S };
  /** Namespace of what tenants share: database admin, account jobs, service certificates. */
  readonly namespace: string;
  readonly edge: EdgeFacts<S>;
  readonly storage: StorageFacts;
  readonly offers: Offers;
  readonly databaseServer?: DatabaseServer<S>;
  /** External Secrets is in the cluster, and `tenantServices` makes each tenant a store of its own. */
  readonly secretStores?: true;
  readonly estimate?: MonthlyEstimate;
  /** What bounds the number of its tenants; none where nothing is known of it. */
  readonly limits?: readonly SharedLimit[];
  /** What this platform's own `tenantServices` needs besides, by name. Only the provider that wrote it reads it. */
  readonly own?: Readonly<Record<string, S>>;
  /** In-cluster services: the Secret with their certificate (in `namespace`), its digest, and the root that signed it. */
  readonly services?: { readonly tlsSecret: string; readonly revision: S; readonly caPem: S };
}

export interface Platform {
  readonly facts: PlatformFacts<pulumi.Input<string>>;
  readonly kubernetes: k8s.Provider;
  /** Text of the kubeconfig of a cluster that the platform made (secret); undefined: a context of the user's own. */
  readonly kubeconfig?: pulumi.Output<string>;
  /** What must stand before a tenant is made and be there until it is gone. */
  readonly ready: pulumi.Resource[];
  /** What a destroy of the stack as it is now leaves, a line each, with until when. Names and numbers, nothing secret. */
  readonly retained: readonly string[];
  /** The platform's own place for write-once keys; without one, the stack's sealed file is used. */
  readonly escrow?: KeyEscrow;
  /** Makes or names one tenant's services. Uses nothing but `facts`, so it works in a base stack and in a cell. */
  tenantServices(request: TenantRequest): TenantServices;
}
