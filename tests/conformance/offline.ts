/** An engine that has neither a cluster nor anybody's credentials, with an empty cloud where one is simulated. */
import { join } from "node:path";
import type { Inside } from "../../ops/inside.ts";
import { type Engine, startEngine } from "../../sandbox/engine/index.ts";

/** Variables by which a cloud's client finds its credentials. */
const credentials = /^(AWS|ARM|AZURE|GOOGLE|CLOUDSDK)_/;

export async function startOffline({ run }: Inside): Promise<Engine> {
  // The program runs in the engine's environment, which begins as this process's.
  for (const name of Object.keys(process.env)) if (credentials.test(name)) delete process.env[name];
  const nowhere = join(run.work, "nowhere");
  return await startEngine({
    kubeconfig: join(nowhere, "kubeconfig"),
    inside: [],
    ...(run.rehearsal ? { clouds: [run.rehearsal.cloud], cloudState: nowhere } : {}),
  });
}
