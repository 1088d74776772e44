/** Names of Kubernetes objects for ids that a cloud chose. */
import { createHash } from "node:crypto";

const longest = 45;

/**
 * The name of the object that stands for a cloud's `id`: a DNS label, readable, and another one for each id. 45
 * characters at most, since a StatefulSet's pods and claims add to it.
 */
export function serverName(prefix: string, id: string): string {
  const plain = `${prefix}-${id}`;
  if (/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(plain) && plain.length <= longest) return plain;
  const hash = createHash("sha256").update(id).digest("hex").slice(0, 8);
  const readable = plain
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, longest - hash.length - 1)
    .replace(/-+$/, "");
  return `${readable}-${hash}`;
}
