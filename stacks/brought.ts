/** What a stack file says of a database and a Redis that the user brings: keys, what is wrong with them, and roots. */
import { z } from "zod";
import type { BroughtDatabase, BroughtRedis } from "../providers/brought.ts";
import type { RedisIsolation, Tls } from "../providers/platform.ts";
import { port, roots } from "./platformKeys.ts";
import type { Problem } from "./problems.ts";

/** With what tenants get their accounts. */
export const databaseAdmin = z.strictObject({
  username: z.string().min(1).default("postgres"),
  secretName: z.string().min(1),
  key: z.string().min(1),
});

/** Spread into a cloud's `database`. `own`: what is made without them. */
export const databaseKeys = (own: string) => ({
  host: z.string().min(1).optional().describe(`A server that is there already, in place of ${own}.`),
  port: port.default(5432),
  roots: roots.default("system"),
  admin: databaseAdmin
    .optional()
    .describe(
      "With host: a Secret in the namespace portolan-<stack>, with which tenants get their accounts.",
    ),
});

type DatabaseKeys = z.infer<z.ZodObject<ReturnType<typeof databaseKeys>>>;

/** Undefined where the platform makes its own. */
export function broughtDatabase({
  host,
  port: number,
  roots: text,
  admin,
}: DatabaseKeys): BroughtDatabase | undefined {
  return host !== undefined && admin
    ? { kind: "existing", host, port: number, tls: tlsOf(text), admin }
    : undefined;
}

interface RedisKeys {
  readonly host?: string | undefined;
  readonly port: number;
  readonly roots: string;
  readonly isolation?: RedisIsolation | undefined;
}

/** Undefined where the platform makes its own. */
export function broughtRedis({
  host,
  port: number,
  roots: text,
  isolation = "prefix",
}: RedisKeys): BroughtRedis | undefined {
  return host === undefined
    ? undefined
    : { kind: "existing", host, port: number, tls: tlsOf(text), isolation };
}

/** A server without the way to make accounts on it, or the other way round. */
export function checkDatabase({ host, admin }: DatabaseKeys, own: string): Problem[] {
  if ((host === undefined) === (admin === undefined)) return [];
  const missing = host === undefined ? "host" : "admin";
  return [
    {
      key: `portolan:platform.database.${missing}`,
      allowed: "host and admin together: a server that is there, and how accounts are made on it",
      remedy: `add ${missing}, or remove the other to have ${own}`,
    },
  ];
}

/** `text`: as the key `roots` has it. */
export function tlsOf(text: string): Tls<string> {
  return { roots: text === "system" ? "system" : { caPem: text } };
}
