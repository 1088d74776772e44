import type { CheckSpec } from "../checks.ts";
import { runChecks } from "../checks.ts";
import type { Check } from "../report/model.ts";
import { type Client, openClient, reach, type SmokeContext, secretOf } from "./context.ts";
import type { Answer } from "./https.ts";
import { openArchive, orthancChecks, samePixels } from "./orthanc.ts";
import { probeChecks, probeIntact } from "./probe.ts";

/** How one application is looked at. `images` is the folder of DICOM test images, where the application wants some. */
export interface Smoke {
  checks(context: SmokeContext, slugs: readonly string[], images: string): Promise<CheckSpec[][]>;
  /** The data that the checks put there is still there; resolves to what was seen, throws when it is not. */
  intact(context: SmokeContext, slug: string, images: string): Promise<string>;
  /** One request that succeeds while the application serves; throws when it does not. For constant requests. */
  steady(context: SmokeContext, client: Client): Promise<void>;
  /** Whether `images` are needed. */
  readonly wantsImages: boolean;
}

function answered({ status }: Answer): void {
  if (status !== 200) throw new Error(`HTTP ${status}`);
}

const smokes: Readonly<Record<string, Smoke>> = {
  orthanc: {
    checks: orthancChecks,
    intact: async (context, slug, images) => samePixels(context, await openArchive(context, slug, images)),
    steady: async (context, client) => {
      const password = secretOf(client, "ORTHANC_PASSWORD");
      answered(await reach(context, client, "/system", { user: "portolan", password }));
    },
    wantsImages: true,
  },
  probe: {
    checks: probeChecks,
    intact: async (context, slug) => probeIntact(context, await openClient(context, slug)),
    steady: async (context, client) => answered(await reach(context, client, "/up")),
    wantsImages: false,
  },
};

/** The checks of an application; throws, naming those there are, for another. */
export function smokeOf(app: string): Smoke {
  const found = smokes[app];
  if (found === undefined) {
    throw new Error(
      `no smoke checks for application ${app}: there are some for ${Object.keys(smokes).join(", ")}`,
    );
  }
  return found;
}

/** Runs every group of an application's checks, one group after the other. */
export async function runSmoke(
  context: SmokeContext,
  slugs: readonly string[],
  images: string,
  onDone?: (check: Check) => void,
): Promise<Check[]> {
  const groups = await smokeOf(context.app).checks(context, slugs, images);
  const results: Check[] = [];
  for (const group of groups) results.push(...(await runChecks(group, 4, onDone)));
  return results;
}
