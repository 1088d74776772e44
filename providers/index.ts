/** Every platform, by kind. Adding one is one folder and one line here. */
import { ExistingCell, ExistingPlatform } from "./existing/platform.ts";
import { LocalCell, LocalPlatform } from "./local/platform.ts";

export const providers = {
  local: { base: LocalPlatform, cell: LocalCell },
  existing: { base: ExistingPlatform, cell: ExistingCell },
} as const;
