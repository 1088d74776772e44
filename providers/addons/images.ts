/** The add-ons' images: each by its name in `portolan:images`, as each chart spells it. */
import type { Image, Images } from "../platform.ts";

/**
 * Where each image is in its own registry, by name. Of Traefik and External Secrets: `image` of the chart. Of cert-manager:
 * a component each, by the chart's `repository`, which goes before its `imageRegistry` and `imageNamespace`.
 */
export const addonRepositories = {
  traefik: "traefik",
  "cert-manager-controller": "jetstack/cert-manager-controller",
  "cert-manager-webhook": "jetstack/cert-manager-webhook",
  "cert-manager-cainjector": "jetstack/cert-manager-cainjector",
  "cert-manager-acmesolver": "jetstack/cert-manager-acmesolver",
  "cert-manager-startupapicheck": "jetstack/cert-manager-startupapicheck",
  "external-secrets": "external-secrets/external-secrets",
} as const;

/** Traefik's chart joins `registry`, `repository` and `tag`, and knows nothing of a reference in one piece. */
export function traefikImage(images: Images): Record<string, unknown> {
  const image = images.traefik;
  if (!image) return {};
  const slash = image.repository.lastIndexOf("/");
  const registry = slash < 0 ? "docker.io" : image.repository.slice(0, slash);
  return { image: { registry, ...tagged({ ...image, repository: image.repository.slice(slash + 1) }) } };
}

/** The chart's own component is the controller; the solver is a pod that each HTTP challenge starts. */
export function certManagerImages(images: Images): Record<string, Record<string, unknown>> {
  const of = (component: string): Record<string, unknown> => {
    const image = images[`cert-manager-${component}`];
    return image ? { image: tagged(image) } : {};
  };
  return {
    controller: of("controller"),
    webhook: of("webhook"),
    cainjector: of("cainjector"),
    acmesolver: of("acmesolver"),
    startupapicheck: of("startupapicheck"),
  };
}

export function externalSecretsImage(images: Images): Record<string, unknown> {
  const image = images["external-secrets"];
  return image ? { image: tagged(image) } : {};
}

function tagged({ repository, tag }: Image): Record<string, string> {
  return tag === undefined ? { repository } : { repository, tag };
}
