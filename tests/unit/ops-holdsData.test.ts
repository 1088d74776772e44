import { describe, expect, it } from "vitest";
import { holdsData } from "../../ops/holdsData.ts";

describe("what holds data", () => {
  it.each([
    "aws:rds/instance:Instance",
    "aws:kms/key:Key",
    "aws:efs/fileSystem:FileSystem",
    "gcp:storage/bucket:Bucket",
    "azure-native:storage:StorageAccount",
    "delete urn:pulumi:local::portolan::a$kubernetes:core/v1:PersistentVolumeClaim::data",
    "replace urn:pulumi:local::portolan::kubernetes:apps/v1:StatefulSet::postgres",
  ])("is among others %s", (text) => expect(holdsData(text)).toBe(true));

  it.each([
    "aws:s3/bucketPolicy:BucketPolicy",
    "aws:rds/parameterGroup:ParameterGroup",
    "gcp:kms/cryptoKey:CryptoKey",
    "kubernetes:core/v1:Pod",
  ])("is not %s", (text) => expect(holdsData(text)).toBe(false));
});
