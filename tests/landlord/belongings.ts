import type * as pulumi from "@pulumi/pulumi";

/** What a user has, as a stack of hers would name it. */
export interface Belongings {
  /** Keys of `portolan:platform`, each merged into what the stack file has under it. */
  readonly platform: Readonly<Record<"network" | "cluster" | "database" | "redis", pulumi.Input<object>>>;
  /** Of the database's administrator `portolan`, and of every account of the Redis. */
  readonly passwords: Readonly<Record<"database" | "redis", pulumi.Output<string>>>;
  /** Undefined where the Redis knows none. */
  readonly redisUsers?: readonly string[];
}

/** The administrator's Secret that the tests make: in the namespace of the platform's services. */
export const admin = { username: "portolan", secretName: "our-admin", key: "password" };
