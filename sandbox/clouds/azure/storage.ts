/** Storage accounts and their containers. */
import { type Kind, Refused, type Rule } from "../core/kind.ts";
import { textOf, textsAt } from "../core/paths.ts";
import { containerName, principalsAt, spread } from "./access.ts";
import { t } from "./types.ts";
import { armId, given, part, partOf, tracked } from "./words.ts";

const provider = "Microsoft.Storage/storageAccounts";
const parts = ["blob", "dfs", "file", "queue", "table"];

const account: Kind = {
  everywhere: true,
  inputs: {
    ...tracked,
    accountName: {
      pattern: /^[a-z0-9]+$/,
      says: "lower-case letters and digits",
      range: [3, 24],
      replaces: true,
    },
    kind: { replaces: true },
    allowSharedKeyAccess: { default: true },
    enableHttpsTrafficOnly: { default: true },
  },
  naming: {
    property: "accountName",
    scope: "global",
    auto: { limit: 24, lower: true },
    taken: "StorageAccountAlreadyTaken: The storage account name is already taken, it is shared by all users",
  },
  refuse: (inputs) => {
    const [sku = ""] = textsAt(inputs, "sku.name");
    const wanted = inputs.kind === "FileStorage" ? /^Premium/ : /^/;
    return wanted.test(sku)
      ? []
      : [`"sku.name" must be a Premium one for ${textOf(inputs, "kind")}, not "${sku}"`];
  },
  id: (making) => armId(making.world, making.inputs, provider, given(making, "accountName")),
  admit: ({ inputs, old }) => {
    const [before = "", after = ""] = [old?.inputs ?? inputs, inputs].map((of) => textsAt(of, "sku.name")[0]);
    const isZonal = (sku: string) => /_(RA)?G?ZRS$/.test(sku);
    if (before.split("_")[0] !== after.split("_")[0] || isZonal(before) !== isZonal(after))
      throw new Refused(
        `InvalidAccountType: an account of ${before} does not become one of ${after} by an update: a conversion has to be asked for`,
      );
  },
  outputs: {
    primaryEndpoints: ({ inputs }) =>
      Object.fromEntries(
        parts
          .filter((service) => inputs.kind !== "FileStorage" || service === "file")
          .map((service) => [
            service,
            `https://${textOf(inputs, "accountName")}.${service}.core.windows.net/`,
          ]),
      ),
    primaryLocation: ({ world, inputs }) => textOf(inputs, "location") || world.region,
    statusOfPrimary: () => "available",
    creationTime: ({ created }) => new Date(created).toISOString(),
    accessTier: ({ inputs }) => inputs.accessTier ?? "Hot",
  },
  // Its containers go with it at once, those that were on their way among them.
  remove: async ({ world, record }) => {
    for (const { type, id, kept } of world.store.all())
      if (type === t.container && kept !== undefined && id.startsWith(`${record.id}/`))
        world.store.remove(type, id);
  },
};

/** What every part of an account has. */
const inAccount = {
  ...part,
  accountName: partOf(t.storageAccount),
} as const satisfies Readonly<Record<string, Rule>>;

const retention = { "deleteRetentionPolicy.days": { range: [1, 365] } } as const;

const blobService: Kind = {
  everywhere: true,
  inputs: {
    ...inAccount,
    ...retention,
    "containerDeleteRetentionPolicy.days": { range: [1, 365] },
    blobServicesName: { options: ["default"], required: true, replaces: true },
  },
  puts: true,
  id: (making) =>
    armId(making.world, making.inputs, provider, given(making, "accountName"), "blobServices", "default"),
};

const managementPolicy: Kind = {
  everywhere: true,
  inputs: {
    ...inAccount,
    managementPolicyName: { options: ["default"], required: true, replaces: true },
    "policy.rules": { range: [1, 100] },
  },
  taken: "cannot create already existing resource",
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      provider,
      given(making, "accountName"),
      "managementPolicies",
      "default",
    ),
};

/** Azure takes 30 s and more to delete a container. */
const deletionSeconds = 3;

const container: Kind = {
  everywhere: true,
  inputs: {
    ...inAccount,
    containerName: {
      pattern: /^[a-z0-9](-?[a-z0-9])*$/,
      says: "lower-case letters, digits and single - between them",
      range: [3, 63],
      required: true,
      replaces: true,
    },
    publicAccess: { default: "None" },
  },
  taken: "ContainerAlreadyExists: cannot create already existing resource",
  id: (making) =>
    armId(
      making.world,
      making.inputs,
      provider,
      given(making, "accountName"),
      "blobServices",
      "default",
      "containers",
      given(making, "containerName"),
    ),
  admit: ({ world, inputs, id }) => {
    if (world.store.find(t.container, id)?.kept !== undefined)
      throw new Refused(
        "ContainerBeingDeleted: The specified container is being deleted. Try operation later.",
        true,
      );
    const home = armId(world, inputs, provider, textOf(inputs, "accountName"));
    const of = world.store.find(t.storageAccount, home);
    if (inputs.publicAccess !== "None" && of?.inputs.allowBlobPublicAccess !== true)
      throw new Refused("PublicAccessNotPermitted: Public access is not permitted on this storage account");
    if (of?.inputs.kind === "FileStorage")
      throw new Refused("FeatureNotSupportedForAccount: Blob is not supported for the account");
  },
  behind: async ({ world, inputs, id }) => {
    const name = containerName(inputs);
    await world.backend.bucket.ensure({
      name,
      host: `${textOf(inputs, "accountName")}.blob.core.windows.net`,
    });
    for (const principal of principalsAt(world, id)) await spread(world, principal);
    return undefined;
  },
  outputs: { leaseStatus: () => "Unlocked", leaseState: () => "Available" },
  // Azure deletes a container with what is in it.
  remove: ({ world, record }) => world.backend.bucket.remove(containerName(record.inputs)),
  keeps: () => ({ hours: deletionSeconds / 3600, why: "the container is being deleted" }),
};

export const storage: Readonly<Record<string, Kind>> = {
  [t.storageAccount]: account,
  [t.blobService]: blobService,
  [t.managementPolicy]: managementPolicy,
  [t.container]: container,
};
