/** The CNI library's own records: which pod got which address, known before the pod's first process starts. */
import { type FSWatcher, watch } from "node:fs";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Attachment } from "./endpoints.ts";

const recordSchema = z.object({
  networkName: z.string(),
  cniArgs: z.array(z.tuple([z.string(), z.string()])),
  result: z.object({ ips: z.array(z.object({ address: z.string() })).min(1) }),
});

/** One record file's attachment, or `undefined` for a file of another network, half-written or gone. */
export function parseRecord(text: string, network: string): Attachment | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = recordSchema.safeParse(raw);
  if (!parsed.success || parsed.data.networkName !== network) return undefined;
  const args = new Map(parsed.data.cniArgs);
  const namespace = args.get("K8S_POD_NAMESPACE");
  const name = args.get("K8S_POD_NAME");
  const address = parsed.data.result.ips[0]?.address.split("/")[0];
  if (namespace === undefined || name === undefined || address === undefined) return undefined;
  return { namespace, name, address };
}

export interface CniRecords {
  /** All attachments at this moment. */
  read(): Promise<readonly Attachment[]>;
  close(): void;
}

/** Watches the folder (made if it is not there yet) and calls `changed` whenever a record comes or goes. */
export async function watchCniRecords(
  folder: string,
  network: string,
  changed: () => void,
): Promise<CniRecords> {
  await mkdir(folder, { recursive: true });
  const watcher: FSWatcher = watch(folder, changed);
  return {
    async read() {
      const texts = (await readdir(folder)).map((file) =>
        // A record that goes while it is read belongs to a pod that goes.
        readFile(join(folder, file), "utf8").catch(() => ""),
      );
      return (await Promise.all(texts)).flatMap((text) => parseRecord(text, network) ?? []);
    },
    close: () => watcher.close(),
  };
}
