/**
 * Platforms on a cluster that is there already, by kind. Those that are built in a cloud are loaded by stacks/clouds, each
 * only for its own stacks; what adding one takes is in CONTRIBUTING.md.
 */
import { ExistingCell, ExistingPlatform } from "./existing/platform.ts";
import { LocalCell, LocalPlatform } from "./local/platform.ts";

export const providers = {
  local: { base: LocalPlatform, cell: LocalCell },
  existing: { base: ExistingPlatform, cell: ExistingCell },
} as const;
