/** What is said to stay after a destroy: all that the program lets go of, and the same as the documentation says. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { retainedLines as awsLines } from "../../providers/aws/retained.ts";
import { retainedLines as azureLines } from "../../providers/azure/retained.ts";
import { retainedLines as gcpLines } from "../../providers/gcp/retained.ts";
import type { Platform } from "../../providers/platform.ts";
import * as aws from "./aws-fixtures.ts";
import * as azure from "./azure-fixtures.ts";
import * as gcp from "./gcp-fixtures.ts";
import type { Run } from "./harness.ts";

const sharedVolume = { sizeGi: 10 };
const needs = {
  aws: { ...aws.needs, sharedVolume },
  azure: { ...azure.needs, sharedVolume },
  gcp: { ...gcp.needs, sharedVolume },
};

interface Told {
  readonly cloud: string;
  readonly production: () => Promise<Run<() => { readonly platform: Pick<Platform, "retained"> }>>;
  /** Each type that production lets go of instead of deleting it, by how its name begins, and how its line does. */
  readonly letGo: Readonly<Record<string, RegExp>>;
  readonly disposable: readonly string[];
  /** A word of each line of a disposable stack, which is one of its row too. */
  readonly leaves: readonly RegExp[];
}

const clouds: readonly Told[] = [
  {
    cloud: "AWS",
    production: () => aws.declared("production", { request: { needs: needs.aws } }),
    letGo: {
      "aws:kms/": /^the KMS key stays/,
      "aws:rds/instance:": /^the database stays/,
      "aws:elasticache/replicationGroup:": /^the cache stays/,
      "aws:efs/": /^the file system of shared volumes stays, with AWS Backup's copies/,
      "aws:cloudwatch/": /^the log of who talked to whom stays/,
      "aws:s3/": /^each tenant's bucket stays/,
    },
    disposable: awsLines({
      externalSecrets: false,
      settings: aws.settings,
      needs: needs.aws,
      lifecycle: "disposable",
    }),
    leaves: [/KMS key/, /\/aws\/rds\/instance/, /automatic-backup-vault/, /late line/, /AWSServiceRole/],
  },
  {
    cloud: "Azure",
    production: () => azure.declared("production", { request: { needs: needs.azure } }),
    letGo: {
      "azure-native:resources:": /^the resource group stays/,
      "azure-native:dbforpostgresql:": /^the database stays/,
      "azure-native:redisenterprise:": /^Redis stays/,
      "azure-native:storage:Blob": /^the storage account stays/,
      "azure-native:storage:StorageAccount": /^the account of shared volumes stays/,
      "azure-native:network:PublicIPAddress": /^the edge's public address stays/,
      "azure-native:keyvault:": /^the vault of write-once keys/,
    },
    disposable: azureLines({
      settings: azure.settings,
      needs: needs.azure,
      externalSecrets: true,
      lifecycle: "disposable",
    }),
    leaves: [/purge/, /ReviveDropped/],
  },
  {
    cloud: "Google Cloud",
    production: () => gcp.declared("production", { request: { needs: needs.gcp } }),
    letGo: {
      "gcp:sql/": /^the database stays/,
      "gcp:redis/": /^Redis stays/,
      "gcp:compute/address:": /^the edge's address stays/,
      "gcp:storage/": /^each tenant's bucket stays/,
    },
    disposable: gcpLines({
      externalSecrets: false,
      settings: gcp.settings,
      needs: needs.gcp,
      lifecycle: "disposable",
    }),
    leaves: [
      /key ring/,
      /APIs/,
      /Cloud Logging/,
      /name .*stays taken/,
      /peering/,
      /Filestore/,
      /firewall rules/,
    ],
  },
];

const page = readFileSync(fileURLToPath(new URL("../../docs/clouds.md", import.meta.url)), "utf8");
const [, section = ""] = page.split("## What stays after a disposable destroy");
const rows = (section.split("\n## ")[0] ?? "").split("\n");

describe.each(clouds)("what stays on $cloud", ({ cloud, production, letGo, disposable, leaves }) => {
  it("is told of everything that production does not delete, and of nothing else", async () => {
    const stack = await production();
    const { retained } = stack.result().platform;
    const kept = stack.custom.filter(({ options }) => options.retainOnDelete).map(({ type }) => type);
    const known = Object.keys(letGo);
    expect(kept.filter((type) => !known.some((start) => type.startsWith(start)))).toEqual([]);
    expect(known.filter((start) => !kept.some((type) => type.startsWith(start)))).toEqual([]);
    for (const line of Object.values(letGo)) expect(retained).toContainEqual(expect.stringMatching(line));
  });

  it("is in the documentation, of a disposable stack, line by line", () => {
    const documented = rows.filter((row) => row.startsWith(`| ${cloud} `));
    for (const texts of [disposable, documented]) {
      const found = leaves.map((word) => texts.filter((text) => word.test(text)).length);
      expect(found).toEqual(leaves.map(() => 1));
      expect(texts).toHaveLength(leaves.length);
    }
  });
});
