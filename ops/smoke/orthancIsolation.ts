import type { X509Certificate } from "node:crypto";
import { type CheckSpec, expect, expectFailure } from "../checks.ts";
import { connectWithoutSni } from "./association.ts";
import type { SmokeContext } from "./context.ts";
import { expectClosed, openInsider, psql } from "./insider.ts";
import type { Archive } from "./orthanc.ts";
import { podsOf } from "./pods.ts";

const ports = { http: 8042, dicom: 4242 } as const;

/** dcmtk sends no server name, so a port must belong to one tenant only: whoever connects sees that tenant's certificate. */
async function withoutSni(_context: SmokeContext, one: Archive, other: Archive): Promise<string> {
  const socket = await connectWithoutSni(one.peer);
  const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  socket.destroy();
  expect(certificate !== undefined, "the peer showed no certificate");
  const [own, foreign] = [one.client.host, other.client.host];
  expect(
    certificate.checkHost(own) !== undefined,
    `the certificate is for ${certificate.subjectAltName}, not ${own}`,
  );
  expect(certificate.checkHost(foreign) === undefined, `the certificate is also for ${foreign}`);
  const [a, b] = [one.peer, other.peer];
  expect(a.address !== b.address || a.port !== b.port, `both tenants are at ${a.address}:${a.port}`);
  return `${a.address}:${a.port} is ${own} and nobody else`;
}

/** From a pod in one tenant's namespace: the other's pods, database and volume are closed, its own are open. */
function fromInside(context: SmokeContext, one: Archive, other: Archive): CheckSpec {
  const [a, b] = [one.client.tenant, other.client.tenant];
  return {
    name: `a pod of ${a.slug} cannot open ${b.slug}'s pods, database or image store`,
    run: async () => {
      const [mine] = await podsOf(context.kube, a);
      const theirs = await podsOf(context.kube, b);
      expect(mine !== undefined && theirs.length > 0, "a tenant has no running pod to look at");
      const insider = await openInsider(context, one.client);
      try {
        const targets = theirs.flatMap((pod) =>
          Object.values(ports).map((port) => [pod.address, port] as const),
        );
        const pods = await expectClosed(insider, [mine.address, ports.http], targets);
        const databases = await foreignDatabase(insider, a.database, b.database);
        return `${pods}; ${databases}; no bucket (images are on a volume); ${await separateVolumes(context, a.namespace, b.namespace)}`;
      } finally {
        await insider.close();
      }
    },
  };
}

type Database = { readonly host: string; readonly name: string } | null;

/** Own database opens; the other's is refused to the own role, and to the other's role with the own password. */
export async function foreignDatabase(
  insider: Parameters<typeof psql>[0],
  own: Database,
  foreign: Database,
): Promise<string> {
  if (own === null || foreign === null) return "no database";
  const at = (host: string, database: string, user: string) => `host=${host} dbname=${database} user=${user}`;
  const one = await psql(insider, at(own.host, own.name, own.name));
  expect(one.trim() === "1", `the tenant cannot even open its own database: ${one}`);
  const asSelf = await expectFailure(
    `${own.name} at database ${foreign.name}`,
    () => psql(insider, at(foreign.host, foreign.name, own.name)),
    /permission denied for database|no pg_hba.conf entry|password authentication failed/,
  );
  await expectFailure(
    `role ${foreign.name} with another tenant's password`,
    () => psql(insider, at(foreign.host, foreign.name, foreign.name)),
    /password authentication failed|no pg_hba.conf entry/,
  );
  return `database: ${asSelf}`;
}

async function separateVolumes(context: SmokeContext, one: string, other: string): Promise<string> {
  const volumes = async (namespace: string) =>
    (await context.kube.core.listNamespacedPersistentVolumeClaim({ namespace })).items.map(
      (claim) => claim.spec?.volumeName ?? "",
    );
  const [mine, theirs] = [await volumes(one), await volumes(other)];
  expect(
    !mine.some((name) => theirs.includes(name)),
    `${one} and ${other} share a volume: ${mine.join(", ")}`,
  );
  return "volumes of their own";
}

/** How one archive is kept from another. */
export const orthancIsolation = { withoutSni, fromInside };
