/** The add-ons' charts and the versions that are installed, in one place. */

/** A chart of somebody else's, at one version. */
export interface AddonChart {
  readonly name: string;
  readonly version: string;
  /** The project's own repository, used when no mirror is named. */
  readonly repository: string;
}

/**
 * Chart 41.6.0 of September 2026 brings Traefik 3.7.13, whose definitions the sandbox has too. Values follow what
 * changed in 39 (`ports.*.http`), 40 (`service.spec`) and 41 (`log`): release notes of traefik/traefik-helm-chart,
 * pull requests 1631, 1686 and 1887. 42 was out by November 2026; what it changes could not be read yet.
 */
export const traefikChart: AddonChart = {
  name: "traefik",
  version: "41.6.0",
  repository: "https://traefik.github.io/charts",
};

/**
 * cert-manager 1.21.2, of which the chart's version is `v` and the same number. Values are checked against
 * deploy/charts/cert-manager/values.schema.json of that tag. It supports Kubernetes 1.33 to 1.36.
 */
export const certManagerChart: AddonChart = {
  name: "cert-manager",
  version: "v1.21.2",
  repository: "https://charts.jetstack.io",
};

/**
 * Chart 1.3.1 of External Secrets, which is the one in the tag of 1.3.2, the last whose definitions the sandbox can have
 * (it is the last that the Go module proxy answers as one module). Values are checked against its values.schema.json.
 * 2.x was out by November 2026; `external-secrets.io/v1` is what both serve.
 */
export const externalSecretsChart: AddonChart = {
  name: "external-secrets",
  version: "1.3.1",
  repository: "https://charts.external-secrets.io",
};
