/** The program as somebody has it who added one application: run from a folder that looks like the repository. */
import { apps } from "../../apps/index.ts";
import { readStack } from "../../stacks/config.ts";
import { deploy } from "../../stacks/deploy.ts";
import { notes } from "./app.ts";

const outputs = await deploy(await readStack({ ...apps, notes }));

export const platform = outputs.platform;
export const tenants = outputs.tenants;
