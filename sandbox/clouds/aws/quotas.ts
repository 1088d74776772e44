/** Service Quotas: what an account may have in a region, as it is by default or was raised. */
import { type Kind, Refused, type World } from "../core/kind.ts";
import { t } from "./types.ts";
import { arn, given } from "./words.ts";

/** A quota: its codes in Service Quotas, its value by default, and the API's word for one too many. */
export interface Quota {
  readonly serviceCode: string;
  readonly quotaCode: string;
  readonly byDefault: number;
  readonly exceeded: string;
}

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

/** @throws Refused when an account has more of `what` than its quota */
export function withinQuota(world: World, quota: Quota, have: number, what: string): void {
  const raised = world.store.find(t.serviceQuota, idOf(quota.serviceCode, quota.quotaCode))?.inputs.value;
  const most = typeof raised === "number" ? raised : quota.byDefault;
  if (have > most)
    throw new Refused(
      `${quota.exceeded}: The maximum number of ${what}, ${most}, has been reached. Ask for more in Service Quotas (${quota.quotaCode})`,
    );
}
