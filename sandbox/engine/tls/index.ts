import { generatorProvider } from "../rpc/generator.ts";
import type { ProviderFactory } from "../rpc/provider.ts";
import { tlsFunctions, tlsKinds } from "./kinds.ts";

/** The tls provider: keys and certificates, made once and made anew near their end. */
export function tlsProvider(version: string): ProviderFactory {
  return () => generatorProvider(version, tlsKinds, tlsFunctions);
}
