/** Where write-once keys are kept outside the state, so that losing the state loses no key. */

export interface Escrow {
  /** False where it cannot be opened now, e.g. a preview without the passphrase. */
  readonly available: boolean;
  /** The value kept under `name`, or undefined. Throws where the escrow cannot be opened. */
  recall(name: string): Promise<string | undefined>;
  /** Keeps `value`. Throws when another value is kept under `name`: a key is never replaced. */
  deposit(name: string, value: string): Promise<void>;
}
