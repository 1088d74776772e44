/** What an application needs of a platform that cannot give it, and what would help on that kind of platform. */
import type { App } from "../apps/app.ts";
import {
  type ObjectStoreProtocol,
  type Offers,
  type RedisIsolation,
  type Target,
  targets,
} from "../providers/platform.ts";
import type { Problem } from "./problems.ts";

/** Of a Redis that the platform makes; where there are several, portolan:platform.redis.isolation chooses. */
const madeRedis: Readonly<Record<Target, readonly RedisIsolation[]>> = {
  local: ["instance"],
  existing: [],
  aws: ["acl"],
  azure: ["prefix", "instance"],
  gcp: ["prefix", "instance"],
};

const stores: Readonly<Record<Target, ObjectStoreProtocol>> = {
  local: "s3",
  existing: "s3",
  aws: "s3",
  azure: "azure-blob",
  gcp: "gcs",
};

/** `base`: the stack whose platform it is, and whose keys decide, where that is another one. */
export function checkNeeds(app: App, offers: Offers, kind: Target, base?: string): Problem[] {
  const { needs } = app;
  const missing = (what: string, allowed: string, remedy: string): Problem => ({
    key: "portolan:app.name",
    value: app.name,
    allowed: `an application whose needs platform kind ${kind} meets; ${app.name} needs ${what}, ${allowed}`,
    remedy: base ? `${remedy} (keys of the platform: in base ${base})` : remedy,
  });
  const problems: Problem[] = [];
  if (needs.database && !offers.database.includes(needs.database.engine)) {
    problems.push(
      missing(`a ${needs.database.engine} database`, "none is named", "add portolan:platform.database"),
    );
  }
  if (needs.redis && !needs.redis.isolation.some((one) => offers.redis.includes(one))) {
    const wanted = needs.redis.isolation;
    const what = `a Redis with isolation ${anyOf(wanted)}`;
    problems.push(missing(what, `there is ${list(offers.redis)}`, redisRemedy(kind, wanted)));
  }
  if (needs.objectStore && !needs.objectStore.protocols.some((one) => offers.objectStore.includes(one))) {
    const wanted = needs.objectStore.protocols;
    const what = `object storage that speaks ${anyOf(wanted)}`;
    problems.push(missing(what, `there is ${list(offers.objectStore)}`, storeRemedy(kind, wanted)));
  }
  if (needs.sharedVolume && !offers.sharedVolume) {
    problems.push(
      missing(
        "a volume that several pods share",
        "there is no StorageClass for it",
        "set portolan:platform.storage.shared to a ReadWriteMany StorageClass",
      ),
    );
  }
  return problems;
}

function redisRemedy(kind: Target, wanted: readonly RedisIsolation[]): string {
  if (kind === "existing") return `set portolan:platform.redis with isolation ${anyOf(wanted)}`;
  if (kind === "local") {
    const kinds = targets.filter((one) => wanted.some((isolation) => madeRedis[one].includes(isolation)));
    return `choose platform kind ${oneOf([...kinds, "existing"])}, the last with a Redis of your own`;
  }
  const made = madeRedis[kind].filter((one) => wanted.includes(one));
  const own = `name a Redis of your own in portolan:platform.redis.host, with redis.isolation ${anyOf(wanted)}`;
  if (made.length === 0) return own;
  return madeRedis[kind].length > 1
    ? `set portolan:platform.redis.isolation to ${anyOf(made)}, or ${own}`
    : `leave out portolan:platform.redis to have one made with isolation ${anyOf(made)}, or ${own}`;
}

function storeRemedy(kind: Target, wanted: readonly ObjectStoreProtocol[]): string {
  if (kind === "existing" && wanted.includes(stores.existing)) return "add portolan:platform.objectStore";
  const kinds = targets.filter((one) => wanted.includes(stores[one]));
  return `choose an application that speaks ${stores[kind]}, or platform kind ${oneOf(kinds)}`;
}

function anyOf(words: readonly string[]): string {
  return words.join(" or ");
}

/** `a, b or c`. */
function oneOf(words: readonly string[]): string {
  return words.join(", ").replace(/, (?=[^,]+$)/, " or ");
}

function list(words: readonly string[]): string {
  return words.length > 0 ? words.join(", ") : "none";
}
