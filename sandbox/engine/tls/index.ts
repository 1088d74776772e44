import { generatorProvider } from "../rpc/generator.ts";
import type { ProviderFactory } from "../rpc/provider.ts";

/** The tls provider: keys and certificates, made once. */
export function tlsProvider(version: string): ProviderFactory {
  return () => generatorProvider(version, new Map(), new Map());
}
