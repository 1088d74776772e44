/** Kinds that are named so that a typo and a future kind get different answers. */
import { z } from "zod";
import { cloudKeys } from "../platformKeys.ts";
import type { CloudTarget } from "./cloud.ts";

export const notBuiltSchema = <Kind extends string>(kind: Kind) =>
  z.looseObject({ kind: z.literal(kind), ...cloudKeys });

export function notBuilt({ kind }: { readonly kind: string }): CloudTarget {
  const refuse = () => Promise.reject(new Error(`platform kind ${kind} is not built yet`));
  return {
    problems: [
      {
        key: "portolan:platform.kind",
        value: kind,
        allowed: "local | existing",
        remedy: `${kind} is not built yet; to use a cluster that runs there, choose \`existing\` with its context`,
      },
    ],
    offers: { database: ["postgres"], redis: ["instance"], objectStore: ["s3"], sharedVolume: true },
    build: refuse,
    cell: refuse,
  };
}
