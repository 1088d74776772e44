import { folderOf } from "./folders.ts";
import { engineLog } from "./log.ts";
import type { Provider, ProviderFactory } from "./provider.ts";

type Instance = { provider: Provider; configured: boolean; engine: string | undefined; close(): void };

/**
 * One provider for each connection. The engine attaches every provider resource of a program to the same port,
 * and nothing in its later requests says which one they are for: only the connection tells them apart.
 */
export class Instances {
  readonly #factory: ProviderFactory;
  readonly #byPeer = new Map<string, Instance>();

  constructor(factory: ProviderFactory) {
    this.#factory = factory;
  }

  /**
   * Begins a connection. Another may have come from the same port before, and its provider, with its settings and
   * perhaps cancelled, must not serve this one.
   */
  begin(peer: string): Instance {
    this.#byPeer.get(peer)?.close();
    this.#byPeer.delete(peer);
    return this.of(peer);
  }

  /** The instance of a connection, made when it is first seen. */
  of(peer: string): Instance {
    const known = this.#byPeer.get(peer);
    if (known !== undefined) return known;
    const instance: Instance = {
      provider: this.#factory(
        {
          status: (urn, message) => log.status(urn, message),
          info: (urn, message) => log.info(urn, message),
          warning: (urn, message) => log.warning(urn, message),
        },
        () => folderOf(instance.engine),
      ),
      configured: false,
      engine: undefined,
      close: () => log.close(),
    };
    const log = engineLog(() => instance.engine);
    this.#byPeer.set(peer, instance);
    return instance;
  }

  /** Like {@link of}, for requests that need settings: an engine that reconnected (after 30 idle minutes) has none. */
  configured(peer: string): Instance {
    const instance = this.of(peer);
    if (instance.configured) return instance;
    const others = [...this.#byPeer.values()].filter((other) => other.configured);
    const [only] = others;
    if (only !== undefined && others.length === 1) return only;
    throw new Error(`This connection (${peer}) has not been configured. Run the command again.`);
  }

  close(): void {
    for (const instance of this.#byPeer.values()) instance.close();
  }
}
