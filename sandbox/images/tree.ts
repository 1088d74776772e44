import { lstatSync, readdirSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";

/** What decides whether a file of a tree is the same as in another: all that tar would write about it. */
export interface Entry {
  readonly kind: "file" | "folder" | "link";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly target: string;
}

/** Absolute path within the tree (`/etc/passwd`) to entry. */
export type Tree = ReadonlyMap<string, Entry>;

/** Lists files, folders and links below a folder; devices, sockets and pipes have no place in an image. */
export function readTree(root: string): Tree {
  const tree = new Map<string, Entry>();
  const visit = (folder: string): void => {
    for (const name of readdirSync(join(root, folder)).sort()) {
      const path = `${folder === "/" ? "" : folder}/${name}`;
      const found = lstatSync(join(root, path));
      const kind = found.isDirectory()
        ? "folder"
        : found.isSymbolicLink()
          ? "link"
          : found.isFile()
            ? "file"
            : undefined;
      if (kind === undefined) continue;
      tree.set(path, {
        kind,
        mode: found.mode,
        uid: found.uid,
        gid: found.gid,
        size: kind === "file" ? found.size : 0,
        // A folder's time changes with each file made in it and says nothing.
        mtimeMs: kind === "file" ? found.mtimeMs : 0,
        target: kind === "link" ? readlinkSync(join(root, path)) : "",
      });
      if (kind === "folder") visit(path);
    }
  };
  visit("/");
  return tree;
}

function same(left: Entry, right: Entry): boolean {
  return (
    left.kind === right.kind &&
    left.mode === right.mode &&
    left.uid === right.uid &&
    left.gid === right.gid &&
    left.size === right.size &&
    left.mtimeMs === right.mtimeMs &&
    left.target === right.target
  );
}

/** Whether a path is one of the given paths or lies below one. */
export function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
}

/** Folders whose content belongs to the machine that built them; they stay as empty folders. */
const emptied = [
  "/dev",
  "/proc",
  "/run",
  "/sys",
  "/tmp",
  "/usr/share/bash-completion",
  "/usr/share/bug",
  "/usr/share/i18n",
  "/usr/share/info",
  "/usr/share/lintian",
  "/usr/share/locale",
  "/usr/share/man",
  "/var/cache",
  "/var/lib/apt/lists",
  "/var/log",
  "/var/tmp",
];

const dropped = ["/etc/hostname", "/etc/resolv.conf", "/usr/sbin/policy-rc.d"];

/** Whether a path stays out of every layer: documents but licences, caches, lists, logs, backups, what runs. */
export function isUnwanted(path: string, entry: Entry): boolean {
  if (emptied.some((folder) => path.startsWith(`${folder}/`)) || dropped.includes(path)) return true;
  if (path.startsWith("/usr/share/doc/")) return entry.kind !== "folder" && !path.endsWith("/copyright");
  return /^\/var\/lib\/dpkg\/.*-old$|^\/etc\/.*-$/.test(path);
}

/**
 * What a layer above `base` must hold to make it look like `full`: paths to add, in an order that has folders
 * before their content, and paths to hide.
 */
export function layerOf(
  base: Tree,
  full: Tree,
  drop: readonly string[],
): { readonly add: string[]; readonly hide: string[] } {
  const add: string[] = [];
  for (const [path, entry] of full) {
    if (isUnwanted(path, entry) || isBelow(path, drop)) continue;
    const before = base.get(path);
    if (before === undefined || !same(before, entry)) add.push(path);
  }
  const hide: string[] = [];
  for (const [path, entry] of base) {
    if (full.has(path) || isUnwanted(path, entry)) continue;
    // What was in a folder goes with it, and so it does when something else takes the folder's name.
    const parent = dirname(path);
    if (parent === "/" || full.get(parent)?.kind === "folder") hide.push(path);
  }
  return { add, hide };
}
