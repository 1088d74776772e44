import { Config } from "@pulumi/pulumi";
import { RandomId } from "@pulumi/random";

/** `count` resources that a provider answers at once. */
const count = new Config().requireNumber("count");
for (let index = 0; index < count; index++) new RandomId(`floor-${index}`, { byteLength: 8 });
