import { createHash } from "node:crypto";
import { parseAllDocuments } from "yaml";
import { z } from "zod";

const resource = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z
    .looseObject({ name: z.string().default(""), namespace: z.string().optional() })
    .default({ name: "" }),
});

export type ResourceNames = Record<string, string[]>;

/** Names of what a manifest holds, under `Kind.group/apiVersion`, e.g. `Deployment.apps/apps/v1`, as the real provider groups them. */
export function resourceNames(manifest: string): ResourceNames {
  const groups = new Map<string, Set<string>>();
  for (const document of parseAllDocuments(manifest, { logLevel: "silent" })) {
    const parsed = resource.safeParse(document.toJS());
    if (!parsed.success) continue;
    const { apiVersion, kind, metadata } = parsed.data;
    const slash = apiVersion.indexOf("/");
    const key = `${kind}${slash < 0 ? "" : `.${apiVersion.slice(0, slash)}`}/${apiVersion}`;
    const names = groups.get(key) ?? new Set();
    groups.set(
      key,
      names.add(metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`),
    );
  }
  return Object.fromEntries([...groups].map(([key, names]) => [key, [...names].sort()]));
}

export function checksumOf(manifest: string): string {
  return createHash("sha256").update(manifest).digest("hex");
}
