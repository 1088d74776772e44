/** Service Quotas: what an account may have in a region, as it is by default or was raised. */
import { type Kind, Refused, type World } from "../core/kind.ts";
import { t } from "./types.ts";
import { arn, given } from "./words.ts";

/** Its codes in Service Quotas, its value by default, and the API's word for one too many. */
interface Quota {
  readonly serviceCode: string;
  readonly quotaCode: string;
  readonly byDefault: number;
  readonly exceeded: string;
}

export const quota = {
  vpcs: { serviceCode: "vpc", quotaCode: "L-F678F1CE", byDefault: 5, exceeded: "VpcLimitExceeded" },
  addresses: { serviceCode: "ec2", quotaCode: "L-0263D0A3", byDefault: 5, exceeded: "AddressLimitExceeded" },
  usersOfAGroup: {
    serviceCode: "elasticache",
    quotaCode: "L-943F0F1C",
    byDefault: 100,
    exceeded: "UserQuotaExceeded",
  },
} as const satisfies Readonly<Record<string, Quota>>;

const serviceQuota: Kind = {
  inputs: {
    serviceCode: { required: true, replaces: true },
    quotaCode: {
      required: true,
      pattern: /^L-[0-9A-F]{8}$/,
      says: "a code such as L-F678F1CE",
      replaces: true,
    },
    value: { required: true },
  },
  id: ({ inputs }) => idOf(given({ inputs }, "serviceCode"), given({ inputs }, "quotaCode")),
  taken: "ResourceAlreadyExistsException",
  outputs: {
    arn: ({ world, id }) => arn(world, "servicequotas", id),
    adjustable: () => true,
    requestStatus: () => "APPROVED",
  },
};

export const quotas: Readonly<Record<string, Kind>> = { [t.serviceQuota]: serviceQuota };

function idOf(serviceCode: string, quotaCode: string): string {
  return `${serviceCode}/${quotaCode}`;
}

/** @throws Refused when another one of a type is more than the quota of the region */
export function oneMore(world: World, type: string, limit: Quota): void {
  const have = world.store.living([type]).filter(({ region }) => region === world.region).length;
  withinQuota(world, limit, have + 1, `${type} in ${world.region}`);
}

/** @throws Refused when an account has more of `what` than its quota */
export function withinQuota(world: World, limit: Quota, have: number, what: string): void {
  const raised = world.store.find(t.serviceQuota, idOf(limit.serviceCode, limit.quotaCode))?.inputs.value;
  const most = typeof raised === "number" ? raised : limit.byDefault;
  if (have > most)
    throw new Refused(
      `${limit.exceeded}: The maximum number of ${what}, ${most}, has been reached. Ask for more in Service Quotas (${limit.quotaCode})`,
    );
}
