/** EFS: file systems that several pods share. Nothing real stands behind them. */
import { type Kind, Refused } from "../core/kind.ts";
import { digest } from "../core/naming.ts";
import { wrongDocument } from "./documents.ts";
import { keyRef } from "./keys.ts";
import { vpcOf } from "./networkRules.ts";
import { groups } from "./securityGroups.ts";
import { t } from "./types.ts";
import { arn, dnsSuffixOf, freshId, given } from "./words.ts";

const ownerId: NonNullable<Kind["outputs"]>[string] = ({ world }) => world.account;
const inFileSystem = { refers: { to: t.fileSystem }, replaces: true } as const;

const fileSystem: Kind = {
  inputs: {
    creationToken: { range: [1, 64], replaces: true },
    encrypted: { replaces: true },
    kmsKeyId: { refers: { ...keyRef.refers, by: ["arn"] }, replaces: true },
    performanceMode: { options: ["generalPurpose", "maxIO"], default: "generalPurpose", replaces: true },
    throughputMode: { options: ["bursting", "elastic", "provisioned"], default: "bursting" },
    availabilityZoneName: { replaces: true },
  },
  naming: { property: "creationToken", scope: "region", taken: "FileSystemAlreadyExists" },
  refuse: (inputs) =>
    inputs.kmsKeyId !== undefined && inputs.encrypted !== true ? ['"kmsKeyId" needs "encrypted"'] : [],
  id: () => freshId("fs"),
  outputs: {
    arn: ({ world, id }) => arn(world, "elasticfilesystem", `file-system/${id}`),
    creationToken: ({ inputs, id }) => inputs.creationToken ?? id,
    dnsName: ({ world, id }) => `${id}.efs.${world.region}.${dnsSuffixOf(world.region)}`,
    ownerId,
  },
};

const mountTarget: Kind = {
  inputs: {
    fileSystemId: inFileSystem,
    subnetId: { refers: { to: t.subnet }, replaces: true },
    "securityGroups[]": groups,
  },
  id: () => freshId("fsmt"),
  admit: ({ world, inputs, id }) => {
    const zone = (subnet: string) => world.store.find(t.subnet, subnet)?.outputs.availabilityZone;
    const others = world.store
      .living([t.mountTarget])
      .filter((found) => found.id !== id && found.inputs.fileSystemId === inputs.fileSystemId);
    const subnet = given({ inputs }, "subnetId");
    for (const other of others) {
      const taken = given(other, "subnetId");
      if (zone(taken) === zone(subnet))
        throw new Refused("MountTargetConflict: mount target already exists in this AZ");
      if (vpcOf(world, taken) !== vpcOf(world, subnet))
        throw new Refused(
          "MountTargetConflict: requested subnet for new mount target is not in the same VPC as existing mount targets",
        );
    }
  },
  outputs: {
    availabilityZoneName: ({ world, inputs }) =>
      world.store.find(t.subnet, given({ inputs }, "subnetId"))?.outputs.availabilityZone,
    availabilityZoneId: ({ world, inputs }) =>
      world.store.find(t.subnet, given({ inputs }, "subnetId"))?.outputs.availabilityZoneId,
    dnsName: ({ world, inputs }) =>
      `${given({ inputs }, "fileSystemId")}.efs.${world.region}.${dnsSuffixOf(world.region)}`,
    mountTargetDnsName: ({ outputs }) => `${String(outputs.availabilityZoneName)}.${String(outputs.dnsName)}`,
    fileSystemArn: ({ world, inputs }) =>
      arn(world, "elasticfilesystem", `file-system/${given({ inputs }, "fileSystemId")}`),
    networkInterfaceId: ({ id }) => `eni-${digest(17, id)}`,
    ipAddressType: () => "IPV4_ONLY",
    ownerId,
  },
};

const accessPoint: Kind = {
  inputs: {
    fileSystemId: { refers: { to: t.fileSystem, atDelete: "cascade" }, replaces: true },
    posixUser: { replaces: true },
    rootDirectory: { replaces: true },
  },
  id: () => freshId("fsap"),
  outputs: {
    arn: ({ world, id }) => arn(world, "elasticfilesystem", `access-point/${id}`),
    fileSystemArn: ({ world, inputs }) =>
      arn(world, "elasticfilesystem", `file-system/${given({ inputs }, "fileSystemId")}`),
    ownerId,
  },
};

const backupPolicy: Kind = {
  inputs: {
    fileSystemId: { refers: { to: t.fileSystem, atDelete: "cascade" }, replaces: true },
    "backupPolicy.status": { options: ["ENABLED", "DISABLED", "ENABLING", "DISABLING"] },
  },
  puts: true,
  id: (making) => given(making, "fileSystemId"),
};

const fileSystemPolicy: Kind = {
  inputs: {
    fileSystemId: { refers: { to: t.fileSystem, atDelete: "cascade" }, replaces: true },
    bypassPolicyLockoutSafetyCheck: { default: false },
  },
  refuse: (inputs) => wrongDocument(given({ inputs }, "policy"), "resource", "policy"),
  puts: true,
  id: (making) => given(making, "fileSystemId"),
};

export const files: Readonly<Record<string, Kind>> = {
  [t.fileSystem]: fileSystem,
  [t.mountTarget]: mountTarget,
  [t.accessPoint]: accessPoint,
  [t.fileSystemPolicy]: fileSystemPolicy,
  [t.backupPolicy]: backupPolicy,
};
