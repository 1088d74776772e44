/** The whole vocabulary of a stack file, as zod schemas. `make schema` turns it into stacks/schema.json. */
import { z } from "zod";
import { port, size } from "./platformKeys.ts";
import { platform } from "./platformVocabulary.ts";

const dnsLabel = /^[a-z]([a-z0-9-]*[a-z0-9])?$/;
const dnsName = /^(?=.{1,253}$)[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/;
const hostPattern = /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** Longest tenant slug: it ends up in names of databases, roles, releases and Secrets with parts added around it. */
export const slugLimit = 24;
/** Names that mean something else in a cluster or on the edge. */
const reservedSlugs = ["portolan", "default", "kube-system", "kube-public", "system", "admin", "www"];

const registryPattern = /^[a-z0-9][a-z0-9.-]*(:[0-9]+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/;

export const host = z
  .string()
  .regex(hostPattern, { error: "a host name in lower case without scheme, port or path" });
const secretRef = z
  .strictObject({ secretName: z.string().min(1), key: z.string().min(1) })
  .describe("A key of a Secret in the tenant's namespace.");

export const app = z
  .strictObject({
    name: z.string().min(1).describe("An application of apps/."),
    version: z
      .string()
      .min(1)
      .describe("The application's version: the tag of its image. Never `latest` in production."),
    chart: z
      .strictObject({
        path: z.string().min(1),
        repository: z.url(),
        oci: z.string().startsWith("oci://"),
        version: z.string().min(1),
      })
      .partial()
      .superRefine((chart, context) => {
        const places = [chart.path, chart.repository, chart.oci].filter((place) => place !== undefined);
        const remote = chart.path === undefined;
        if (places.length !== 1)
          context.addIssue({ code: "custom", message: "exactly one of path, repository and oci" });
        else if (remote !== (chart.version !== undefined))
          context.addIssue({
            code: "custom",
            path: ["version"],
            message: remote
              ? "the chart's version: with none, any day could bring another chart"
              : "no version beside a path: the folder is what it is",
          });
      })
      .optional()
      .describe(
        "Another chart than the application's own: a path, or a repository or OCI reference with a version.",
      ),
    release: z
      .string()
      .regex(dnsLabel)
      .max(53)
      .optional()
      .describe("Name of each tenant's Helm release; default: the application's name."),
    timeout: z
      .int()
      .min(10)
      .max(3600)
      .default(300)
      .describe("Seconds until a release that is not ready is rolled back to what served before."),
    values: z
      .record(z.string(), z.unknown())
      .default({})
      .describe("Chart values for every tenant; a tenant's own win."),
  })
  .describe("The one application of this stack.");

const tcpPorts = z
  .strictObject({ from: port, to: port })
  .refine(({ from, to }) => from <= to, { error: "`from` not above `to`" });

export const edge = z
  .strictObject({
    kind: z.enum(["ingress", "traefik"]),
    className: z
      .string()
      .min(1)
      .optional()
      .describe("IngressClass; default: traefik, or nginx for kind ingress."),
    domain: host.describe("Every tenant's host ends with it."),
    issuer: z.string().min(1).describe("A ClusterIssuer of cert-manager."),
    namespace: z.string().regex(dnsLabel).optional().describe("Namespace of the ingress controller's pods."),
    address: z
      .string()
      .min(1)
      .optional()
      .describe("IP address or host name under which the edge is reached."),
    tcpPorts: tcpPorts
      .optional()
      .describe(
        "Ports kept for TCP services, entry points `tcp-<port>` in Traefik. Default: 11112 to 12111.",
      ),
    tcpOpen: z
      .array(port)
      .default([])
      .describe(
        "On a platform that is built: further ports to open, for TCP services of its cells' tenants, which name them.",
      ),
    acme: z
      .strictObject({
        email: z.email().describe("Where the authority writes to when a certificate is about to end."),
        server: z.url().default("https://acme-v02.api.letsencrypt.org/directory"),
      })
      .optional()
      .describe(
        "On a platform that is built: makes the ClusterIssuer `issuer`, by ACME over HTTP. Without it, the issuer is there already.",
      ),
    sources: z
      .array(z.cidrv4())
      .default([])
      .describe("On a platform that is built: CIDRs that may call the edge. Empty: everyone."),
  })
  .describe("How requests come in.");

export const images = z
  .record(z.string().regex(dnsLabel), z.string().min(1))
  .refine(({ mirror }) => mirror === undefined || registryPattern.test(mirror), {
    path: ["mirror"],
    error:
      "a registry and maybe a path, without scheme, tag or slash at the end: registry.example.com/mirror",
  })
  .describe(
    "Other image references, by name: postgres, redis, s3, drain, traefik, cert-manager-controller (-webhook, -cainjector, -acmesolver, -startupapicheck), external-secrets, or the application's. `mirror`: the registry of all that are not named, each under its own path and tag.",
  );

export const secrets = z
  .strictObject({
    kind: z.enum(["generated", "existing", "external"]).default("generated"),
    store: z
      .strictObject({
        kind: z.enum(["SecretStore", "ClusterSecretStore"]).default("ClusterSecretStore"),
        name: z.string().regex(dnsName, { error: "a name of an object in a cluster" }),
      })
      .optional()
      .describe(
        "With kind `external`: a store of your own External Secrets. Default, on a platform that is built: it brings the operator and makes each tenant a store.",
      ),
    refresh: z
      .string()
      .regex(/^[1-9][0-9]*[smh]$/, { error: "a number and s, m or h, such as 15m" })
      .optional()
      .describe("With kind `external`: how often keys are read again. Default: 1h."),
    escrow: z
      .string()
      .min(1)
      .optional()
      .describe(
        "With platform kinds local and existing: the file in which write-once keys are sealed (age format). Default: in the user's state folder. A cloud keeps them in its secret manager.",
      ),
  })
  .describe("Where the application's secrets come from.");

export const tenant = z
  .strictObject({
    hosts: z.array(host).min(1).describe("Host names; the first one is the tenant's address."),
    state: z
      .enum(["active", "suspended", "archived"])
      .default("active")
      .describe("suspended: scaled to zero. archived: workload gone, data, keys and namespace kept."),
    lifecycle: z
      .literal("disposable", { error: "disposable, or nothing: the platform's own" })
      .optional()
      .describe(
        "In production, the first of two steps that delete a tenant for good: from the `up` with it on nothing of the tenant is protected, and removing the entry deletes its data.",
      ),
    size: size.optional().describe("Default: the platform's size."),
    values: z.record(z.string(), z.unknown()).default({}).describe("Chart values of this tenant alone."),
    tcp: z
      .record(z.string(), port)
      .default({})
      .describe("Ports of the edge for TCP services, e.g. { dicom: 11112 }."),
    namespace: z
      .string()
      .regex(dnsLabel)
      .max(63)
      .optional()
      .describe("A namespace that exists already; Portolan neither makes nor deletes it."),
    rotation: z
      .string()
      .min(1)
      .optional()
      .describe("Any text: a change makes new passwords, never new write-once keys."),
    secret: z
      .string()
      .min(1)
      .optional()
      .describe(
        "With secrets kind `existing`: the Secret that holds the application's keys. With `external`: the secret in the secret manager, where it is not called as docs/secrets.md says.",
      ),
    database: z
      .strictObject({ name: z.string().min(1), username: z.string().min(1), password: secretRef })
      .optional()
      .describe("A database that exists already (platform kind existing)."),
    redis: z
      .strictObject({
        username: z.string().min(1).optional(),
        prefix: z
          .string()
          .min(1)
          .optional()
          .describe(
            "What every key of this tenant begins with, on a Redis that tenants share. Default: the slug and a colon.",
          ),
        password: secretRef,
      })
      .optional()
      .describe("Its account on a Redis that you bring (platform kind existing, or redis.host in a cloud)."),
    objectStore: z
      .strictObject({ bucket: z.string().min(1), accessKey: secretRef, secretKey: secretRef })
      .optional()
      .describe("A bucket that exists already (platform kind existing)."),
  })
  .describe("One tenant.");

export const tenantSlug = z
  .string()
  .max(slugLimit, { error: `at most ${slugLimit} characters` })
  .regex(dnsLabel, {
    error: "lower-case letters, digits and dashes, beginning with a letter, not ending in a dash",
  })
  .refine((slug) => !reservedSlugs.includes(slug), {
    error: `not a reserved name (${reservedSlugs.join(", ")})`,
  });

export const tenants = z
  .record(z.string(), tenant)
  .describe("The tenants by slug: a slug names the namespace, database and bucket, and never changes.");

export const tenantSecrets = z
  .record(z.string(), z.record(z.string(), z.string()))
  .describe(
    "Provided secrets by tenant and key: `pulumi config set --secret --path portolan:tenantSecrets.bhc.KEY`.",
  );

/** One entry for each `portolan:` key. */
export const stackFile = z.strictObject({
  platform,
  app,
  edge,
  images: images.default({}),
  secrets: secrets.default({ kind: "generated" }),
  tenants: tenants.default({}),
  tenantSecrets: tenantSecrets.default({}),
});

export type StackFile = z.infer<typeof stackFile>;
export type TenantConfig = z.infer<typeof tenant>;
export type EdgeConfig = z.infer<typeof edge>;
