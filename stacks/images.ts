/** Image references as users write them, and where images come from that they do not name. */
import type { App } from "../apps/app.ts";
import { addonRepositories } from "../providers/addons/images.ts";
import type { Image, Images } from "../providers/platform.ts";

/** Every image that Portolan itself brings, by its name in `portolan:images`: where it is in its own registry. */
export const ownRepositories = {
  drain: "node",
  postgres: "postgres",
  redis: "redis",
  s3: "versity/versitygw",
  ...addonRepositories,
} as const;

/** `registry:5000/team/name:tag`, a tag being optional: it begins after the last colon that follows the last slash. */
export function parseImage(reference: string): Image {
  const colon = reference.lastIndexOf(":");
  return colon > reference.lastIndexOf("/")
    ? { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) }
    : { repository: reference, tag: undefined };
}

/**
 * The references of a stack file. With a `mirror` every image is there under the path and the tag that it has in its own
 * registry, the application's too; one that is named is where its own reference says.
 */
export function imagesOf(references: Readonly<Record<string, string>>, app: App): Images {
  const { mirror, ...named } = references;
  const known = { ...ownRepositories, [app.name]: app.image };
  const mirrored =
    mirror === undefined ? [] : Object.entries(known).map(([name, path]) => [name, at(mirror, path)]);
  const own = Object.entries(named).map(([name, reference]) => [name, parseImage(reference)]);
  return Object.fromEntries([...mirrored, ...own]);
}

/** A path may begin with its registry, which is a host: the first part, where it has a dot or a port. */
function at(mirror: string, path: string): Image {
  const [first = "", ...rest] = path.split("/");
  const isHost = rest.length > 0 && /[.:]|^localhost$/.test(first);
  return { repository: `${mirror}/${isHost ? rest.join("/") : path}`, tag: undefined };
}
