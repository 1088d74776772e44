/** Who may do what at the store's gate: one question for each request, answered without the store. */

/** Accounts by their key, and those that may use each bucket. */
export interface GatePolicy {
  readonly accounts: Readonly<Record<string, { readonly secretKey: string; readonly principal: string }>>;
  readonly buckets: Readonly<Record<string, readonly string[]>>;
}

/** What is asked of the store: `admin` is for its owner alone. */
export type Asked =
  | { readonly kind: "objects"; readonly buckets: readonly string[] }
  | { readonly kind: "admin" };

const jsonObjects = /^\/(?:(?:resumable\/)?upload\/|download\/)?storage\/v1\/b\/([^/]+)\/o(?:\/|$)/;
const own = /^(_internal|_portolan|batch|storage|upload|download|resumable|b)$/;

/**
 * The buckets whose objects a request is about, by the JSON interface and by path or host of the XML one; `admin` for
 * all else: buckets themselves, their policies, batches, and paths that could mean two things.
 */
export function askedOf(method: string, host: string, path: string): Asked {
  const pathname = path.split("?")[0] ?? "";
  const segments = pathname.split("/").map(decoded);
  if (
    segments.slice(1, -1).includes("") ||
    segments.some((one) => one === undefined || one === "." || one === "..")
  )
    return { kind: "admin" };
  const inJson = jsonObjects.exec(pathname);
  if (inJson !== null) {
    // A copy names the bucket that it goes to further on.
    const named = [...pathname.matchAll(/\/b\/([^/]+)\/o(?=\/|$)/g)].map(
      ([, bucket = ""]) => decoded(bucket) ?? "",
    );
    return { kind: "objects", buckets: named };
  }
  const [, ofHost] = /^(.+)\.storage\.googleapis\.com(:\d+)?$/.exec(host) ?? [];
  const bucket = ofHost ?? segments[1] ?? "";
  const object = ofHost === undefined ? segments.slice(2).join("/") : segments.slice(1).join("/");
  if (bucket === "" || (ofHost === undefined && own.test(bucket))) return { kind: "admin" };
  // Without an object it is the bucket: to list it is an object's right, to make or remove it is not.
  return object === "" && method !== "GET" ? { kind: "admin" } : { kind: "objects", buckets: [bucket] };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Why an account is refused; undefined where it may. */
export function refusal(policy: GatePolicy, accessKey: string, asked: Asked): string | undefined {
  const who = policy.accounts[accessKey]?.principal ?? accessKey;
  if (asked.kind === "admin")
    return `${who} does not have storage.buckets.get access to the Google Cloud Storage bucket.`;
  const closed = asked.buckets.find((bucket) => policy.buckets[bucket]?.includes(accessKey) !== true);
  return closed === undefined
    ? undefined
    : `${who} does not have storage.objects access to the Google Cloud Storage bucket ${closed}. Permission denied (or it may not exist).`;
}
