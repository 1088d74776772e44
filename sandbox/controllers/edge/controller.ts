/** The edge: watches routes, Services and certificates, and keeps one nginx serving exactly what they say. */
import { z } from "zod";
import { hasStatus, type KubeClient } from "../kube/client.ts";
import { type Warning, warningReporter } from "../kube/events.ts";
import { coalescingLoop } from "../kube/loop.ts";
import { metadataSchema, secretSchema } from "../kube/objects.ts";
import { watchResource } from "../kube/watch.ts";
import { balancers } from "./balancers.ts";
import { type HttpClaim, Refusal, type Source, sourceOf, type TcpClaim } from "./claims.ts";
import { ingressClaims, ingressSchema, ofClass } from "./ingress.ts";
import { middlewareSchema } from "./middleware.ts";
import { resolve, serviceSchema } from "./model.ts";
import type { Nginx } from "./server.ts";
import { addressOf, type EdgePlace, statusWriter } from "./status.ts";
import { type CertificateFiles, certificateLookup } from "./tls.ts";
import { forClass, ingressRouteClaims, ingressRouteTcpClaim, traefikSchema } from "./traefik.ts";

export interface EdgeOptions {
  readonly client: KubeClient;
  readonly nginx: Nginx;
  readonly place: EdgePlace;
  readonly ingressClass: string;
  /** Also plays the cloud for every other Service of type LoadBalancer: an address, and a finalizer. */
  readonly balances: boolean;
  readonly log: (line: string) => void;
}

const ownServiceSchema = serviceSchema.extend({
  metadata: metadataSchema.extend({ finalizers: z.array(z.string()).default([]) }),
  status: z.unknown(),
});

/** Starts the controller; `close` ends its watches. */
export function startEdge(options: EdgeOptions): { close(): void } {
  const { client, nginx, place, ingressClass, balances, log } = options;
  let loop: { trigger(): void } = { trigger: () => {} };
  const changed = () => loop.trigger();
  const watch = <T>(path: string, schema: z.ZodType<T>, query?: string) =>
    watchResource({ client, path, schema, changed, log, ...(query === undefined ? {} : { query }) });

  const traefik = "/apis/traefik.io/v1alpha1";
  const ingresses = watch("/apis/networking.k8s.io/v1/ingresses", ingressSchema);
  const routes = watch(`${traefik}/ingressroutes`, traefikSchema);
  const tcpRoutes = watch(`${traefik}/ingressroutetcps`, traefikSchema);
  const middlewares = watch(`${traefik}/middlewares`, middlewareSchema);
  const services = watch("/api/v1/services", ownServiceSchema);
  const secrets = watch("/api/v1/secrets", secretSchema, "fieldSelector=type%3Dkubernetes.io%2Ftls");
  const stores = [ingresses, routes, tcpRoutes, middlewares, services, secrets];

  const warnings = warningReporter(client, "sandbox-edge", log, changed);
  const status = statusWriter(client, place);
  const isOwn = ({ metadata }: { metadata: { namespace: string; name: string } }) =>
    metadata.namespace === place.namespace && metadata.name === place.service;
  const cloud = balances ? balancers(client, log) : undefined;

  async function reconcile(): Promise<void> {
    const told: Warning[] = [];
    const translate = <C>(source: Source, claims: () => readonly C[]): readonly C[] => {
      try {
        return claims();
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        const { created: _, ...about } = source;
        told.push({ about, reason: error.reason, message: error.message, pending: error.pending });
        return [];
      }
    };
    const ours = ingresses.items().filter((i) => ofClass(i, ingressClass));
    const source = (kind: string, object: { metadata: Parameters<typeof sourceOf>[2] }) =>
      sourceOf("traefik.io/v1alpha1", kind, object.metadata);
    const http: HttpClaim[] = [
      ...ours.flatMap((i) =>
        translate(sourceOf("networking.k8s.io/v1", "Ingress", i.metadata), () => ingressClaims(i)),
      ),
      ...routes
        .items()
        .filter((r) => forClass(r, ingressClass))
        .flatMap((r) =>
          translate(source("IngressRoute", r), () => ingressRouteClaims(r, middlewares.items())),
        ),
    ];
    const tcp: TcpClaim[] = tcpRoutes
      .items()
      .filter((r) => forClass(r, ingressClass))
      .flatMap((r) => translate(source("IngressRouteTCP", r), () => [ingressRouteTcpClaim(r)]));

    const files: CertificateFiles = new Map();
    const resolution = resolve({ http, tcp }, services.items(), certificateLookup(secrets.items(), files));
    told.push(...resolution.warnings);
    if (await nginx.serve(resolution.model, files)) {
      log(`serving ${resolution.model.hosts.length} hosts and ${resolution.model.tcp.length} TCP ports`);
    }
    const own = services.items().find(isOwn);
    if (own !== undefined) await status.service(resolution.model, own);
    await cloud?.serve(services.items().filter((service) => !isOwn(service)));
    const address = place.address ?? addressOf(own?.status);
    const refused = new Set(told.map((w) => w.about.uid));
    for (const ingress of ours) {
      // Gone meanwhile: its deletion is the next change.
      const served = refused.has(ingress.metadata.uid) ? undefined : address;
      await status.ingress(ingress, served).catch((error: unknown) => {
        if (!hasStatus(error, 404)) throw error;
      });
    }
    await warnings.report(told);
  }

  void Promise.all(stores.map((s) => s.synced)).then(() => {
    loop = coalescingLoop(reconcile, 15, log);
    loop.trigger();
  });
  return {
    close() {
      for (const store of stores) store.close();
    },
  };
}
