/** What only the cloud can tell, asked with the settings of the provider that made the stack. Makes nothing. */
import { Config, type Inputs, type Output, ProviderResource } from "@pulumi/pulumi";

interface Thing {
  readonly arn: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A provider by the settings that the state has of it, word for word. */
class SameProvider extends ProviderResource {
  constructor(cloud: string, settings: Inputs) {
    super(cloud, "find", settings);
  }
}

const config = new Config();
const cloud = config.require("cloud");
const provider = new SameProvider(cloud, config.requireObject<Inputs>("provider"));

/** What carries the stack's tags. */
async function tagged(stack: string): Promise<Output<Thing[]>> {
  const { getResourcesOutput } = await import("@pulumi/aws/resourcegroupstaggingapi/getResources.js");
  const tagFilters = [{ key: "portolan:stack", values: [stack] }];
  return getResourcesOutput({ tagFilters }, { provider }).resourceTagMappingLists.apply((all) =>
    all.map(({ resourceArn, tags }) => ({ arn: resourceArn, tags })),
  );
}

/** The subscription that the provider works in: where no setting names it, its login does. */
async function subscription(): Promise<Output<string>> {
  const { getClientConfigOutput } = await import("@pulumi/azure-native/authorization/index.js");
  return getClientConfigOutput({ provider }).subscriptionId;
}

export const things = cloud === "aws" ? await tagged(config.require("stack")) : [];
export const subscriptionId = cloud === "azure-native" ? await subscription() : "";
