/**
 * What is in a cloud's secret manager, and which ServiceAccounts may read it: records in the cloud's namespace, for the
 * stand-in of External Secrets (`sandbox/controllers/externalSecrets`) to look at.
 */
import type { V1ConfigMap, V1Secret } from "@kubernetes/client-node";
import type { Backend, ReaderSpec, SecretSpec } from "../core/backend.ts";
import { serverName } from "./naming.ts";
import type { CloudSpace } from "./objects.ts";

/** On the record of a secret, and on that of a reader. */
export const secretLabel = "portolan.dev/cloud-secret";
export const readerLabel = "portolan.dev/cloud-reader";

export function secretRecords(space: CloudSpace): Backend["secrets"] {
  const forget = (kind: string, name: string) =>
    space.delete({ apiVersion: "v1", kind, metadata: { name, namespace: space.namespace } });
  return {
    async ensure({ id, store, name, resource, value }: SecretSpec) {
      await space.ready();
      const secret: V1Secret = {
        apiVersion: "v1",
        kind: "Secret",
        metadata: space.meta(serverName("secret", id), { [secretLabel]: "true" }),
        stringData: { store, name, resource, value },
      };
      await space.apply(secret);
    },
    remove: (id) => forget("Secret", serverName("secret", id)),
    async allow(reader: ReaderSpec) {
      await space.ready();
      const map: V1ConfigMap = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: space.meta(serverName("reader", reader.id), { [readerLabel]: "true" }),
        data: { reader: JSON.stringify(reader) },
      };
      await space.apply(map);
    },
    refuse: (id) => forget("ConfigMap", serverName("reader", id)),
  };
}
