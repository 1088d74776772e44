/** IngressRoute and IngressRouteTCP to claims. Unknown keys are refused: a wish that is ignored is a wish broken. */
import { z } from "zod";
import { metadataSchema } from "../kube/objects.ts";
import {
  type Backend,
  type Effect,
  type HttpClaim,
  Refusal,
  type Source,
  sourceOf,
  type TcpClaim,
} from "./claims.ts";
import { type Middleware, middlewareEffect } from "./middleware.ts";
import { httpMatches, RuleError, requireAnySni } from "./rule.ts";

const port = z.union([z.int().min(1).max(65535), z.string()]);
const service = z.strictObject({
  name: z.string(),
  namespace: z.string().optional(),
  kind: z.literal("Service").optional(),
  port,
  scheme: z.literal("http").optional(),
  passHostHeader: z.literal(true).optional(),
});

const routeSpec = z.strictObject({
  entryPoints: z.array(z.string()).optional(),
  routes: z
    .array(
      z.strictObject({
        kind: z.literal("Rule").optional(),
        match: z.string(),
        priority: z.int().optional(),
        middlewares: z
          .array(z.strictObject({ name: z.string(), namespace: z.string().optional() }))
          .default([]),
        services: z.array(service).length(1),
      }),
    )
    .min(1),
  tls: z.strictObject({ secretName: z.string().min(1) }).optional(),
});

const tcpSpec = z.strictObject({
  entryPoints: z.array(z.string()).length(1),
  routes: z
    .array(
      z.strictObject({
        match: z.string(),
        services: z.array(service.omit({ scheme: true, passHostHeader: true })).length(1),
      }),
    )
    .length(1),
  tls: z.strictObject({ secretName: z.string().min(1), passthrough: z.literal(false).optional() }),
});

/** An IngressRoute or IngressRouteTCP as watched: the spec is judged in the translation, where a refusal can be told. */
export const traefikSchema = z.object({ metadata: metadataSchema, spec: z.unknown() });
export type TraefikObject = z.infer<typeof traefikSchema>;

const apiVersion = "traefik.io/v1alpha1";
const classAnnotation = "kubernetes.io/ingress.class";

/** Whether the object is for this edge: no class, or this class. */
export function forClass(object: TraefikObject, ingressClass: string): boolean {
  return (object.metadata.annotations[classAnnotation] ?? ingressClass) === ingressClass;
}

function parseSpec<T>(schema: z.ZodType<T>, object: TraefikObject): T {
  const parsed = schema.safeParse(object.spec);
  if (parsed.success) return parsed.data;
  const why = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
  throw new Refusal("NotUnderstood", `the sandbox edge refuses what it does not know: ${why}`);
}

function backendOf(
  source: Source,
  wanted: { name: string; namespace?: string | undefined; port: number | string },
): Backend {
  if (wanted.namespace !== undefined && wanted.namespace !== source.namespace) {
    throw new Refusal(
      "CrossNamespace",
      `service ${wanted.namespace}/${wanted.name} is in another namespace than the route`,
    );
  }
  return { namespace: source.namespace, service: wanted.name, port: wanted.port };
}

/** A rule's failure as a refusal; anything else is a fault of ours and goes on. */
function readRule<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RuleError) throw new Refusal("UnknownRule", error.message);
    throw error;
  }
}

/** Claims of one IngressRoute. Throws `Refusal` for the whole object. */
export function ingressRouteClaims(
  object: TraefikObject,
  middlewares: readonly Middleware[],
): readonly HttpClaim[] {
  const source = sourceOf(apiVersion, "IngressRoute", object.metadata);
  const spec = parseSpec(routeSpec, object);
  const entryPoints = spec.entryPoints ?? [spec.tls === undefined ? "web" : "websecure"];

  function effect(name: string, namespace: string): Effect {
    const found = middlewares.find((m) => m.metadata.name === name && m.metadata.namespace === namespace);
    if (found === undefined)
      throw new Refusal("MiddlewareMissing", `middleware ${namespace}/${name} does not exist`, true);
    return middlewareEffect(found);
  }

  return entryPoints.flatMap((entryPoint) => {
    if (entryPoint !== "web" && entryPoint !== "websecure") {
      throw new Refusal(
        "UnknownEntryPoint",
        `entry point "${entryPoint}" is unknown; an IngressRoute may use web and websecure`,
      );
    }
    if (entryPoint === "websecure" && spec.tls === undefined) {
      throw new Refusal(
        "NoCertificate",
        "entry point websecure needs tls.secretName: the edge has no certificate of its own",
      );
    }
    return spec.routes.flatMap((route) => {
      const effects = route.middlewares.map((m) => effect(m.name, m.namespace ?? source.namespace));
      const [wanted] = route.services;
      if (wanted === undefined) throw new Refusal("NotUnderstood", "a route needs exactly one service");
      const backend = backendOf(source, wanted);
      return readRule(() => httpMatches(route.match)).map(({ host, path }) => ({
        source,
        host,
        path,
        entryPoint,
        effects,
        backend,
        ...(entryPoint === "websecure" && spec.tls !== undefined ? { secretName: spec.tls.secretName } : {}),
        // Traefik's own default, and its reading of 0: the length of the rule.
        priority: (route.priority ?? 0) === 0 ? route.match.length : (route.priority ?? 0),
      }));
    });
  });
}

/** Ports of the edge's own inside its pod; see `containerPort` in nginx.ts. */
const reserved = { first: 40000, last: 41023 };

/** The claim of one IngressRouteTCP: one entry point `tcp-<port>`, one rule, one service. Throws `Refusal`. */
export function ingressRouteTcpClaim(object: TraefikObject): TcpClaim {
  const source = sourceOf(apiVersion, "IngressRouteTCP", object.metadata);
  const spec = parseSpec(tcpSpec, object);
  const entryPoint = spec.entryPoints[0] ?? "";
  const wantedPort = Number(/^tcp-([1-9]\d{0,4})$/.exec(entryPoint)?.[1] ?? Number.NaN);
  const usable = wantedPort <= 65535 && wantedPort !== 80 && wantedPort !== 443;
  if (!usable || (wantedPort >= reserved.first && wantedPort <= reserved.last)) {
    throw new Refusal(
      "UnknownEntryPoint",
      `entry point "${entryPoint}" is unknown; a TCP route takes tcp-<port>, port 1 to 65535 without 80, 443 and ${reserved.first} to ${reserved.last}`,
    );
  }
  const [route] = spec.routes;
  const [wanted] = route?.services ?? [];
  if (route === undefined || wanted === undefined)
    throw new Refusal("NotUnderstood", "one route with one service is needed");
  readRule(() => requireAnySni(route.match));
  return { source, port: wantedPort, secretName: spec.tls.secretName, backend: backendOf(source, wanted) };
}
