/** Resource groups: everything is in one, and goes with it. */
import { type Kind, Refused, type World } from "../core/kind.ts";
import { unmake } from "../core/operations.ts";
import { t } from "./types.ts";
import { given, groupId, named } from "./words.ts";

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
  release: ({ world, record }) => empty(world, record.id),
};

export const groups: Readonly<Record<string, Kind>> = { [t.resourceGroup]: resourceGroup };
