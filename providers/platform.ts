/**
 * The contract between platforms and everything that runs on them. Owned by the consumer: components and
 * applications read these types and never learn which platform made the values.
 */
import type * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

export const targets = ["local", "existing", "aws", "azure", "gcp"] as const;
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
  readonly host: string;
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
  readonly host: string;
  readonly port: number;
  readonly tls: Tls;
  readonly username?: string;
  readonly password: Credential;
  readonly isolation: RedisIsolation;
}

/** An S3 bucket with static keys. Other protocols are other members of the union, never disguised as this one. */
export interface S3Service {
  readonly protocol: "s3";
  /** Full URL; omitted for the region's public endpoint. */
  readonly endpoint?: string;
  readonly region: string;
  readonly bucket: string;
  readonly forcePathStyle: boolean;
  readonly tls: Tls;
  readonly accessKey: Credential;
  readonly secretKey: Credential;
}
export type ObjectStoreService = S3Service;
export type ObjectStoreProtocol = ObjectStoreService["protocol"];

/** How pods of a tenant prove who they are without a key. Empty where the platform has no such thing. */
export interface WorkloadIdentity {
  readonly serviceAccountAnnotations: Record<string, pulumi.Input<string>>;
  readonly podLabels: Record<string, string>;
}

/** What one tenant gets from the platform. `ready`: what a release must wait for, role assignments included. */
export interface TenantServices {
  readonly identity: WorkloadIdentity;
  readonly database?: DatabaseService;
  readonly redis?: RedisService;
  readonly objectStore?: ObjectStoreService;
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
  readonly database?: { readonly engine: "postgres" };
  readonly redis?: { readonly isolation: readonly RedisIsolation[] };
  readonly objectStore?: { readonly protocols: readonly ObjectStoreProtocol[] };
  /** A volume that several pods on several nodes may write to; `sizeGi` is the default size in GiB. */
  readonly sharedVolume?: { readonly sizeGi: number };
  /** TCP services beside HTTPS, by name: each tenant has an address or a port of its own for each. */
  readonly tcp?: readonly string[];
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
  readonly redis?: { readonly username?: string; readonly password: SecretRef };
  readonly objectStore?: {
    readonly bucket: string;
    readonly accessKey: SecretRef;
    readonly secretKey: SecretRef;
  };
}

export interface TenantRequest {
  readonly slug: string;
  readonly namespace: pulumi.Input<string>;
  readonly lifecycle: Lifecycle;
  readonly needs: Needs;
  readonly given: GivenServices;
  /** A password of this tenant for one purpose: the same at every run, another after a rotation. */
  readonly password: (purpose: string) => pulumi.Output<string>;
  /** Changes when the passwords do, and tells nothing of them. */
  readonly passwordRevision: pulumi.Output<string>;
  readonly parent: pulumi.Resource;
}

/** The shared way in: what components need to make routes and certificates for a tenant. */
export interface EdgeFacts {
  readonly kind: "ingress" | "traefik";
  readonly className: string;
  readonly domain: string;
  /** A ClusterIssuer of cert-manager. */
  readonly issuer: string;
  /** Namespace of the ingress controller's pods: the only one that may call a tenant's pods. */
  readonly namespace: string;
  /** IP address or host name under which the edge is reached; null when it is not told. */
  readonly address: string | null;
  /** Ports that the edge keeps for TCP services, both included; null when it cannot carry TCP. */
  readonly tcpPorts: { readonly from: number; readonly to: number } | null;
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

export const factsVersion = 1;

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
  readonly cluster: { readonly name: string; readonly identifier: string };
  /** Namespace of what tenants share: database admin, account jobs, service certificates. */
  readonly namespace: string;
  readonly edge: EdgeFacts;
  readonly storage: StorageFacts;
  readonly offers: Offers;
  readonly databaseServer?: DatabaseServer<S>;
  /** In-cluster services: the Secret with their certificate (in `namespace`), its digest, and the root that signed it. */
  readonly services?: { readonly tlsSecret: string; readonly revision: S; readonly caPem: S };
}

export interface Platform {
  readonly facts: PlatformFacts<pulumi.Input<string>>;
  readonly kubernetes: k8s.Provider;
  /** What must stand before a tenant is made and be there until it is gone. */
  readonly ready: pulumi.Resource[];
  /** Makes or names one tenant's services. Uses nothing but `facts`, so it works in a base stack and in a cell. */
  tenantServices(request: TenantRequest): TenantServices;
}
