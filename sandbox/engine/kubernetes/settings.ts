import { z } from "zod";
import type { Failure } from "../rpc/provider.ts";
import { type Bag, hasComputed, type PlainBag, toPlain, withoutNulls } from "../rpc/values.ts";

// Settings that are no text reach a provider as JSON text ("true"), or as they are when a language does not encode.
function encoded<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => {
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }, schema);
}

const flag = encoded(z.boolean()).optional();

const helmSettings = z.strictObject({
  driver: z.enum(["secret", "secrets", "configmap", "configmaps", "memory"]).optional(),
  pluginsPath: z.string().optional(),
  registryConfigPath: z.string().optional(),
  repositoryCache: z.string().optional(),
  repositoryConfigPath: z.string().optional(),
});
const clientSettings = z.strictObject({
  burst: z.number().optional(),
  qps: z.number().optional(),
  timeout: z.number().optional(),
});

const settings = z.strictObject({
  kubeconfig: z.string().optional(),
  context: z.string().optional(),
  cluster: z.string().optional(),
  namespace: z.string().optional(),
  clusterIdentifier: z.string().optional(),
  deleteUnreachable: flag,
  skipUpdateUnreachable: flag,
  enableConfigMapMutable: flag,
  enableSecretMutable: flag,
  enablePatchForce: flag,
  enableServerSideApply: flag,
  suppressDeprecationWarnings: flag,
  suppressHelmHookWarnings: flag,
  upsertExistingObjects: flag,
  // Checked by hand below: each has an error that says what to do instead.
  alwaysRender: flag,
  renderYamlToDirectory: z.string().optional(),
  helmReleaseSettings: encoded(helmSettings).optional(),
  kubeClientSettings: encoded(clientSettings).optional(),
});

/** The settings of one kubernetes provider, as the user wrote them. */
export type Settings = z.infer<typeof settings>;

// What the engine itself adds to a provider's properties.
const engineOwn = ["version", "pluginDownloadURL", "__internal", "parameterization"];

function ownSettings(bag: Bag): Bag {
  const own = withoutNulls(bag);
  for (const key of engineOwn) delete own[key];
  return own;
}

/** Flags that the environment sets where the provider does not, as in the real one. */
const variables = {
  deleteUnreachable: "PULUMI_K8S_DELETE_UNREACHABLE",
  skipUpdateUnreachable: "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE",
  enableConfigMapMutable: "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
  enableSecretMutable: "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
  enablePatchForce: "PULUMI_K8S_ENABLE_PATCH_FORCE",
  upsertExistingObjects: "PULUMI_K8S_UPSERT_EXISTING_OBJECTS",
} as const;

function knownSettings(bag: Bag): PlainBag {
  const known: PlainBag = {};
  for (const [key, value] of Object.entries(ownSettings(bag)))
    if (!hasComputed(value)) known[key] = toPlain(value);
  return known;
}

/** Reads settings that were checked before. */
export function readSettings(bag: Bag, env: NodeJS.ProcessEnv = process.env): Settings {
  const known = knownSettings(bag);
  for (const [key, variable] of Object.entries(variables)) {
    if (known[key] === undefined && env[variable] !== undefined) known[key] = env[variable] === "true";
  }
  return settings.parse(known);
}

/** Every mistake in a provider's settings. A value that is not known yet is not judged. */
export function checkSettings(bag: Bag): Failure[] {
  const known = knownSettings(bag);
  const parsed = settings.safeParse(known);
  const failures: Failure[] = [];
  if (!parsed.success) {
    for (const issue of parsed.error.issues) {
      const keys = issue.code === "unrecognized_keys" ? issue.keys : [];
      const property = [...issue.path, ...keys].join(".");
      failures.push({
        property,
        reason: `${property}: ${issue.message}. Known settings: ${Object.keys(settings.shape).join(", ")}`,
      });
    }
    return failures;
  }
  const { data } = parsed;
  if (data.renderYamlToDirectory !== undefined || data.alwaysRender === true) {
    failures.push({
      property: "renderYamlToDirectory",
      reason:
        "The sandbox's stand-in cannot render to a directory; use `helm template` or install the real plugin",
    });
  }
  if (data.enableServerSideApply === false) {
    failures.push({
      property: "enableServerSideApply",
      reason:
        "The sandbox's stand-in only applies on the server; remove the setting or install the real plugin",
    });
  }
  return failures;
}
