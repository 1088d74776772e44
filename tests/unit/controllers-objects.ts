/** Objects as the API server would give them to the edge, for tests. */
import type { z } from "zod";
import { ingressSchema } from "../../sandbox/controllers/edge/ingress.ts";
import { middlewareSchema } from "../../sandbox/controllers/edge/middleware.ts";
import { serviceSchema } from "../../sandbox/controllers/edge/model.ts";
import { traefikSchema } from "../../sandbox/controllers/edge/traefik.ts";

interface Named {
  readonly namespace?: string;
  readonly name?: string;
  /** Seconds after the first object of the test. */
  readonly age?: number;
  readonly annotations?: Record<string, string>;
}

function metadata({ namespace = "acme", name = "route", age = 0, annotations = {} }: Named) {
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1) + age * 1000).toISOString();
  return { namespace, name, uid: `${namespace}-${name}`, creationTimestamp, annotations };
}

export function service(name: string, ports: object[], named: Named & { clusterIP?: string } = {}) {
  const spec = { clusterIP: named.clusterIP ?? "10.96.7.7", ports };
  return serviceSchema.parse({ metadata: metadata({ ...named, name }), spec });
}

/** A route to Service `web`, port 80, unless the spec says otherwise. */
export function ingressRoute(spec: Record<string, unknown>, named: Named = {}) {
  return traefikSchema.parse({ metadata: metadata(named), spec });
}

export function rule(match: string, more: Record<string, unknown> = {}) {
  return { match, kind: "Rule", services: [{ name: "web", port: 80 }], ...more };
}

export function middleware(spec: object, named: Named = {}) {
  return middlewareSchema.parse({ metadata: metadata(named), spec });
}

export function ingress(spec: z.input<typeof ingressSchema>["spec"], named: Named = {}) {
  return ingressSchema.parse({ metadata: metadata(named), spec });
}
