/** Locks: whatever they are on, and whatever is below it, is not deleted. */
import { type Kind, Refused, type World } from "../core/kind.ts";
import { textOf } from "../core/paths.ts";
import { t } from "./types.ts";
import { given, named } from "./words.ts";

const lock: Kind = {
  everywhere: true,
  inputs: {
    lockName: { ...named(/^[^<>%&:\\?/]+$/, "no <>%&:\\?/", 260), required: true },
    scope: {
      pattern: /^\/subscriptions\/./,
      says: "the id of a subscription or of something in it",
      replaces: true,
    },
    notes: { range: [0, 512] },
  },
  taken: "cannot create already existing resource",
  id: (making) =>
    `${given(making, "scope")}/providers/Microsoft.Authorization/locks/${given(making, "lockName")}`,
  admit: ({ world, inputs }) => {
    const scope = textOf(inputs, "scope");
    const isThere =
      /^\/subscriptions\/[^/]+$/.test(scope) || world.store.living().some((record) => record.id === scope);
    if (!isThere) throw new Refused(`ResourceNotFound: The scope '${scope}' was not found`);
  },
};

/** @throws Refused when a lock holds the resource with this id */
function requireUnlocked(world: World, id: string): void {
  const held = world.store
    .living([t.lock])
    .find(({ inputs }) => id === inputs.scope || id.startsWith(`${textOf(inputs, "scope")}/`));
  if (held !== undefined)
    throw new Refused(
      `ScopeLocked: The scope '${id}' cannot perform delete operation because following scope(s) are locked: '${textOf(held.inputs, "scope")}'. Please remove the lock and try again.`,
    );
}

/** A kind whose deletion the locks forbid. */
export function lockable(kind: Kind): Kind {
  return {
    ...kind,
    release: async (deleting) => {
      requireUnlocked(deleting.world, deleting.record.id);
      await kind.release?.(deleting);
    },
  };
}

export const locks: Readonly<Record<string, Kind>> = { [t.lock]: lock };
