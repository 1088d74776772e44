/** Image references as users write them: `registry:5000/team/name:tag`, a tag being optional. */
import type { Image } from "../providers/platform.ts";

/** The tag begins after the last colon that follows the last slash. */
export function parseImage(reference: string): Image {
  const colon = reference.lastIndexOf(":");
  return colon > reference.lastIndexOf("/")
    ? { repository: reference.slice(0, colon), tag: reference.slice(colon + 1) }
    : { repository: reference, tag: undefined };
}
