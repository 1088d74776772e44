/** How the charts of this repository spell what `charts/common` shares. Other people's charts need none of this. */
import type { SecretRef } from "../providers/platform.ts";
import type {
  Bindings,
  ChartValues,
  DatabaseBinding,
  ObjectStoreBinding,
  RedisBinding,
  Roots,
  RouteBinding,
} from "./app.ts";

export function workload(bindings: Bindings): ChartValues {
  const { image, scale, identity, serviceAccount } = bindings;
  return {
    image: { repository: image.repository, tag: image.tag },
    replicaCount: scale.replicas,
    autoscaling: scale.autoscale
      ? { enabled: true, minReplicas: scale.autoscale.min, maxReplicas: scale.autoscale.max }
      : { enabled: false },
    resources: { requests: scale.requests, limits: scale.limits },
    podAnnotations: { "portolan.dev/secret-revision": bindings.secretRevision },
    podLabels: identity.podLabels,
    serviceAccount: {
      create: true,
      name: serviceAccount,
      annotations: identity.serviceAccountAnnotations,
    },
    route: route(bindings.route),
  };
}

export function route({ kind, className, hosts, tlsSecret, tcp }: RouteBinding): ChartValues {
  const tls = { secretName: tlsSecret };
  const services = Object.entries(tcp).map(([name, { entryPoint }]) => ({ name, entryPoint, tls }));
  return { kind, className, hosts: [...hosts], tls, tcp: services };
}

export function database(binding: DatabaseBinding): ChartValues {
  const { host, port, name, username, password } = binding;
  return {
    host,
    port,
    name,
    username,
    existingSecret: password.secretName,
    passwordKey: password.key,
    ...roots(binding.roots),
  };
}

export function redis(binding: RedisBinding): ChartValues {
  const { host, port, username, password, prefix } = binding;
  return {
    host,
    port,
    username: username ?? "",
    existingSecret: password.secretName,
    passwordKey: password.key,
    ...(prefix === undefined ? {} : { prefix }),
    ...roots(binding.roots),
  };
}

/** Without `existingSecret` the charts use the identity of their pods. */
export function objectStore(binding: ObjectStoreBinding): ChartValues {
  const { protocol } = binding;
  switch (protocol) {
    case "s3":
      return {
        protocol,
        endpoint: binding.endpoint ?? "",
        region: binding.region,
        bucket: binding.bucket,
        forcePathStyle: binding.forcePathStyle,
        ...(binding.access.kind === "keys" ? staticKeys(binding.access) : {}),
        ...roots(binding.roots),
      };
    case "gcs":
      return { protocol, endpoint: binding.endpoint ?? "", bucket: binding.bucket, ...roots(binding.roots) };
    default:
      return {
        protocol,
        endpoint: binding.endpoint,
        container: binding.container,
        ...roots(binding.roots),
      };
  }
}

function staticKeys({ accessKey, secretKey }: { accessKey: SecretRef; secretKey: SecretRef }): ChartValues {
  return { existingSecret: accessKey.secretName, accessKeyKey: accessKey.key, secretKeyKey: secretKey.key };
}

function roots(given: Roots): ChartValues {
  return given ? { roots: { configMap: given.configMap, key: given.key } } : {};
}
