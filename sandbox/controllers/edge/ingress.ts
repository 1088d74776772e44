/** networking.k8s.io/v1 Ingress of class `sandbox` to claims. */
import { z } from "zod";
import { metadataSchema } from "../kube/objects.ts";
import { type HttpClaim, Refusal, sourceOf } from "./claims.ts";
import { hostProblem, pathProblem } from "./rule.ts";

const backend = z.object({
  service: z
    .object({ name: z.string(), port: z.object({ number: z.int().optional(), name: z.string().optional() }) })
    .optional(),
});

/** An Ingress as the API server has already validated it. */
export const ingressSchema = z.object({
  metadata: metadataSchema,
  spec: z.object({
    ingressClassName: z.string().optional(),
    defaultBackend: backend.optional(),
    tls: z
      .array(z.object({ hosts: z.array(z.string()).default([]), secretName: z.string().optional() }))
      .default([]),
    rules: z
      .array(
        z.object({
          host: z.string().default(""),
          http: z
            .object({
              paths: z.array(z.object({ path: z.string().default("/"), pathType: z.string(), backend })),
            })
            .optional(),
        }),
      )
      .default([]),
  }),
  status: z.object({ loadBalancer: z.unknown() }).partial().default({}),
});
export type Ingress = z.infer<typeof ingressSchema>;

/** Annotations by which other controllers are told things this edge does not do. */
const foreign =
  /^(?:nginx\.ingress\.kubernetes\.io|traefik\.ingress\.kubernetes\.io|cert-manager\.io|haproxy\.org)\//;

/** Whether the Ingress names this class, by field or by the old annotation. */
export function ofClass(ingress: Ingress, ingressClass: string): boolean {
  return (
    (ingress.spec.ingressClassName ?? ingress.metadata.annotations["kubernetes.io/ingress.class"]) ===
    ingressClass
  );
}

/**
 * Claims of one Ingress; a host with TLS is served on websecure and its plain HTTP redirects there. Throws `Refusal`
 * for the whole object.
 */
export function ingressClaims(ingress: Ingress): readonly HttpClaim[] {
  const source = sourceOf("networking.k8s.io/v1", "Ingress", ingress.metadata);
  const { spec } = ingress;
  const strange = Object.keys(ingress.metadata.annotations).filter((key) => foreign.test(key));
  if (strange.length > 0) {
    throw new Refusal(
      "UnknownAnnotation",
      `annotations ${strange.join(", ")} mean nothing to the sandbox edge; remove them`,
    );
  }
  if (spec.defaultBackend !== undefined) {
    throw new Refusal(
      "NotUnderstood",
      "spec.defaultBackend would catch every tenant's unknown hosts; name hosts in spec.rules",
    );
  }
  return spec.rules.flatMap((rule) => {
    const wrongHost = hostProblem(rule.host);
    if (wrongHost !== undefined) throw new Refusal("NotUnderstood", `spec.rules: ${wrongHost}`);
    const tls = spec.tls.find((t) => t.hosts.length === 0 || t.hosts.includes(rule.host));
    if (tls !== undefined && tls.secretName === undefined) {
      throw new Refusal(
        "NoCertificate",
        `spec.tls for "${rule.host}" needs secretName: the edge has no certificate of its own`,
      );
    }
    return (rule.http?.paths ?? []).flatMap((path) => {
      const wrongPath = pathProblem(path.path);
      if (wrongPath !== undefined)
        throw new Refusal("NotUnderstood", `spec.rules of "${rule.host}": ${wrongPath}`);
      const service = path.backend.service;
      const port = service?.port.number ?? service?.port.name;
      if (service === undefined || port === undefined) {
        throw new Refusal("NotUnderstood", `spec.rules of "${rule.host}": only service backends are known`);
      }
      const common = {
        source,
        host: rule.host,
        backend: { namespace: source.namespace, service: service.name, port },
      };
      return pathMatches(path.pathType, path.path).flatMap((match): HttpClaim[] => {
        if (tls?.secretName === undefined)
          return [{ ...common, path: match, entryPoint: "web", effects: [] }];
        const toHttps = { kind: "redirect", scheme: "https", permanent: true } as const;
        return [
          { ...common, path: match, entryPoint: "websecure", effects: [], secretName: tls.secretName },
          { ...common, path: match, entryPoint: "web", effects: [toHttps] },
        ];
      });
    });
  });
}

/** Ingress prefixes match whole elements: `/app` matches `/app` and `/app/x`, never `/apple`. */
function pathMatches(type: string, path: string): HttpClaim["path"][] {
  if (type === "Exact") return [{ kind: "exact", value: path }];
  const bare = path.replace(/\/+$/, "");
  if (bare === "") return [{ kind: "prefix", value: "/" }];
  return [
    { kind: "exact", value: bare },
    { kind: "prefix", value: `${bare}/` },
  ];
}
