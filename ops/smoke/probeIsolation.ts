import { type CheckSpec, expect, expectFailure } from "../checks.ts";
import type { Tenant } from "../outputs.ts";
import type { Client, SmokeContext } from "./context.ts";
import { expectClosed, type Insider, openInsider } from "./insider.ts";
import { foreignDatabase } from "./orthancIsolation.ts";
import { podsOf } from "./pods.ts";
import { strangerCa } from "./wrongCa.ts";

/** Where a tenant's pods find their services, from the environment they were started with. */
async function endpoints(
  context: SmokeContext,
  tenant: Tenant,
): Promise<Record<"redis" | "s3", readonly [string, number]>> {
  const { items } = await context.kube.apps.listNamespacedDeployment({ namespace: tenant.namespace });
  const env = new Map(
    items
      .flatMap((item) => item.spec?.template.spec?.containers ?? [])
      .flatMap((container) => container.env ?? [])
      .map((variable) => [variable.name, variable.value ?? ""]),
  );
  const s3 = new URL(env.get("S3_ENDPOINT") ?? "");
  return {
    redis: [env.get("REDIS_HOST") ?? "", Number(env.get("REDIS_PORT") ?? 6379)],
    s3: [s3.hostname, Number(s3.port || 443)],
  };
}

/** A database server whose certificate another authority signed is not talked to. */
async function wrongRoots(insider: Insider, own: Tenant["database"]): Promise<string> {
  if (own === null) return "no database";
  const ca = await strangerCa();
  await insider.bash(`cat > /tmp/stranger.pem <<'PEM'\n${ca}\nPEM`);
  const script =
    `PGPASSWORD="$DATABASE_PASSWORD" PGCONNECT_TIMEOUT=5 psql -XAtw "host=${own.host} dbname=${own.name} ` +
    `user=${own.name} sslmode=verify-full sslrootcert=/tmp/stranger.pem" -c 'select 1'`;
  return await expectFailure("the wrong CA", () => insider.bash(script), /certificate verify failed/);
}

/** From a pod in one tenant's namespace, with its credentials: nothing of the other's opens. */
export function probeIsolation(context: SmokeContext, one: Client, other: Client): CheckSpec {
  const [a, b] = [one.tenant, other.tenant];
  return {
    name: `a pod of ${a.slug} cannot open ${b.slug}'s pods, database, Redis or bucket, nor trust a wrong CA`,
    run: async () => {
      const [mine] = await podsOf(context.kube, a);
      const theirs = await podsOf(context.kube, b);
      const [own, foreign] = [await endpoints(context, a), await endpoints(context, b)];
      expect(mine !== undefined && theirs.length > 0, "a tenant has no running pod to look at");
      const insider = await openInsider(context, one);
      try {
        const pods = theirs.map((pod) => [pod.address, 8080] as const);
        const seen = [
          await expectClosed(insider, [mine.address, 8080], pods),
          await expectClosed(insider, own.redis, [foreign.redis]),
          await expectClosed(insider, own.s3, [foreign.s3]),
          await foreignDatabase(insider, a.database, b.database),
          `wrong CA: ${await wrongRoots(insider, a.database)}`,
        ];
        return seen.join("; ");
      } finally {
        await insider.close();
      }
    },
  };
}
