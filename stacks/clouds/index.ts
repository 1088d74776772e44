/** Every cloud a platform can be built in. Adding one is a folder in providers/ and a line in each of these. */
import type { z } from "zod";
import type { CloudTarget } from "./cloud.ts";
import { notBuilt, notBuiltSchema } from "./notBuilt.ts";

const aws = notBuiltSchema("aws");
const azure = notBuiltSchema("azure");
const gcp = notBuiltSchema("gcp");

export const cloudSchemas = [aws, azure, gcp] as const;
export type CloudConfig = z.infer<(typeof cloudSchemas)[number]>;

export function cloudOf(config: CloudConfig): CloudTarget {
  switch (config.kind) {
    case "aws":
    case "azure":
    case "gcp":
      return notBuilt(config);
  }
}
