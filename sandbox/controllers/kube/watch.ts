/** A local copy of one kind of object, kept current by list and watch. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { type KubeClient, KubeError } from "./client.ts";
import { type Metadata, metadataSchema } from "./objects.ts";

export interface Store<T> {
  items(): readonly T[];
  /** Resolves after the first complete list. */
  readonly synced: Promise<void>;
  /**
   * Resolves when the copy is as new as this version (of a write's answer, say), so that one does not judge by what was
   * before one's own write. Rejects after 10 s.
   */
  reached(resourceVersion: string): Promise<void>;
  close(): void;
}

export interface WatchOptions<T> {
  readonly client: KubeClient;
  /** Collection path, e.g. `/api/v1/services`. */
  readonly path: string;
  /** Further query, e.g. `fieldSelector=type%3Dkubernetes.io%2Ftls`. */
  readonly query?: string;
  readonly schema: z.ZodType<T>;
  /** Called after each change, also after the first list. */
  readonly changed: () => void;
  readonly log: (line: string) => void;
}

const listSchema = z.object({
  metadata: z.object({ resourceVersion: z.string() }),
  items: z.array(z.unknown()),
});
const envelopeSchema = z.looseObject({ metadata: metadataSchema });
const eventSchema = z.object({ type: z.string(), object: z.unknown() });
const bookmarkSchema = z.object({ metadata: z.object({ resourceVersion: z.string() }) });

function keyOf(metadata: Metadata): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/**
 * Starts watching. Errors are logged and tried again with a growing pause (0.2 s to 5 s); an expired version lists
 * anew. An object that does not fit `schema` is left out and logged: it must never stop the others.
 */
export function watchResource<T>(options: WatchOptions<T>): Store<T> {
  const { client, path, changed, log } = options;
  const query = options.query === undefined ? "" : `&${options.query}`;
  const items = new Map<string, T>();
  const abort = new AbortController();
  let resolveSynced: () => void = () => {};
  const synced = new Promise<void>((resolve) => {
    resolveSynced = resolve;
  });

  let latest = 0n;
  let waiters: { readonly version: bigint; readonly resolve: () => void }[] = [];
  /** Versions of one kind grow, and may be compared as numbers. */
  function seen(version: string): void {
    const number = BigInt(version);
    if (number > latest) latest = number;
    for (const waiter of waiters) if (waiter.version <= latest) waiter.resolve();
    waiters = waiters.filter((waiter) => waiter.version > latest);
  }

  async function reached(version: string): Promise<void> {
    const wanted = BigInt(version);
    if (wanted <= latest) return;
    const arrived = new Promise<true>((resolve) => {
      waiters.push({ version: wanted, resolve: () => resolve(true) });
    });
    const late = delay(10_000, false, { ref: false });
    if (!(await Promise.race([arrived, late])))
      throw new Error(`${path}: version ${version} not seen after 10 s`);
  }

  function put(raw: unknown): void {
    const { metadata } = envelopeSchema.parse(raw);
    const parsed = options.schema.safeParse(raw);
    if (parsed.success) items.set(keyOf(metadata), parsed.data);
    else {
      items.delete(keyOf(metadata));
      log(`${path} ${keyOf(metadata)}: left out: ${z.prettifyError(parsed.error)}`);
    }
  }

  async function list(): Promise<string> {
    const answer = listSchema.parse(await client.request("GET", `${path}?limit=0${query}`));
    items.clear();
    for (const item of answer.items) put(item);
    seen(answer.metadata.resourceVersion);
    changed();
    resolveSynced();
    return answer.metadata.resourceVersion;
  }

  async function follow(from: string): Promise<string> {
    let version = from;
    const timeout = 240 + Math.floor(Math.random() * 60);
    const where = `${path}?watch=1&allowWatchBookmarks=true&timeoutSeconds=${timeout}&resourceVersion=${version}${query}`;
    await client.stream(
      where,
      (raw) => {
        const event = eventSchema.parse(raw);
        if (event.type === "ERROR")
          throw new KubeError(410, "Expired", `watch ${path}: ${JSON.stringify(event.object)}`);
        version = bookmarkSchema.parse(event.object).metadata.resourceVersion;
        if (event.type === "DELETED") items.delete(keyOf(envelopeSchema.parse(event.object).metadata));
        else if (event.type !== "BOOKMARK") put(event.object);
        seen(version);
        if (event.type !== "BOOKMARK") changed();
      },
      abort.signal,
    );
    return version;
  }

  async function run(): Promise<void> {
    let pause = 200;
    while (!abort.signal.aborted) {
      try {
        let version = await list();
        pause = 200;
        while (!abort.signal.aborted) version = await follow(version);
      } catch (error) {
        if (abort.signal.aborted) return;
        log(`${error instanceof Error ? error.message : String(error)}; again in ${pause} ms`);
        await delay(pause);
        pause = Math.min(pause * 2, 5000);
      }
    }
  }
  void run();

  return { items: () => [...items.values()], synced, reached, close: () => abort.abort() };
}
