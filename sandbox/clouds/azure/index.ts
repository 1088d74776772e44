/** The simulated Azure: its table of resource types by service, its functions, its provider's settings. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import { type Cloud, type Kind, Refused } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { textOf } from "../core/paths.ts";
import { aks } from "./aks.ts";
import { dns } from "./dns.ts";
import { functions } from "./functions.ts";
import { groups } from "./groups.ts";
import { identities } from "./identity.ts";
import { lockable, locks } from "./locks.ts";
import { network } from "./network.ts";
import { postgres } from "./postgres.ts";
import { privateLink } from "./privateLink.ts";
import { redis } from "./redis.ts";
import { regions } from "./regions.ts";
import { storage } from "./storage.ts";
import { t } from "./types.ts";
import { vaults } from "./vault.ts";
import { lastPart, subscription, typeOfId } from "./words.ts";

/** As a region's name is compared: `West Europe` is `westeurope`. */
function plainRegion(name: string): string {
  return name.toLowerCase().replaceAll(" ", "");
}

function locationOf(config: PlainBag, env: NodeJS.ProcessEnv): string {
  return plainRegion(textOf(config, "location") || env.ARM_LOCATION_NAME || "");
}

function wrongRegion(region: string): string {
  return `LocationNotAvailable: the simulated Azure has no region "${region}"; it has ${regions.join(", ")}`;
}

/** With what holds for every resource that is made in a region. */
function placed(kind: Kind): Kind {
  if (kind.inputs?.location === undefined) return kind;
  return {
    ...kind,
    refuse: (inputs, world) => {
      const region = plainRegion(textOf(inputs, "location"));
      const isKnown = region === "" || region === "global" || regions.includes(region);
      return [...(isKnown ? [] : [wrongRegion(region)]), ...(kind.refuse?.(inputs, world) ?? [])];
    },
  };
}

const kinds = {
  ...groups,
  ...network,
  ...privateLink,
  ...identities,
  ...aks,
  ...postgres,
  ...redis,
  ...storage,
  ...vaults,
  ...dns,
};

export const azure: Cloud = {
  provider: "azure-native",
  sdk: "@pulumi/azure-native",
  kinds: {
    ...Object.fromEntries(Object.entries(kinds).map(([type, kind]) => [type, lockable(placed(kind))])),
    ...locks,
  },
  functions,
  closedEnumerations: true,
  settings: (config, env) => {
    const region = locationOf(config, env);
    if (region !== "" && !regions.includes(region)) throw new Refused(wrongRegion(region));
    const account = textOf(config, "subscriptionId") || env.ARM_SUBSCRIPTION_ID || subscription;
    return { region, account, config };
  },
  refuseConfig: (config, env) => {
    const region = locationOf(config, env);
    return region === "" || regions.includes(region) ? [] : [wrongRegion(region)];
  },
  dress: ({ world, id, inputs, type, created }, declared) => {
    const group = world.store.find(t.resourceGroup, id.split("/").slice(0, 5).join("/"));
    const location = textOf(inputs, "location") || world.region || textOf(group?.outputs ?? {}, "location");
    const all: PlainBag = {
      name: lastPart(id),
      type: typeOfId(id),
      location: plainRegion(location) === "global" ? "global" : location,
      provisioningState: "Succeeded",
      etag: `W/"${digest(16, type, id, String(created))}"`,
    };
    return Object.fromEntries(Object.entries(all).filter(([key]) => declared.has(key)));
  },
  words: {
    throttled: "TooManyRequests: The request is being throttled (429)",
    internal: "InternalServerError: The server encountered an error processing the request (500)",
    timeout: "context deadline exceeded: no answer from management.azure.com",
    quota: (type) => `QuotaExceeded: the quota of ${type} is used up. Ask for more in the portal`,
  },
};
