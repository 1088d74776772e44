/** How the charts of this repository spell what `charts/common` shares. Other people's charts need none of this. */
import type { Bindings, ChartValues, DatabaseBinding, RedisBinding, Roots, S3Binding } from "./app.ts";

export function workload(bindings: Bindings): ChartValues {
  const { image, scale, identity, route } = bindings;
  return {
    image: { repository: image.repository, tag: image.tag },
    replicaCount: scale.replicas,
    autoscaling: scale.autoscale
      ? { enabled: true, minReplicas: scale.autoscale.min, maxReplicas: scale.autoscale.max }
      : { enabled: false },
    resources: { requests: scale.requests, limits: scale.limits },
    podAnnotations: { "portolan.dev/secret-revision": bindings.secretRevision },
    podLabels: identity.podLabels,
    serviceAccount: { create: true, annotations: identity.serviceAccountAnnotations },
    route: {
      kind: route.kind,
      className: route.className,
      hosts: [...route.hosts],
      tls: { secretName: route.tlsSecret },
      tcp: Object.entries(route.tcp).map(([name, { entryPoint }]) => ({
        name,
        entryPoint,
        tls: { secretName: route.tlsSecret },
      })),
    },
  };
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
  const { host, port, username, password } = binding;
  return {
    host,
    port,
    username: username ?? "",
    existingSecret: password.secretName,
    passwordKey: password.key,
    ...roots(binding.roots),
  };
}

export function objectStore(binding: S3Binding): ChartValues {
  const { endpoint, region, bucket, forcePathStyle, accessKey, secretKey } = binding;
  return {
    endpoint: endpoint ?? "",
    region,
    bucket,
    forcePathStyle,
    existingSecret: accessKey.secretName,
    accessKeyKey: accessKey.key,
    secretKeyKey: secretKey.key,
    ...roots(binding.roots),
  };
}

function roots(given: Roots): ChartValues {
  return given ? { roots: { configMap: given.configMap, key: given.key } } : {};
}
