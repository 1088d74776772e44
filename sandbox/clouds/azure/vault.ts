/** Key Vault. Its secrets are behind it, at the address that it answers. */
import type { PlainBag } from "../../engine/rpc/values.ts";
import { type Kind, Refused } from "../core/kind.ts";
import { bagOf, textOf } from "../core/paths.ts";
import { t } from "./types.ts";
import { armId, given, part, partOf, tenant, tracked } from "./words.ts";

const vault: Kind = {
  everywhere: true,
  inputs: {
    ...tracked,
    vaultName: {
      pattern: /^[A-Za-z](-?[A-Za-z0-9])*$/,
      says: "letters, digits and single - between them, a letter first",
      range: [3, 24],
      replaces: true,
    },
    "properties.tenantId": { options: [tenant] },
    "properties.softDeleteRetentionInDays": { range: [7, 90] },
  },
  naming: {
    property: "vaultName",
    scope: "global",
    auto: { limit: 24 },
    taken: "VaultAlreadyExists: The vault name is already in use, it is shared by all users",
  },
  refuse: (inputs) => {
    const { enablePurgeProtection, enableSoftDelete } = bagOf(inputs, "properties");
    return [
      ...(enablePurgeProtection === false
        ? ['"properties.enablePurgeProtection" cannot be set to false: leave it out']
        : []),
      ...(enableSoftDelete === false ? ['"properties.enableSoftDelete" cannot be switched off'] : []),
    ];
  },
  id: (making) => armId(making.world, making.inputs, "Microsoft.KeyVault/vaults", given(making, "vaultName")),
  // Purge protection stays on where nothing is said of it; the days are said once.
  admit: ({ inputs, old }) => {
    if (old === undefined) return;
    const days = (of: PlainBag) => bagOf(of, "properties").softDeleteRetentionInDays ?? 90;
    if (days(inputs) !== days(old.inputs))
      throw new Refused(
        'BadRequest: The property "softDeleteRetentionInDays" has been set already and it can\'t be modified.',
      );
  },
  behind: async ({ world, inputs }) => {
    const name = textOf(inputs, "vaultName");
    const uri = await world.backend.vault.ensure(name);
    const vaultUri = uri ?? `https://${name.toLowerCase()}.vault.azure.net/`;
    return { properties: { ...bagOf(inputs, "properties"), vaultUri, provisioningState: "Succeeded" } };
  },
  outputs: { properties: ({ inputs }) => bagOf(inputs, "properties") },
  remove: ({ world, record }) => world.backend.vault.remove(textOf(record.inputs, "vaultName")),
  keeps: ({ inputs }) => {
    const days = Number(bagOf(inputs, "properties").softDeleteRetentionInDays ?? 90);
    return { hours: 24 * days, why: `deleted, and kept for ${days} days or until it is purged` };
  },
};

/** A secret as Resource Manager makes one; `az keyvault secret set` makes the same by the vault's own interface. */
const secret: Kind = {
  everywhere: true,
  inputs: {
    ...part,
    vaultName: partOf(t.vault),
    secretName: { pattern: /^[A-Za-z0-9-]{1,127}$/, says: "letters, digits and -", replaces: true },
    "properties.value": { secret: true },
  },
  puts: true,
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      "Microsoft.KeyVault/vaults",
      given(making, "vaultName"),
      "secrets",
      given(making, "secretName"),
    ),
  outputs: { properties: ({ inputs }) => bagOf(inputs, "properties") },
  behind: async ({ world, inputs, id }) => {
    const name = textOf(inputs, "secretName");
    const store = textOf(inputs, "vaultName").toLowerCase();
    const value = textOf(bagOf(inputs, "properties"), "value");
    await world.backend.secrets.ensure({ id, store, name, resource: id, value });
    return undefined;
  },
  remove: ({ world, record }) => world.backend.secrets.remove(record.id),
};

export const vaults: Readonly<Record<string, Kind>> = { [t.vault]: vault, [t.secret]: secret };
