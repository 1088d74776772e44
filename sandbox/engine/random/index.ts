import { generatorProvider } from "../rpc/generator.ts";
import type { ProviderFactory } from "../rpc/provider.ts";
import { randomKinds } from "./kinds.ts";

/** The random provider: values from the system's secure source, made once. */
export function randomProvider(version: string): ProviderFactory {
  return () => generatorProvider(version, randomKinds, new Map());
}
