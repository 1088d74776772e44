/** The simulated AWS: its table of resource types by service, its functions, its provider's settings. */
import { type Cloud, Refused } from "../core/kind.ts";
import { bagOf, textsAt } from "../core/paths.ts";
import { dns } from "./dns.ts";
import { eks } from "./eks.ts";
import { elasticache } from "./elasticache.ts";
import { files } from "./files.ts";
import { functions } from "./functions.ts";
import { iam } from "./iam.ts";
import { keys } from "./keys.ts";
import { network } from "./network.ts";
import { quotas } from "./quotas.ts";
import { rds } from "./rds.ts";
import { account, regions } from "./regions.ts";
import { s3 } from "./s3.ts";
import { secrets } from "./secrets.ts";
import { securityGroups } from "./securityGroups.ts";
import { tokens } from "./tokens.ts";

function regionOf(config: { region?: unknown }, env: NodeJS.ProcessEnv): string | undefined {
  return typeof config.region === "string" ? config.region : (env.AWS_REGION ?? env.AWS_DEFAULT_REGION);
}

export const aws: Cloud = {
  provider: "aws",
  sdk: "@pulumi/aws",
  kinds: {
    ...network,
    ...securityGroups,
    ...iam,
    ...tokens,
    ...keys,
    ...eks,
    ...rds,
    ...elasticache,
    ...s3,
    ...secrets,
    ...dns,
    ...files,
    ...quotas,
  },
  functions,
  settings: (config, env) => {
    const region = regionOf(config, env);
    if (region === undefined || !regions.includes(region)) throw new Refused(wrongRegion(region));
    const [allowed] = textsAt(config, "allowedAccountIds[]");
    return { region, account: allowed ?? account, config };
  },
  refuseConfig: (config, env) => {
    const region = regionOf(config, env);
    return region !== undefined && regions.includes(region) ? [] : [wrongRegion(region)];
  },
  dress: ({ world, inputs }, declared) => {
    const tags = { ...bagOf(bagOf(world.config, "defaultTags"), "tags"), ...bagOf(inputs, "tags") };
    return {
      ...(declared.has("region") ? { region: world.region } : {}),
      ...(declared.has("tagsAll") ? { tagsAll: tags } : {}),
    };
  },
  words: {
    throttled: "ThrottlingException: Rate exceeded",
    internal: "InternalError: An internal error has occurred (StatusCode: 500)",
    timeout: "RequestError: send request failed, caused by: context deadline exceeded",
    quota: (type) =>
      `ServiceQuotaExceededException: You have reached the quota of ${type}. Ask for more in Service Quotas`,
  },
};

function wrongRegion(region: string | undefined): string {
  return region === undefined
    ? "A region must be set: the provider's `region`, `pulumi config set aws:region` or AWS_REGION"
    : `The simulated AWS has no region "${region}"; it has ${regions.join(", ")}`;
}
