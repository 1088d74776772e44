/**
 * A program as a user has one before Portolan comes: it makes a network, a cluster with nothing in it, a database and a
 * Redis. It borrows the providers' parts for that, of which it needs nothing but that they are there.
 */
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { cloudSchemas } from "../../stacks/clouds/index.ts";
import type { Belongings } from "./belongings.ts";

const platform = new pulumi.Config("portolan").requireObject("platform");
const config = z.discriminatedUnion("kind", cloudSchemas).parse(platform);

async function belongings(): Promise<Belongings> {
  switch (config.kind) {
    case "aws":
      return (await import("./aws.ts")).belongingsOnAws(config);
    case "azure":
      return (await import("./azure.ts")).belongingsOnAzure(config);
    case "gcp":
      return (await import("./gcp.ts")).belongingsOnGcp(config);
  }
}

export const owned = pulumi.secret(await belongings());
