import type { Settings } from "../settings.ts";

/** `make bench`: resolves to the exit code. */
export async function bench(_settings: Settings): Promise<number> {
  throw new Error("make bench is not built yet");
}
