/** cert-manager's chart values and the issuer by ACME: pure, so that tables can test them. */
import type { EdgeRequest } from "../cloud.ts";
import type { Images, Lifecycle } from "../platform.ts";
import { certManagerImages } from "./images.ts";

export const certManagerRelease = "cert-manager";

export function certManagerValues(
  namespace: string,
  lifecycle: Lifecycle,
  labels: Readonly<Record<string, string>>,
  images: Images = {},
): Record<string, unknown> {
  const part = replicated(lifecycle);
  const { controller, webhook, cainjector, acmesolver, startupapicheck } = certManagerImages(images);
  return {
    // A definition that goes takes every certificate with it: those stay when the release goes.
    crds: { enabled: true, keep: true },
    global: {
      commonLabels: labels,
      // kube-system, the chart's default, is closed on clusters that manage their own system namespaces.
      leaderElection: { namespace },
    },
    ...part,
    ...controller,
    acmesolver,
    resources: small,
    webhook: { ...part, ...webhook, resources: small },
    cainjector: { ...part, ...cainjector, resources: { ...small, limits: { memory: "512Mi" } } },
    // The release is done only when a Certificate passes the webhook, so that nothing that follows meets one that is
    // not up. Its own minute is short where nodes are still being made.
    startupapicheck: { ...startupapicheck, enabled: true, timeout: "5m", resources: small },
  };
}

const small = { requests: { cpu: "10m", memory: "64Mi" }, limits: { memory: "256Mi" } };

function replicated(lifecycle: Lifecycle): Record<string, unknown> {
  return lifecycle === "production"
    ? { replicaCount: 2, podDisruptionBudget: { enabled: true, maxUnavailable: 1 } }
    : { replicaCount: 1 };
}

/**
 * A ClusterIssuer that proves each host by HTTP. The edge redirects the challenge to HTTPS as it does everything else:
 * the authority follows, and accepts any certificate there (RFC 8555 leaves it to the server; Let's Encrypt documents it
 * under "Challenge Types").
 */
export function acmeIssuer(
  request: Pick<EdgeRequest, "issuer" | "className">,
  acme: NonNullable<EdgeRequest["acme"]>,
): Record<string, unknown> {
  return {
    acme: {
      email: acme.email,
      server: acme.server,
      privateKeySecretRef: { name: `${request.issuer}-account` },
      solvers: [{ http01: { ingress: { ingressClassName: request.className } } }],
    },
  };
}
