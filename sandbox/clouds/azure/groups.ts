/** Resource groups: everything is in one, and goes with it. */
import { type Kind, Refused, type World } from "../core/kind.ts";
import { unmake } from "../core/operations.ts";
import { t } from "./types.ts";
import { given, groupId, named } from "./words.ts";

/** @throws Refused when anything in the group is locked: then nothing of it is deleted */
function requireNoLocks(world: World, id: string): void {
  const lock = world.store.living([t.lock]).find((record) => record.id.startsWith(`${id}/`));
  if (lock !== undefined)
    throw new Refused(`ScopeLocked: The resource group '${id}' cannot be deleted: ${lock.id} is in it`);
}

/** Deletes what is in the group, again and again until nothing more goes. @throws the last refusal */
async function empty(world: World, id: string): Promise<void> {
  for (;;) {
    const inside = world.store.living().filter((record) => record.id.startsWith(`${id}/`));
    let refusal: unknown;
    for (const record of inside) {
      await unmake(world, record.type, record.id).catch((error: unknown) => {
        refusal = error;
      });
    }
    const left = world.store.living().filter((record) => record.id.startsWith(`${id}/`));
    if (left.length === 0) return;
    if (left.length === inside.length) throw refusal ?? new Refused(`ResourceGroupDeletionBlocked: ${id}`);
  }
}

const resourceGroup: Kind = {
  everywhere: true,
  inputs: {
    resourceGroupName: named(/^[\w().-]*[\w()-]$/, "letters, digits and ._()-, and end in no dot", 90),
    location: { replaces: true },
  },
  naming: {
    property: "resourceGroupName",
    scope: "account",
    auto: { limit: 90 },
    taken: "cannot create already existing resource",
  },
  id: (making) => groupId(making.world, given(making, "resourceGroupName")),
  release: async ({ world, record }) => {
    requireNoLocks(world, record.id);
    await empty(world, record.id);
  },
};

export const groups: Readonly<Record<string, Kind>> = { [t.resourceGroup]: resourceGroup };
