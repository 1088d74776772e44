import { apps } from "./apps/index.ts";
import { readStack } from "./stacks/config.ts";
import { deploy } from "./stacks/deploy.ts";

// Node strips types in place: a position in a stack is the source's own. The SDK's lookup in source maps, of every frame
// of every resource, would add about a quarter to a preview and nothing else.
Reflect.deleteProperty(Error, "prepareStackTrace");

const outputs = await deploy(await readStack(apps));

/** Facts of the platform, neutral and without secrets: what a cell reads when it stands on this stack. */
export const platform = outputs.platform;
/** What each tenant got: its address, namespace, release, versions, database and the names of its Secrets. */
export const tenants = outputs.tenants;
