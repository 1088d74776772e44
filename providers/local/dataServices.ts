/** One release of the chart data-services: the platform's Postgres, or a tenant's own Redis and bucket. */
import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Image, Lifecycle, ReleaseHooks } from "../platform.ts";

/**
 * The same for every size of the platform: a StatefulSet's claim template never changes, and the classes of a
 * cluster on one machine neither grow nor enforce it.
 */
const volumeSizes = { postgres: "2Gi", redis: "1Gi", objectStore: "2Gi" } as const;

interface ServiceArgs {
  readonly image: Image | undefined;
  readonly storageClass: string | null;
}

/** The Secret of a server's only account, and a digest of its values: the pod restarts when it changes. */
interface Account {
  readonly secret: pulumi.Input<string>;
  readonly secretRevision: pulumi.Input<string>;
}

export interface DataServicesArgs {
  /** Logical name of the resource. */
  readonly resource: string;
  readonly release: string;
  readonly namespace: string;
  readonly tlsSecret: pulumi.Input<string>;
  readonly stack: string;
  readonly hooks: ReleaseHooks;
  /** Whether the volumes go with the release. */
  readonly lifecycle: Lifecycle;
  /** Digest of the servers' certificate: their pods restart when it changes. */
  readonly tlsRevision: pulumi.Input<string>;
  /** Namespaces that may connect; none: every namespace of the stack. */
  readonly clients: readonly pulumi.Input<string>[];
  readonly postgres?: ServiceArgs & { readonly adminSecret: { name: pulumi.Input<string>; key: string } };
  readonly redis?: ServiceArgs & Account & { readonly key: string };
  readonly objectStore?: ServiceArgs & Account & { readonly bucket: string };
}

export function dataServices(
  args: DataServicesArgs,
  opts: pulumi.CustomResourceOptions,
): k8s.helm.v3.Release {
  const { postgres, redis, objectStore } = args;
  const tls = { secretName: args.tlsSecret, revision: args.tlsRevision };
  return new k8s.helm.v3.Release(
    args.resource,
    {
      name: args.release,
      namespace: args.namespace,
      chart: "./charts/data-services",
      timeout: 300,
      maxHistory: 3,
      takeOwnership: true,
      values: {
        disposable: args.lifecycle === "disposable",
        clients: { namespaces: [...args.clients], stack: args.stack },
        postgres: postgres
          ? { ...common(postgres, "postgres"), adminSecret: postgres.adminSecret, tls }
          : { enabled: false },
        redis: redis
          ? {
              ...common(redis, "redis"),
              existingSecret: redis.secret,
              secretRevision: redis.secretRevision,
              key: redis.key,
              tls,
            }
          : { enabled: false },
        objectStore: objectStore
          ? {
              ...common(objectStore, "objectStore"),
              existingSecret: objectStore.secret,
              secretRevision: objectStore.secretRevision,
              bucket: objectStore.bucket,
              tls,
            }
          : { enabled: false },
      },
    },
    {
      ...opts,
      protect: args.lifecycle === "production",
      hooks: args.hooks(args.namespace, args.release),
    },
  );
}

/** In-cluster name of one of a release's Services; the trailing part is the cluster's usual domain. */
export function serviceHost(release: string, service: string, namespace: string): string {
  return `${release}-${service}.${namespace}.svc.cluster.local`;
}

function common(args: ServiceArgs, service: keyof typeof volumeSizes): Record<string, unknown> {
  return {
    enabled: true,
    ...(args.image ? { image: imageValues(args.image) } : {}),
    storage: {
      size: volumeSizes[service],
      ...(args.storageClass ? { storageClass: args.storageClass } : {}),
    },
  };
}

function imageValues({ repository, tag }: Image): Record<string, string> {
  return tag ? { repository, tag } : { repository };
}
