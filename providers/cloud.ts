/** What every platform that is built in a cloud is asked for, beside its own settings. */
import type { Images, Lifecycle, Needs, ReleaseHooks, Size } from "./platform.ts";

/** The edge to build: an ingress controller, certificates, and a port for each TCP service of a tenant. */
export interface EdgeRequest {
  readonly kind: "traefik";
  readonly className: string;
  readonly domain: string;
  /** A ClusterIssuer of cert-manager: made when `acme` is given, else one that is there already. */
  readonly issuer: string;
  readonly acme: { readonly email: string; readonly server: string } | undefined;
  /** Namespace of the ingress controller. */
  readonly namespace: string;
  /** Ports that are kept for TCP services, both included. */
  readonly tcpPorts: { readonly from: number; readonly to: number };
  /** Those in use by this stack's tenants: each is an entry point `tcp-<port>` and a listener of the load balancer. */
  readonly tcpPortsInUse: readonly number[];
  /** Addresses that may call the edge, as CIDRs; empty: everyone. */
  readonly sources: readonly string[];
}

/** Where add-on charts come from: each project's own repository, or one mirror that holds them all (air-gapped sites). */
export type ChartMirror = string | undefined;

/** PEM bundles in place of the services' usual roots: an inspecting proxy's, an air-gapped region's, a simulated cloud's. */
export interface RootOverrides {
  readonly database?: string | undefined;
  readonly redis?: string | undefined;
  readonly objectStore?: string | undefined;
}

export interface CloudRequest {
  readonly stack: string;
  readonly lifecycle: Lifecycle;
  readonly size: Size;
  /** Namespace of what tenants share: database admin, account jobs. */
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What the stack's application needs: only that is built. */
  readonly needs: Needs;
  /** Slugs of the tenants, in the stack file's order. */
  readonly tenants: readonly string[];
  readonly edge: EdgeRequest;
  /** Bring External Secrets, and make each tenant a store that reads its own secret. */
  readonly externalSecrets: boolean;
  readonly images: Images;
  readonly hooks: ReleaseHooks;
  readonly chartMirror: ChartMirror;
  readonly roots: RootOverrides;
}
