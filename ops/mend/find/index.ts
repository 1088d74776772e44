/** What carries a stack's tags, asked with the settings of the provider that made it. */
import { getResourcesOutput } from "@pulumi/aws/resourcegroupstaggingapi/getResources.js";
import { Config, type Inputs, ProviderResource } from "@pulumi/pulumi";

/** A provider by the settings that the state has of it, word for word. */
class SameProvider extends ProviderResource {
  constructor(settings: Inputs) {
    super("aws", "find", settings);
  }
}

const config = new Config();
const provider = new SameProvider(config.requireObject<Inputs>("provider"));
const tagFilters = [{ key: "portolan:stack", values: [config.require("stack")] }];
const found = getResourcesOutput({ tagFilters }, { provider });

export const things = found.resourceTagMappingLists.apply((all) =>
  all.map(({ resourceArn, tags }) => ({ arn: resourceArn, tags })),
);
