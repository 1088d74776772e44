/**
 * Mends a Helm release before it is installed or upgraded: one left pending by an interrupted run ("another operation
 * is in progress"), or one that stands in the cluster while the state knows nothing of it.
 */
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

/** One revision of a release, as Helm records it in a Secret (labels `owner=helm`, `name`, `version`, `status`). */
export interface ReleaseRecord {
  readonly secretName: string;
  readonly revision: number;
  readonly status: string;
}

/** What the repair needs of a cluster. Implemented at the stack's entry, where the kubeconfig is. */
export interface ReleaseRepair {
  records(namespace: string, release: string): Promise<readonly ReleaseRecord[]>;
  removeRecord(namespace: string, secretName: string): Promise<void>;
}

/**
 * Records in the way of the next operation. Before an upgrade: pending ones newer than the last finished one, whose
 * removal makes that one current again. Before an install: all of them; the objects stay, and Helm takes them over
 * because they carry the release's own annotations.
 */
export function recordsInTheWay(
  operation: "install" | "upgrade",
  records: readonly ReleaseRecord[],
): readonly ReleaseRecord[] {
  if (operation === "install") return records;
  const finished = Math.max(
    0,
    ...records.filter((record) => !isPending(record)).map((record) => record.revision),
  );
  return records.filter((record) => isPending(record) && record.revision > finished);
}

function isPending(record: ReleaseRecord): boolean {
  return record.status.startsWith("pending-") || record.status === "uninstalling";
}

/**
 * Hooks run only when there is something to do, never in a preview, and never at deletion. To be made once for a stack:
 * each hook is a call to the engine, also in a preview, and every tenant has several releases.
 */
export function repairHooks(repair: ReleaseRepair): pulumi.ResourceHookBinding {
  const before = (operation: "install" | "upgrade") =>
    new pulumi.ResourceHook(`repair-before-${operation}`, async ({ newInputs, urn }) => {
      const found = releaseInputs.safeParse(newInputs);
      if (!found.success) throw new Error(`${urn} has no name and namespace, so it is no release to repair`);
      await repairBefore(operation, repair, found.data);
    });
  return { beforeCreate: [before("install")], beforeUpdate: [before("upgrade")] };
}

/** What the provider's check has filled in where the program left it out. */
const releaseInputs = z.looseObject({ namespace: z.string().min(1), name: z.string().min(1) });

async function repairBefore(
  operation: "install" | "upgrade",
  repair: ReleaseRepair,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<void> {
  const inTheWay = recordsInTheWay(operation, await repair.records(namespace, name));
  for (const record of inTheWay) {
    await pulumi.log.warn(
      `release ${namespace}/${name}: revision ${record.revision} was left ${record.status} by an earlier run; its record is removed so that this ${operation} can go on`,
    );
    await repair.removeRecord(namespace, record.secretName);
  }
}
