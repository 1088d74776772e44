/**
 * Escrow in a file sealed with a passphrase, in the age format: `age --decrypt FILE` opens it without Portolan.
 * The whole file is written anew beside the old one and moved into place, so a crash leaves one or the other.
 */
import { existsSync } from "node:fs";
import { mkdir, open, readFile, rename, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { KeyEscrow } from "../providers/platform.ts";

const content = z.object({ version: z.literal(1), keys: z.record(z.string(), z.string()) });

/** Work factor of scrypt (log2): a third of a second, once per `up`. */
const workFactor = 15;

export class SealedFile implements KeyEscrow {
  readonly #path: string;
  readonly #passphrase: string | undefined;
  #keys: Promise<Map<string, string>> | undefined;
  #lastWrite: Promise<void> = Promise.resolve();
  #nextWrite: Promise<void> | undefined;

  /** Nothing is read before the first call. Without a passphrase the first use throws. */
  constructor(path: string, passphrase: string | undefined) {
    this.#path = path;
    this.#passphrase = passphrase;
  }

  /** A preview keeps nothing, and without the passphrase it shows the fresh value. */
  keep({ name, fresh }: Pick<Parameters<KeyEscrow["keep"]>[0], "name" | "fresh">): pulumi.Output<string> {
    return pulumi.secret(
      fresh.apply(async (made) => {
        const preview = pulumi.runtime.isDryRun();
        if (preview && this.#passphrase === undefined) return made;
        const value = (await this.recall(name)) ?? made;
        if (!preview) await this.deposit(name, value);
        return value;
      }),
    );
  }

  /** The value kept under `name`, or undefined. Throws where the file does not open. */
  async recall(name: string): Promise<string | undefined> {
    return (await this.#open()).get(name);
  }

  /** Throws when another value is kept under `name`: a key is never replaced. */
  async deposit(name: string, value: string): Promise<void> {
    const keys = await this.#open();
    const kept = keys.get(name);
    if (kept === value) return;
    if (kept !== undefined) {
      throw new Error(`${this.#path} keeps another value for ${name}; a write-once key is never replaced`);
    }
    keys.set(name, value);
    // Sealing takes a while: what comes in meanwhile goes into one next write, not into one each.
    this.#nextWrite ??= this.#lastWrite.then(() => {
      this.#nextWrite = undefined;
      const write = this.#write(keys);
      this.#lastWrite = write.catch(() => undefined);
      return write;
    });
    await this.#nextWrite;
  }

  #open(): Promise<Map<string, string>> {
    this.#keys ??= this.#read();
    return this.#keys;
  }

  async #read(): Promise<Map<string, string>> {
    const passphrase = this.#requirePassphrase();
    if (!existsSync(this.#path)) return new Map();
    // Loaded where it is used: most runs never open the file, and a preview should not pay for it.
    const { Decrypter } = await import("age-encryption");
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase);
    let text: string;
    try {
      text = await decrypter.decrypt(await readFile(this.#path), "text");
    } catch (cause) {
      throw new Error(
        `the escrow ${this.#path} does not open with this passphrase: use the one it was sealed with, or name another file in portolan:secrets.escrow`,
        { cause },
      );
    }
    return new Map(Object.entries(content.parse(JSON.parse(text)).keys));
  }

  async #write(keys: ReadonlyMap<string, string>): Promise<void> {
    const { Encrypter } = await import("age-encryption");
    const encrypter = new Encrypter();
    encrypter.setPassphrase(this.#requirePassphrase());
    encrypter.setScryptWorkFactor(workFactor);
    const sealed = await encrypter.encrypt(JSON.stringify({ version: 1, keys: Object.fromEntries(keys) }));
    await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
    const draft = `${this.#path}.${process.pid}.draft`;
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(sealed);
      await file.sync();
      await file.close();
      await rename(draft, this.#path);
    } catch (error) {
      await unlink(draft).catch(() => undefined);
      throw error;
    }
  }

  #requirePassphrase(): string {
    if (this.#passphrase) return this.#passphrase;
    throw new Error(
      `write-once keys are sealed with the stack's passphrase, which is ${this.#passphrase === undefined ? "not set" : "empty, and would seal nothing"}: set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to a text`,
    );
  }
}
