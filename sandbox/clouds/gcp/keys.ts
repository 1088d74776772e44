/** Cloud KMS: rings and keys, which nobody can delete. */
import type { Kind } from "../core/kind.ts";
import { membership } from "./iam.ts";
import { t } from "./types.ts";
import { given, guarded, path, withApi, wrongLabels } from "./words.ts";

const name = {
  pattern: /^[\w-]+$/,
  says: "letters, digits, _ and -",
  range: [1, 63],
  replaces: true,
} as const;
const used = "Error 409: already exists, alreadyExists";

const keyRing: Kind = withApi("cloudkms", {
  inputs: { name, location: { replaces: true }, project: { replaces: true } },
  naming: { property: "name", scope: "region", taken: used },
  id: (making) => path(making, `locations/${given(making, "location")}/keyRings`),
  keeps: () => ({ hours: Number.POSITIVE_INFINITY, why: "Cloud KMS deletes no key rings" }),
});

const cryptoKey: Kind = guarded("cloudkms", {
  inputs: {
    name,
    keyRing: { refers: { to: t.keyRing, atDelete: "leave" }, replaces: true },
    purpose: {
      options: ["ENCRYPT_DECRYPT", "ASYMMETRIC_SIGN", "ASYMMETRIC_DECRYPT", "RAW_ENCRYPT_DECRYPT", "MAC"],
      default: "ENCRYPT_DECRYPT",
      replaces: true,
    },
    rotationPeriod: { pattern: /^\d+(\.\d{1,9})?s$/, says: 'seconds, like "7776000s"' },
    destroyScheduledDuration: { replaces: true },
  },
  naming: { property: "name", scope: "region", within: "keyRing", taken: used },
  refuse: (inputs) => [
    ...wrongLabels(inputs),
    ...(inputs.rotationPeriod !== undefined &&
    Number.parseInt(given({ inputs }, "rotationPeriod"), 10) < 86_400
      ? ['"rotationPeriod" must be a day at least']
      : []),
  ],
  id: (making) => `${given(making, "keyRing")}/cryptoKeys/${given(making, "name")}`,
  outputs: {
    primaries: ({ id }) => [{ name: `${id}/cryptoKeyVersions/1`, state: "ENABLED" }],
    destroyScheduledDuration: ({ inputs }) => inputs.destroyScheduledDuration ?? "2592000s",
  },
  keeps: () => ({
    hours: Number.POSITIVE_INFINITY,
    why: "Cloud KMS deletes no keys: its versions are destroyed after a month",
  }),
});

export const keys: Readonly<Record<string, Kind>> = {
  [t.keyRing]: keyRing,
  [t.cryptoKey]: cryptoKey,
  [t.keyMember]: membership("cloudkms", "cryptoKeyId", {
    refers: { to: t.cryptoKey, atDelete: "leave" },
    replaces: true,
  }),
};
