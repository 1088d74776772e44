/**
 * Bindings with which an application can be asked what it tells its chart before there is a platform. Everything that
 * the application needs is there, and none of it is real.
 */
import type { App, Bindings, ObjectStoreBinding } from "../apps/app.ts";
import { scaleOf } from "../components/sizes.ts";
import type { Lifecycle } from "../providers/platform.ts";

const text = "sample";
const secret = { secretName: text, key: text };
const host = "sample.invalid";

export function sampleBindings({ needs, image }: App, lifecycle: Lifecycle): Bindings {
  const isolation = needs.redis?.isolation[0];
  const protocol = needs.objectStore?.protocols[0];
  return {
    slug: text,
    url: `https://${host}/`,
    lifecycle,
    size: "small",
    image: { repository: image, tag: text },
    scale: scaleOf("small", lifecycle, "active"),
    route: { kind: "ingress", className: text, hosts: [host], tlsSecret: text, tcp: {} },
    serviceAccount: text,
    identity: { serviceAccountAnnotations: {}, podLabels: {} },
    secretName: text,
    secretRevision: text,
    storage: { block: null, shared: null },
    sharedClaim: needs.sharedVolume && text,
    database: needs.database && {
      ...{ engine: needs.database.engine, host, port: 5432, name: text, username: text, password: secret },
      roots: undefined,
    },
    redis: isolation && {
      ...{ host, port: 6379, username: text, password: secret, isolation },
      prefix: isolation === "instance" ? undefined : `${text}:`,
      roots: undefined,
    },
    objectStore: protocol && objectStore(protocol),
  };
}

function objectStore(protocol: ObjectStoreBinding["protocol"]): ObjectStoreBinding {
  const endpoint = `https://${host}`;
  switch (protocol) {
    case "s3": {
      const place = { endpoint, region: text, bucket: text, forcePathStyle: true, roots: undefined };
      return { protocol, ...place, access: { kind: "keys", accessKey: secret, secretKey: secret } };
    }
    case "gcs":
      return { protocol, endpoint, bucket: text, roots: undefined };
    default:
      return { protocol, endpoint, container: text, roots: undefined };
  }
}
