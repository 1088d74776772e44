import { type CheckSpec, expect } from "../checks.ts";
import type { Client, SmokeContext } from "./context.ts";
import { expectClosed, type Insider, openInsider } from "./insider.ts";
import { foreignDatabase } from "./orthancIsolation.ts";
import { podsOf } from "./pods.ts";
import { checkInside, pemFile, settingsOf } from "./probeInside.ts";
import {
  foreignSettings,
  placesOf,
  rootsSettings,
  type ServicePlace,
  type Settings,
} from "./probeServices.ts";
import { strangerCa } from "./wrongCa.ts";

/** How a server says no, in the words of Redis and of each protocol of object storage. */
const refusal =
  /NOPERM|AccessDenied|Access Denied|AuthorizationPermissionMismatch|not authorized|does not have|forbidden|\b403\b/i;

/** Each service whose certificate another authority signed is not talked to. */
async function wrongRoots(context: SmokeContext, client: Client, own: Settings): Promise<string> {
  const seen = await checkInside(context, client.tenant, rootsSettings(own, pemFile), await strangerCa());
  const bound = (["database", "redis", "objectStore"] as const).filter((part) => seen[part].bound);
  for (const part of bound) {
    const { wrote, error } = seen[part];
    expect(!wrote, `${part} was written to although a stranger had signed its certificate`);
    // The authority that gives a pod its token is asked before the store, and is as much of a stranger.
    expect(
      /certificate|signature|gave no token/i.test(error ?? ""),
      `${part} failed, but not because of the wrong CA: ${error}`,
    );
  }
  return bound.join(", ");
}

/** A service of the tenants' own is closed to others; one that they share refuses what is another's. */
async function foreignService(
  context: SmokeContext,
  insider: Insider,
  client: Client,
  place: ServicePlace,
  foreign: Settings,
): Promise<string> {
  const theirs = placesOf(foreign).find(({ part }) => part === place.part);
  if (theirs === undefined) return `no ${place.called}`;
  const shared = place.address.join(":") === theirs.address.join(":");
  if (!shared && !place.keyless) return await expectClosed(insider, place.address, [theirs.address]);
  if (place.byConvention) return `${place.called} is shared, and kept apart by prefix alone`;
  const { [place.part]: seen } = await checkInside(context, client.tenant, foreignSettings(place, foreign));
  expect(!seen.wrote, `the tenant wrote to another's ${place.called}`);
  expect(
    refusal.test(seen.error ?? ""),
    `another's ${place.called} failed, but was not refused: ${seen.error}`,
  );
  return `another's ${place.called} refused (${seen.error})`;
}

/** From a pod in one tenant's namespace, with its credentials: nothing of the other's opens. */
export function probeIsolation(context: SmokeContext, one: Client, other: Client): CheckSpec {
  const [a, b] = [one.tenant, other.tenant];
  return {
    name: `a pod of ${a.slug} cannot open ${b.slug}'s pods, database, Redis or bucket, nor trust a wrong CA`,
    run: async () => {
      const [mine] = await podsOf(context.kube, a);
      const theirs = await podsOf(context.kube, b);
      const [own, foreign] = [await settingsOf(context, a), await settingsOf(context, b)];
      expect(mine !== undefined && theirs.length > 0, "a tenant has no running pod to look at");
      const insider = await openInsider(context, one);
      try {
        const pods = theirs.map((pod) => [pod.address, 8080] as const);
        const seen = [await expectClosed(insider, [mine.address, 8080], pods)];
        for (const place of placesOf(own)) {
          seen.push(await foreignService(context, insider, one, place, foreign));
        }
        seen.push(await foreignDatabase(insider, a.database, b.database));
        return `${seen.join("; ")}; wrong CA refused: ${await wrongRoots(context, one, own)}`;
      } finally {
        await insider.close();
      }
    },
  };
}
