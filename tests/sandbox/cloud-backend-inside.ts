/**
 * The backend of a simulated cloud as the provider's process has it: inside the cluster's network namespace. One JSON
 * order a line on standard input, one JSON answer a line on standard output, with the order's number.
 */
import { createInterface } from "node:readline";
import { clusterBackend, removeAll } from "../../sandbox/clouds/backend/index.ts";
import type {
  Backend,
  BucketSpec,
  IdentitySpec,
  PostgresSpec,
  RedisSpec,
} from "../../sandbox/clouds/core/backend.ts";

export type Order =
  | { readonly kind: "postgres"; readonly spec: PostgresSpec }
  | { readonly kind: "redis"; readonly spec: RedisSpec }
  | { readonly kind: "bucket"; readonly spec: BucketSpec }
  | { readonly kind: "identity"; readonly spec: IdentitySpec }
  | { readonly kind: "cluster" | "made" | "roots" | "removeAll" | "sharedDriver" | "removeSharedDriver" }
  | {
      readonly kind: "removePostgres" | "removeRedis" | "removeBucket" | "emptyBucket" | "isEmpty";
      readonly id: string;
    }
  | { readonly kind: "removeIdentity" | "removeCluster"; readonly id: string };

async function obey(backend: Backend, kubeconfig: string, order: Order): Promise<unknown> {
  switch (order.kind) {
    case "cluster":
      return backend.cluster("test");
    case "postgres":
      return backend.postgres.ensure(order.spec);
    case "redis":
      return backend.redis.ensure(order.spec);
    case "bucket":
      return backend.bucket.ensure(order.spec);
    case "identity":
      return backend.identity.ensure(order.spec);
    case "made":
      return backend.made();
    case "roots":
      return backend.rootsPem();
    case "removePostgres":
      return backend.postgres.remove(order.id);
    case "removeRedis":
      return backend.redis.remove(order.id);
    case "removeBucket":
      return backend.bucket.remove(order.id);
    case "emptyBucket":
      return backend.bucket.empty(order.id);
    case "isEmpty":
      return backend.bucket.isEmpty(order.id);
    case "removeIdentity":
      return backend.identity.remove(order.id);
    case "sharedDriver":
      return backend.sharedDriver.ensure();
    case "removeSharedDriver":
      return backend.sharedDriver.remove();
    case "removeCluster":
      return backend.removeCluster(order.id);
    case "removeAll":
      return removeAll(kubeconfig, "aws");
  }
}

if (import.meta.main) {
  const kubeconfig = process.env.KUBECONFIG ?? "";
  const backend = await clusterBackend({ cloud: "aws", kubeconfig, folder: "" });
  for await (const line of createInterface(process.stdin)) {
    const { id, order }: { id: number; order: Order } = JSON.parse(line);
    obey(backend, kubeconfig, order).then(
      (value) => console.log(JSON.stringify({ id, value: value ?? null })),
      (error: unknown) => console.log(JSON.stringify({ id, error: String(error) })),
    );
  }
  await backend.close();
  process.exit(0);
}
