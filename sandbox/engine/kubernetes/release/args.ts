import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { Failure } from "../../rpc/provider.ts";
import { Asset, type Bag, type Plain, type PlainBag, reveal, toPlain } from "../../rpc/values.ts";
import { isPlainBag } from "../state.ts";

const flag = z.boolean().optional();
const word = z.string().optional();
const values: z.ZodType<PlainBag> = z.record(z.string(), z.json());

const repository = z.strictObject({
  repo: word,
  caFile: word,
  certFile: word,
  keyFile: word,
  username: word,
  password: word,
});

/** Every property of helm.v3.Release, in the order of its documentation. */
const schema = z.strictObject({
  chart: z.string(),
  name: word,
  namespace: word,
  version: word,
  repositoryOpts: repository.optional(),
  values: values.optional(),
  valueYamlFiles: z.array(z.unknown()).optional(),
  allowNullValues: flag,
  atomic: flag,
  cleanupOnFail: flag,
  createNamespace: flag,
  dependencyUpdate: flag,
  description: word,
  devel: flag,
  disableCRDHooks: flag,
  disableOpenapiValidation: flag,
  disableWebhooks: flag,
  forceUpdate: flag,
  keyring: word,
  lint: flag,
  maxHistory: z.number().int().min(0).optional(),
  postrender: word,
  recreatePods: flag,
  renderSubchartNotes: flag,
  replace: flag,
  resetValues: flag,
  reuseValues: flag,
  skipAwait: flag,
  skipCrds: flag,
  takeOwnership: flag,
  timeout: z.number().optional(),
  verify: flag,
  waitForJobs: flag,
  // Made here, never given by a program; `compat` is what the SDK itself adds.
  checksum: word,
  resourceNames: z.record(z.string(), z.array(z.string())).optional(),
  compat: word,
});

/** A release's arguments with everything known and in clear. */
export type ReleaseArgs = z.infer<typeof schema> & { name: string; namespace: string };

export const releaseProperties: readonly string[] = Object.keys(schema.shape);

/** Mistakes that can be seen without rendering. Values that are not known yet are not judged. */
export function checkArgs(given: Bag): Failure[] {
  const failures: Failure[] = [];
  for (const key of Object.keys(given)) {
    if (key === "manifest") {
      failures.push({ property: key, reason: `"manifest" of a Release is not implemented; leave it out` });
    } else if (!releaseProperties.includes(key)) {
      failures.push({
        property: key,
        reason: `a Release has no property "${key}"; it has ${releaseProperties.join(", ")}`,
      });
    }
  }
  if (given.chart === undefined)
    failures.push({
      property: "chart",
      reason: "a Release needs a chart: a path, a name with repositoryOpts.repo, or oci://...",
    });
  const { password } = toBag(given.repositoryOpts);
  if (password !== undefined) {
    const reason =
      "repositoryOpts.password would be on helm's command line. Log in beforehand: `helm registry login` or `helm repo add`";
    failures.push({ property: "repositoryOpts.password", reason });
  }
  return failures;
}

function toBag(value: Bag[string] | undefined): Bag {
  const plain = value === undefined ? null : reveal(value);
  return typeof plain === "object" && plain !== null && !Array.isArray(plain) ? { ...plain } : {};
}

/** Reads known arguments. @throws when one has the wrong type */
export function readArgs(given: Bag): ReleaseArgs {
  const parsed = schema.safeParse(toPlain(given));
  if (!parsed.success) {
    throw new Error(
      parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "),
    );
  }
  return { ...parsed.data, name: parsed.data.name ?? "", namespace: parsed.data.namespace ?? "" };
}

/**
 * The values with those of `valueYamlFiles` below them. Nulls are dropped, as the real provider does, unless
 * `allowNullValues` is set; Helm takes a null as the removal of a chart's default.
 */
export async function mergedValues(
  files: Bag[string] | undefined,
  own: PlainBag,
  keepNulls: boolean,
  folder: string,
): Promise<PlainBag> {
  let merged: PlainBag = {};
  const assets = files === undefined ? [] : reveal(files);
  for (const asset of Array.isArray(assets) ? assets : []) {
    if (!(asset instanceof Asset)) throw new Error("valueYamlFiles takes FileAsset and StringAsset only");
    merged = merge(merged, values.parse(parse(await assetText(asset, folder)) ?? {}));
  }
  const all = merge(merged, own);
  return keepNulls ? all : dropNulls(all);
}

async function assetText({ fields }: Asset, folder: string): Promise<string> {
  if (typeof fields.text === "string") return fields.text;
  if (typeof fields.path === "string") return readFile(resolve(folder, fields.path), "utf8");
  throw new Error("valueYamlFiles: an asset by URL is not implemented; use a FileAsset or StringAsset");
}

function merge(below: PlainBag, above: PlainBag): PlainBag {
  const merged: PlainBag = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const old = merged[key];
    merged[key] = isPlainBag(value) && isPlainBag(old) ? merge(old, value) : value;
  }
  return merged;
}

function dropNulls(bag: PlainBag): PlainBag;
function dropNulls(value: Plain): Plain;
function dropNulls(value: Plain): Plain {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map((item) => dropNulls(item));
  if (!isPlainBag(value)) return value;
  const kept: PlainBag = {};
  for (const [key, item] of Object.entries(value)) if (item !== null) kept[key] = dropNulls(item);
  return kept;
}
