/** Where images come from: named one by one, or all of them from a mirror; and how each chart is told. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { apps } from "../../apps/index.ts";
import { certManagerValues } from "../../providers/addons/certManager.ts";
import { externalSecretsValues } from "../../providers/addons/externalSecrets.ts";
import { traefikValues } from "../../providers/addons/traefik.ts";
import type { Images } from "../../providers/platform.ts";
import { imagesOf, ownRepositories } from "../../stacks/images.ts";
import { describe as told } from "../../stacks/problems.ts";
import { readParts } from "../../stacks/values.ts";

const orthanc = apps.orthanc;
if (!orthanc) throw new Error("no orthanc");

const traefikOf = (images: Images) =>
  traefikValues({
    request: { className: "traefik", tcpPortsInUse: [], sources: [] },
    lifecycle: "production",
    labels: {},
    loadBalancer: { annotations: {} },
    images,
  }).image;
const certManagerOf = (images: Images) => certManagerValues("space", "production", {}, images);

describe("a mirror", () => {
  const images = imagesOf({ mirror: "registry.example.com/mirror" }, orthanc);

  it("has every image that Portolan brings, and the application's, under its own path and tag", () => {
    expect(
      Object.fromEntries(Object.entries(images).map(([name, image]) => [name, image.repository])),
    ).toEqual({
      drain: "registry.example.com/mirror/node",
      postgres: "registry.example.com/mirror/postgres",
      redis: "registry.example.com/mirror/redis",
      s3: "registry.example.com/mirror/versity/versitygw",
      traefik: "registry.example.com/mirror/traefik",
      "cert-manager-controller": "registry.example.com/mirror/jetstack/cert-manager-controller",
      "cert-manager-webhook": "registry.example.com/mirror/jetstack/cert-manager-webhook",
      "cert-manager-cainjector": "registry.example.com/mirror/jetstack/cert-manager-cainjector",
      "cert-manager-acmesolver": "registry.example.com/mirror/jetstack/cert-manager-acmesolver",
      "cert-manager-startupapicheck": "registry.example.com/mirror/jetstack/cert-manager-startupapicheck",
      "external-secrets": "registry.example.com/mirror/external-secrets/external-secrets",
      orthanc: "registry.example.com/mirror/orthancteam/orthanc",
    });
    expect(Object.values(images).every(({ tag }) => tag === undefined)).toBe(true);
  });

  it("is told to Traefik's chart in three parts, and to each component of cert-manager's", () => {
    expect(traefikOf(images)).toEqual({ registry: "registry.example.com/mirror", repository: "traefik" });
    const path = "registry.example.com/mirror/jetstack/cert-manager";
    expect(certManagerOf(images)).toMatchObject({
      image: { repository: `${path}-controller` },
      webhook: { replicaCount: 2, image: { repository: `${path}-webhook` } },
      cainjector: { image: { repository: `${path}-cainjector` } },
      acmesolver: { image: { repository: `${path}-acmesolver` } },
      startupapicheck: { enabled: true, image: { repository: `${path}-startupapicheck` } },
    });
  });

  it("is told to the chart of External Secrets", () => {
    expect(externalSecretsValues("production", {}, images)).toMatchObject({
      image: { repository: "registry.example.com/mirror/external-secrets/external-secrets" },
    });
  });

  it("gives way to an image that is named", () => {
    const { traefik, redis } = imagesOf(
      { mirror: "registry.example.com", traefik: "other.example.com:5000/edge/traefik:v3.7.13" },
      orthanc,
    );
    expect(redis).toEqual({ repository: "registry.example.com/redis", tag: undefined });
    expect(traefikOf({ ...(traefik ? { traefik } : {}) })).toEqual({
      registry: "other.example.com:5000/edge",
      repository: "traefik",
      tag: "v3.7.13",
    });
  });

  it("leaves out the registry that an application's image names", () => {
    const image = "quay.io/team/app";
    expect(imagesOf({ mirror: "m.example.com" }, { ...orthanc, name: "app", image }).app?.repository).toBe(
      "m.example.com/team/app",
    );
  });
});

describe("without one", () => {
  it("only what is named comes from elsewhere", () => {
    expect(imagesOf({ drain: "node:24" }, orthanc)).toEqual({ drain: { repository: "node", tag: "24" } });
    expect(traefikOf({})).toBeUndefined();
    expect(JSON.stringify(certManagerOf({}))).not.toContain('"image"');
    expect(traefikOf({ traefik: { repository: "traefik", tag: "v3.7.13" } })).toEqual({
      registry: "docker.io",
      repository: "traefik",
      tag: "v3.7.13",
    });
  });
});

const image = z.object({ repository: z.string() });
const chartOf = (name: string): unknown =>
  parse(readFileSync(join(import.meta.dirname, "..", "..", "charts", name, "values.yaml"), "utf8"));

it("the paths are those of this repository's own charts", () => {
  const drain = z.object({ image }).parse(chartOf("drain"));
  const account = z.object({ image }).parse(chartOf("database-account"));
  const services = z
    .object({
      postgres: z.object({ image }),
      redis: z.object({ image }),
      objectStore: z.object({ image }),
    })
    .parse(chartOf("data-services"));
  expect(ownRepositories).toMatchObject({
    drain: drain.image.repository,
    postgres: account.image.repository,
    redis: services.redis.image.repository,
    s3: services.objectStore.image.repository,
  });
  expect(services.postgres.image.repository).toBe(ownRepositories.postgres);
});

describe("a mirror that is no registry", () => {
  it.each(["https://registry.example.com", "registry.example.com/", "registry.example.com/a:1"])(
    "%s is refused at its key",
    (mirror) => {
      const { problems } = readParts({ "portolan:images": JSON.stringify({ mirror }) });
      expect(told(problems.filter(({ key }) => key.startsWith("portolan:images")))).toBe(
        `The stack's configuration has a mistake; nothing was changed.

  portolan:images.mirror
    value:   ${JSON.stringify(mirror)}
    allowed: a registry and maybe a path, without scheme, tag or slash at the end: registry.example.com/mirror
    remedy:  change the value`,
      );
    },
  );

  it.each(["registry.example.com", "registry:5000/a/b-c", "localhost:5000"])("%s is taken", (mirror) => {
    const { problems } = readParts({ "portolan:images": JSON.stringify({ mirror }) });
    expect(problems.filter(({ key }) => key.startsWith("portolan:images"))).toEqual([]);
  });
});
