/** The stack file of every cloud that a platform can be built in. */
import type { z } from "zod";
import { awsCloud, awsSchema } from "./aws.ts";
import { azureCloud, azureSchema } from "./azure.ts";
import type { CloudTarget } from "./cloud.ts";
import { gcpCloud, gcpSchema } from "./gcp.ts";

export const cloudSchemas = [awsSchema, azureSchema, gcpSchema] as const;
export type CloudConfig = z.infer<(typeof cloudSchemas)[number]>;

export function cloudOf(config: CloudConfig): CloudTarget {
  switch (config.kind) {
    case "aws":
      return awsCloud(config);
    case "azure":
      return azureCloud(config);
    case "gcp":
      return gcpCloud(config);
  }
}
