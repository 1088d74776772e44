/** What the front keeps: the identities it was told of, and the secrets of its vaults. */
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { issuerSchema } from "../tokens.ts";

export const identitySchema = z.object({
  namespace: z.string(),
  serviceAccount: z.string(),
  /** Client id. */
  principal: z.string(),
  /** `<account>/<container>` of each container that it reads and writes. */
  buckets: z.array(z.string()),
});
export type Identity = z.infer<typeof identitySchema>;

export const accountsSchema = z.array(z.string());
export const directorySchema = z.object({ issuer: issuerSchema, identities: z.array(identitySchema) });

const stateSchema = z.object({
  /** Storage accounts. */
  accounts: z.array(z.string()).default([]),
  directory: directorySchema.default({ issuer: { issuer: "", keys: [] }, identities: [] }),
  vaults: z.record(z.string(), z.record(z.string(), z.string())).default({}),
});
export type FrontState = z.infer<typeof stateSchema>;

/** State in one file, written whole at each change. */
export class State {
  readonly #file: string;
  #now: FrontState;

  constructor(file: string) {
    this.#file = file;
    this.#now = stateSchema.parse(existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {});
  }

  get now(): FrontState {
    return this.#now;
  }

  change(part: Partial<FrontState>): void {
    this.#now = { ...this.#now, ...part };
    writeFileSync(`${this.#file}.part`, JSON.stringify(this.#now), { mode: 0o600 });
    renameSync(`${this.#file}.part`, this.#file);
  }
}
