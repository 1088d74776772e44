/** The edge of a cluster that the platform made: Traefik, cert-manager, and an issuer where one is asked for. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ChartMirror, EdgeRequest } from "../cloud.ts";
import { Refusal } from "../mistakes.ts";
import type { Images, Lifecycle, ReleaseHooks } from "../platform.ts";
import { acmeIssuer, certManagerRelease, certManagerValues } from "./certManager.ts";
import { type AddonOptions, addonNamespace, patience } from "./common.ts";
import { certManagerNamespace } from "./places.ts";
import { chartSource } from "./source.ts";
import { type LoadBalancerSettings, traefikRelease, traefikValues } from "./traefik.ts";
import { certManagerChart, traefikChart } from "./versions.ts";

export interface EdgeAddonsArgs {
  readonly request: EdgeRequest;
  readonly mirror: ChartMirror;
  /** Those of `addonRepositories` that come from elsewhere. */
  readonly images: Images;
  readonly hooks: ReleaseHooks;
  readonly lifecycle: Lifecycle;
  readonly labels: Readonly<Record<string, string>>;
  readonly loadBalancer: LoadBalancerSettings;
}

export interface EdgeAddons {
  /** IP address or host name of the load balancer. */
  readonly address: pulumi.Output<string>;
  /** What routes and certificates must wait for, and outlive. */
  readonly ready: pulumi.Resource[];
}

/**
 * `parent` must carry the cluster's provider. Order is by dependency, never by luck: an issuer and every certificate
 * come after cert-manager's release, which ends when its webhook answers.
 */
export function edgeAddons(name: string, args: EdgeAddonsArgs, opts: AddonOptions): EdgeAddons {
  const traefik = traefikAddon(name, args, opts);
  const certManager = certManagerAddon(name, args, opts);
  const issuer = args.request.acme
    ? new k8s.apiextensions.CustomResource(
        `${name}-issuer`,
        {
          apiVersion: "cert-manager.io/v1",
          kind: "ClusterIssuer",
          metadata: { name: args.request.issuer, labels: { ...args.labels } },
          spec: acmeIssuer(args.request, args.request.acme),
        },
        { parent: opts.parent, dependsOn: [certManager] },
      )
    : undefined;
  return {
    address: serviceAddress(`${name}-traefik`, args.request.namespace, traefik, opts.parent),
    ready: [traefik, certManager, ...(issuer ? [issuer] : [])],
  };
}

function traefikAddon(name: string, args: EdgeAddonsArgs, opts: AddonOptions): k8s.helm.v3.Release {
  const space = addonNamespace(`${name}-edge`, args.request.namespace, args.labels, opts);
  return new k8s.helm.v3.Release(
    `${name}-traefik`,
    {
      ...chartSource(traefikChart, args.mirror),
      name: traefikRelease,
      namespace: space.metadata.name,
      timeout: patience,
      maxHistory: 3,
      takeOwnership: true,
      values: traefikValues(args),
    },
    {
      ...opts,
      dependsOn: [...opts.dependsOn, space],
      hooks: args.hooks(space.metadata.name, traefikRelease),
    },
  );
}

function certManagerAddon(name: string, args: EdgeAddonsArgs, opts: AddonOptions): k8s.helm.v3.Release {
  const space = addonNamespace(`${name}-cert-manager`, certManagerNamespace, args.labels, opts);
  return new k8s.helm.v3.Release(
    `${name}-cert-manager`,
    {
      ...chartSource(certManagerChart, args.mirror),
      name: certManagerRelease,
      namespace: space.metadata.name,
      timeout: patience,
      maxHistory: 3,
      takeOwnership: true,
      values: certManagerValues(certManagerNamespace, args.lifecycle, args.labels, args.images),
    },
    {
      ...opts,
      dependsOn: [...opts.dependsOn, space],
      hooks: args.hooks(space.metadata.name, certManagerRelease),
    },
  );
}

/** Read after the release, which waits for it. The id follows from the release, so that a first preview asks nobody. */
function serviceAddress(
  resource: string,
  space: string,
  release: k8s.helm.v3.Release,
  parent: pulumi.Resource,
): pulumi.Output<string> {
  const id = release.id.apply(() => `${space}/${traefikRelease}`);
  const service = k8s.core.v1.Service.get(resource, id, { parent, dependsOn: [release] });
  return service.status.apply((status) => {
    const [first] = status?.loadBalancer?.ingress ?? [];
    const address = first?.ip ?? first?.hostname;
    if (address !== undefined) return address;
    if (pulumi.runtime.isDryRun()) return "";
    throw new Refusal(
      `Service ${space}/${traefikRelease} has no address: its cloud made no load balancer. ` +
        `\`kubectl describe service ${traefikRelease} --namespace ${space}\` tells why.`,
    );
  });
}
