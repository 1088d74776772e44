/** What Portolan knows of an application: data and one pure function. */
import type * as pulumi from "@pulumi/pulumi";
import type {
  AzureBlobService,
  Lifecycle,
  Needs,
  RedisIsolation,
  SecretRef,
  Size,
  StorageFacts,
  WorkloadIdentity,
} from "../providers/platform.ts";

/**
 * Who draws the routes to an application: its chart, from `Bindings.route`, or Portolan, to a Service of the chart's.
 * Names are those that the chart gives in a release of the given name.
 */
export type Routes =
  | { readonly by: "chart" }
  | {
      readonly by: "portolan";
      readonly service: (release: string) => string;
      /** Its port for HTTP. */
      readonly port: number;
      /** Its port for each TCP service that `needs.tcp` names. */
      readonly tcp?: Readonly<Record<string, number>>;
    };

/** Who keeps a drained node from taking all pods at once: the chart, or Portolan, for the pods with these labels. */
export type DisruptionBudget =
  | { readonly by: "chart" }
  | { readonly by: "portolan"; readonly podLabels: (release: string) => Readonly<Record<string, string>> };

/** A chart of this repository by folder, or somebody else's by repository or OCI reference with a version. */
export type ChartRef =
  | { readonly path: string }
  | { readonly repository: string; readonly name: string; readonly version: string }
  | { readonly oci: string; readonly version: string };

/**
 * `write-once`: made once and never again, whatever changes, and kept in escrow: a new one would turn data to garbage.
 * `rotatable`: made anew when the tenant's `rotation` changes. `provided`: given by the user in `tenantSecrets`.
 */
export type SecretKind = "write-once" | "rotatable" | "provided";

export interface SecretSpec {
  readonly kind: SecretKind;
  /** What it is for, in a line. */
  readonly purpose: string;
  /** Text around the key where an application wants a form of its own, e.g. Laravel's `base64:`. Default: none. */
  readonly prefix?: string;
}

/** Roots to trust, as a key of a ConfigMap in the tenant's namespace; undefined means the image's public roots. */
export type Roots = { readonly configMap: pulumi.Input<string>; readonly key: string } | undefined;

export interface DatabaseBinding {
  readonly engine: "postgres";
  readonly host: pulumi.Input<string>;
  readonly port: number;
  readonly name: string;
  readonly username: string;
  readonly password: SecretRef;
  readonly roots: Roots;
}

export interface RedisBinding {
  readonly host: pulumi.Input<string>;
  readonly port: number;
  readonly username: string | undefined;
  readonly password: SecretRef;
  readonly isolation: RedisIsolation;
  /** Every key and channel begins with it; undefined where the server is the tenant's own. */
  readonly prefix: string | undefined;
  readonly roots: Roots;
}

export interface S3Binding {
  readonly protocol: "s3";
  /** Full URL; undefined for the region's public endpoint. */
  readonly endpoint: string | undefined;
  readonly region: string;
  readonly bucket: pulumi.Input<string>;
  readonly forcePathStyle: boolean;
  /** `identity`: the pods' own, found by the client library itself. */
  readonly access:
    | { readonly kind: "keys"; readonly accessKey: SecretRef; readonly secretKey: SecretRef }
    | { readonly kind: "identity" };
  readonly roots: Roots;
}

export interface GcsBinding {
  readonly protocol: "gcs";
  /** Full URL; undefined for the public endpoint. */
  readonly endpoint: string | undefined;
  readonly bucket: pulumi.Input<string>;
  readonly roots: Roots;
}

export interface AzureBlobBinding {
  readonly protocol: AzureBlobService["protocol"];
  /** The account's blob endpoint, a full URL. */
  readonly endpoint: pulumi.Input<string>;
  readonly container: pulumi.Input<string>;
  readonly roots: Roots;
}

export type ObjectStoreBinding = S3Binding | GcsBinding | AzureBlobBinding;

/** One description from which a chart draws Ingress, IngressRoute or, later, other kinds of routes. */
export interface RouteBinding {
  readonly kind: "ingress" | "traefik";
  readonly className: string;
  readonly hosts: readonly string[];
  /** Secret with the certificate of all hosts. */
  readonly tlsSecret: string;
  /** The tenant's own port on the edge for each TCP service, and the entry point that listens there. */
  readonly tcp: Readonly<Record<string, { readonly entryPoint: string; readonly port: number }>>;
}

/** Pods: `replicas` is 0 for a suspended tenant; `autoscale` is null where the number is fixed. */
export interface ScaleBinding {
  readonly replicas: number;
  readonly autoscale: { readonly min: number; readonly max: number } | null;
  readonly requests: { readonly cpu: string; readonly memory: string };
  readonly limits: { readonly memory: string };
}

/** All that an application may know about where it runs. */
export interface Bindings {
  readonly slug: string;
  readonly url: string;
  /** The tenant's own: `disposable` too where a production lets this tenant go. */
  readonly lifecycle: Lifecycle;
  readonly size: Size;
  readonly image: { readonly repository: string; readonly tag: string };
  readonly scale: ScaleBinding;
  readonly route: RouteBinding;
  /** The name that the pods' ServiceAccount must have: where the platform binds a bucket to it, it does so by name. */
  readonly serviceAccount: string;
  readonly identity: WorkloadIdentity;
  /** The Secret that holds every key the application declared. */
  readonly secretName: pulumi.Input<string>;
  /** Changes when a value in the Secret changes, so that pods restart; tells nothing about the values. */
  readonly secretRevision: pulumi.Input<string>;
  readonly storage: StorageFacts;
  readonly sharedClaim: pulumi.Input<string> | undefined;
  readonly database: DatabaseBinding | undefined;
  readonly redis: RedisBinding | undefined;
  readonly objectStore: ObjectStoreBinding | undefined;
}

/** Chart values: nested inputs, so that a preview shows all that is known. */
export type ChartValues = Record<string, pulumi.Input<unknown>>;

export interface App {
  readonly name: string;
  readonly chart: ChartRef;
  /** Repository of the image; `portolan:images.<name>` replaces it. The tag is the application's version. */
  readonly image: string;
  readonly needs: Needs;
  /** Keys of the runtime Secret, as the chart spells them. */
  readonly secrets: Readonly<Record<string, SecretSpec>>;
  readonly routes: Routes;
  readonly disruptionBudget: DisruptionBudget;
  values(bindings: Bindings): ChartValues;
}
