import type { Backend } from "./backend.ts";

/** A backend that is made when something is first asked of it: a preview asks for nothing, and needs no cluster. */
export function deferred(make: () => Promise<Backend>): Backend {
  let made: Promise<Backend> | undefined;
  const get = (): Promise<Backend> => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
  return {
    cluster: async (id) => (await get()).cluster(id),
    removeCluster: async (id) => (await get()).removeCluster(id),
    postgres: {
      ensure: async (spec) => (await get()).postgres.ensure(spec),
      remove: async (id) => (await get()).postgres.remove(id),
    },
    redis: {
      ensure: async (spec) => (await get()).redis.ensure(spec),
      remove: async (id) => (await get()).redis.remove(id),
    },
    bucket: {
      ensure: async (spec) => (await get()).bucket.ensure(spec),
      remove: async (name) => (await get()).bucket.remove(name),
      isEmpty: async (name) => (await get()).bucket.isEmpty(name),
      empty: async (name) => (await get()).bucket.empty(name),
    },
    identity: {
      ensure: async (spec) => (await get()).identity.ensure(spec),
      remove: async (id) => (await get()).identity.remove(id),
    },
    sharedDriver: {
      ensure: async () => (await get()).sharedDriver.ensure(),
      remove: async () => (await get()).sharedDriver.remove(),
    },
    vault: {
      ensure: async (name) => (await get()).vault.ensure(name),
      remove: async (name) => (await get()).vault.remove(name),
      token: async (audience) => (await get()).vault.token(audience),
    },
    secrets: {
      ensure: async (spec) => (await get()).secrets.ensure(spec),
      remove: async (id) => (await get()).secrets.remove(id),
      allow: async (reader) => (await get()).secrets.allow(reader),
      refuse: async (id) => (await get()).secrets.refuse(id),
    },
    made: async () => (await get()).made(),
    rootsPem: async () => (await get()).rootsPem(),
    close: async () => (await made)?.close(),
  };
}
