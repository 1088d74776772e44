import { type CheckSpec, expect } from "../checks.ts";
import type { Client, SmokeContext } from "./context.ts";
import { expectClosed, type Insider, openInsider } from "./insider.ts";
import { foreignDatabase } from "./orthancIsolation.ts";
import { podsOf } from "./pods.ts";
import { probeMarks, type ServicePart, serviceParts } from "./probeHealth.ts";
import { checkInside, pemFile, sameSecret, settingsOf } from "./probeInside.ts";
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
  const bound = serviceParts.filter((part) => seen[part].bound);
  for (const part of bound) {
    const { wrote, error, mark } = seen[part];
    expect(
      !wrote && mark.value === null,
      `${part} was written to or read although a stranger had signed its certificate`,
    );
    // The authority that gives a pod its token is asked before the store, and is as much of a stranger.
    expect(
      /certificate|signature|gave no token/i.test(error ?? ""),
      `${part} failed, but not because of the wrong CA: ${error}`,
    );
  }
  return bound.join(", ");
}

/**
 * A service of the tenants' own is closed to others; one that they share refuses to write what is another's and to read
 * what that one put there at its first use. Says which of the three it was.
 */
async function foreignService(
  context: SmokeContext,
  insider: Insider,
  [{ tenant }, other]: readonly [Client, Client],
  place: ServicePlace,
  foreign: Settings,
): Promise<string> {
  const theirs = placesOf(foreign).find(({ part }) => part === place.part);
  if (theirs === undefined) return `no ${place.called}`;
  const shared = place.address.join(":") === theirs.address.join(":");
  if (!shared && !place.keyless) {
    return `${place.called} by instance: ${await expectClosed(insider, place.address, [theirs.address])}`;
  }
  // An account that the user gave to both tenants is the user's to part.
  const isOneAccount =
    place.byConvention ||
    (!place.keyless && (await sameSecret(context, [tenant, other.tenant], "S3_ACCESS_KEY")));
  if (isOneAccount) return `${place.called} by prefix: it is shared, and kept apart by names alone`;
  const { [place.part]: seen } = await checkInside(context, tenant, foreignSettings(place, foreign));
  const called = `another's ${place.called}`;
  expect(!seen.wrote, `the tenant wrote to ${called}`);
  expect(seen.mark.value === null, `the tenant read ${called}`);
  for (const [what, said] of [
    ["writing", seen.error],
    ["reading", seen.mark.error],
  ] as const) {
    expect(refusal.test(said ?? ""), `${what} ${called} failed, but was not refused: ${said}`);
  }
  const apart = place.part === "redis" ? "acl" : "identity";
  return `${place.called} by ${apart}: writing ${called} refused (${seen.error}), reading too (${seen.mark.error})`;
}

/** Neither tenant finds under its own names what the other put there. */
async function ownMarks(context: SmokeContext, one: Client, other: Client): Promise<string> {
  const [mine, theirs] = [await probeMarks(context, one), await probeMarks(context, other)];
  const same = serviceParts.filter((part: ServicePart) => mine[part] && mine[part] === theirs[part]);
  expect(same.length === 0, `both tenants use the same ${same.join(", ")}`);
  return "each finds what is its own";
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
        // What the other has is what shall not be read: it must be there.
        const marks = await ownMarks(context, one, other);
        const pods = theirs.map((pod) => [pod.address, 8080] as const);
        const seen = [await expectClosed(insider, [mine.address, 8080], pods)];
        for (const place of placesOf(own)) {
          seen.push(await foreignService(context, insider, [one, other], place, foreign));
        }
        seen.push(await foreignDatabase(insider, a.database, b.database));
        return `${marks}; ${seen.join("; ")}; wrong CA refused: ${await wrongRoots(context, one, own)}`;
      } finally {
        await insider.close();
      }
    },
  };
}
