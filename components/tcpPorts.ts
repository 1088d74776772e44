/** Which port of the edge belongs to which tenant's TCP service. */
import { createHash } from "node:crypto";

export interface PortWish {
  readonly slug: string;
  readonly service: string;
  /** The port the user named; undefined leaves the choice to us. */
  readonly port: number | undefined;
}

export interface PortConflict {
  readonly wish: PortWish;
  readonly port: number;
  readonly holder: PortWish;
}

/**
 * A port for each wish. One that is not named follows from the tenant's name alone, so that tenants which come or go
 * never move another's port; when two fall on the same one, the user is asked to name one of them.
 */
export function assignPorts(
  wishes: readonly PortWish[],
  range: { readonly from: number; readonly to: number },
): { readonly ports: ReadonlyMap<string, number>; readonly conflicts: readonly PortConflict[] } {
  const holders = new Map<number, PortWish>();
  const ports = new Map<string, number>();
  const conflicts: PortConflict[] = [];
  const named = wishes.filter((wish) => wish.port !== undefined);
  const unnamed = wishes.filter((wish) => wish.port === undefined);
  for (const wish of [...named, ...unnamed]) {
    const port = wish.port ?? preferredPort(wish, range);
    const holder = holders.get(port);
    if (holder) conflicts.push({ wish, port, holder });
    else holders.set(port, wish);
    ports.set(portKey(wish.slug, wish.service), port);
  }
  return { ports, conflicts };
}

export function portKey(slug: string, service: string): string {
  return `${slug}/${service}`;
}

function preferredPort(wish: PortWish, range: { from: number; to: number }): number {
  const hash = createHash("sha256").update(portKey(wish.slug, wish.service)).digest().readUInt32BE(0);
  return range.from + (hash % (range.to - range.from + 1));
}
