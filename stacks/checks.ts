/** Mistakes that only show when parts of a stack file are read together. Pure: nothing is asked of a cluster. */
import type { App } from "../apps/app.ts";
import { cloudOf } from "./clouds/index.ts";
import { checkExternal, storesIn } from "./externalChecks.ts";
import { ownRepositories } from "./images.ts";
import { isCloud, type PlatformConfig } from "./platformVocabulary.ts";
import { didYouMean, type Problem, unknownKey } from "./problems.ts";
import type { Parts } from "./values.ts";
import type { EdgeConfig } from "./vocabulary.ts";

/** `portolan-` and the name are a namespace, and the name is a label of every object: both are DNS labels. */
export function checkStackName(name: string): Problem[] {
  if (/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name) && name.length <= 54) return [];
  return [
    {
      key: "the stack's name",
      value: name,
      allowed:
        "at most 54 lower-case letters, digits and dashes, no dash at an end: it names the namespace portolan-<stack>",
      remedy: "`pulumi stack rename` it, and its stack file, before the first `pulumi up`",
    },
  ];
}

export function checkApp(parts: Parts, apps: Readonly<Record<string, App>>): Problem[] {
  const { app, platform } = parts;
  if (!app) return [];
  const problems: Problem[] = [];
  const known = Object.keys(apps);
  if (!known.includes(app.name)) {
    const meant = didYouMean(app.name, known);
    problems.push({
      key: "portolan:app.name",
      value: app.name,
      allowed: known.join(" | "),
      remedy: meant ? `did you mean \`${meant}\`?` : "add the application to apps/, see docs/applications.md",
    });
  }
  if (app.version === "latest" && lifecycleOf(platform) === "production") {
    problems.push({
      key: "portolan:app.version",
      value: app.version,
      allowed: "one released version",
      remedy: "name the version that was tested; `latest` would change under a running production stack",
    });
  }
  return problems;
}

/** A name that means nothing would leave its image where it was, unsaid. */
export function checkImages({ images = {} }: Parts, apps: Readonly<Record<string, App>>): Problem[] {
  const known = ["mirror", ...Object.keys(ownRepositories), ...Object.keys(apps)];
  return Object.keys(images)
    .filter((name) => !known.includes(name))
    .map((name) => unknownKey(`portolan:images.${name}`, name, known));
}

/** Mistakes of a cloud's own keys, and of keys that only have a meaning where a platform is built. */
export function checkPlatform({ platform, edge, secrets }: Parts, app: App | undefined): Problem[] {
  if (!platform) return [];
  if (isCloud(platform)) {
    const cloud = cloudOf(platform);
    const writeOnce = Object.values(app?.secrets ?? {}).some(({ kind }) => kind === "write-once");
    const use = {
      domain: edge?.domain,
      keepsKeys: secrets?.kind === "generated" && writeOnce,
      externalSecrets: storesIn(secrets),
    };
    const together = cloud.problemsWith?.(use) ?? [];
    return [...cloud.problems, ...together, ...(edge ? builtEdge(edge) : [])];
  }
  const keys = edge
    ? [
        ...(edge.acme ? ["acme"] : []),
        ...(edge.sources.length > 0 ? ["sources"] : []),
        ...(edge.tcpOpen.length > 0 ? ["tcpOpen"] : []),
      ]
    : [];
  return keys.map((key) => ({
    key: `portolan:edge.${key}`,
    allowed: `nothing, with platform kind ${platform.kind}: its edge is there already`,
    remedy: "remove it, and set it up where your ingress controller is installed",
  }));
}

function builtEdge(edge: EdgeConfig): Problem[] {
  if (edge.kind === "traefik") return [];
  return [
    {
      key: "portolan:edge.kind",
      value: edge.kind,
      allowed: "traefik, which is what a platform that is built brings",
      remedy:
        "choose traefik, or platform kind `existing` for a cluster with an ingress controller of your own",
    },
  ];
}

export function checkSecrets(parts: Parts, app: App | undefined): Problem[] {
  const { platform, secrets, tenants, tenantSecrets } = parts;
  const problems: Problem[] = [];
  if (secrets) problems.push(...checkExternal(parts, secrets));
  if (secrets?.escrow !== undefined && platform && isCloud(platform)) {
    problems.push({
      key: "portolan:secrets.escrow",
      value: secrets.escrow,
      allowed: `nothing, with platform kind ${platform.kind}`,
      remedy: "leave it out: write-once keys are kept in the cloud's secret manager",
    });
  }
  for (const slug of Object.keys(tenantSecrets ?? {})) {
    if (!(slug in tenants)) {
      const meant = didYouMean(slug, Object.keys(tenants));
      problems.push({
        key: `portolan:tenantSecrets.${slug}`,
        allowed: Object.keys(tenants).join(", "),
        remedy: meant ? `did you mean \`${meant}\`?` : "add the tenant, or remove its secrets",
      });
    }
  }
  if (!app || !secrets) return problems;
  const provided = Object.entries(app.secrets).filter(([, spec]) => spec.kind === "provided");
  for (const [slug, tenant] of Object.entries(tenants)) {
    if (secrets.kind === "existing" && !tenant.secret && Object.keys(app.secrets).length > 0) {
      problems.push({
        key: `portolan:tenants.${slug}.secret`,
        allowed: `the name of a Secret with the keys ${Object.keys(app.secrets).join(", ")}`,
        remedy: "name it, or choose secrets kind `generated`",
      });
    }
    for (const [key, spec] of secrets.kind === "generated" ? provided : []) {
      if (tenantSecrets?.[slug]?.[key] === undefined) {
        problems.push({
          key: `portolan:tenantSecrets.${slug}.${key}`,
          allowed: spec.purpose,
          remedy: `pulumi config set --secret --path 'portolan:tenantSecrets.${slug}.${key}'`,
        });
      }
    }
  }
  return problems;
}

export function checkHosts(parts: Parts): Problem[] {
  const { edge, tenants } = parts;
  const holders = new Map<string, string>();
  const problems: Problem[] = [];
  for (const [slug, tenant] of Object.entries(tenants)) {
    tenant.hosts.forEach((host, index) => {
      const key = `portolan:tenants.${slug}.hosts[${index}]`;
      const holder = holders.get(host);
      if (holder) {
        problems.push({
          key,
          value: host,
          allowed: "a host of this tenant alone",
          remedy: `${holder} has it already`,
        });
      } else {
        holders.set(host, key);
      }
      if (edge && host !== edge.domain && !host.endsWith(`.${edge.domain}`)) {
        problems.push({
          key,
          value: host,
          allowed: `${edge.domain} or a host that ends with .${edge.domain}`,
          remedy: "change the host, or portolan:edge.domain",
        });
      }
    });
  }
  return problems;
}

export function lifecycleOf(platform: PlatformConfig | undefined): "production" | "disposable" | undefined {
  return platform?.lifecycle;
}

export function edgeDefaults(edge: EdgeConfig): { className: string; namespace: string } {
  const usual =
    edge.kind === "traefik"
      ? { className: "traefik", namespace: "traefik" }
      : { className: "nginx", namespace: "ingress-nginx" };
  return { className: edge.className ?? usual.className, namespace: edge.namespace ?? usual.namespace };
}
