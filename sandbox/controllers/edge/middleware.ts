/** Traefik Middlewares: redirectScheme and headers. Any other type, or any other key of these, is refused. */
import { z } from "zod";
import { metadataSchema } from "../kube/objects.ts";
import { type Effect, Refusal } from "./claims.ts";

const headerName = z.string().regex(/^[A-Za-z0-9-]+$/, "must be a header name");
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not get through.
const headerValue = z.string().regex(/^[^\u0000-\u001f\u007f]*$/, "must not hold control characters");
const headers = z.record(headerName, headerValue).default({});

const specSchema = z.strictObject({
  redirectScheme: z
    .strictObject({
      scheme: z.enum(["http", "https"]),
      port: z
        .string()
        .regex(/^\d{1,5}$/)
        .optional(),
      permanent: z.boolean().default(false),
    })
    .optional(),
  headers: z
    .strictObject({
      customRequestHeaders: headers,
      customResponseHeaders: headers,
      stsSeconds: z.int().min(0).default(0),
      stsIncludeSubdomains: z.boolean().default(false),
      stsPreload: z.boolean().default(false),
      forceSTSHeader: z.boolean().default(false),
      frameDeny: z.boolean().default(false),
      contentTypeNosniff: z.boolean().default(false),
      referrerPolicy: headerValue.optional(),
    })
    .optional(),
});

/** A Middleware as watched: its spec is judged only when a route uses it. */
export const middlewareSchema = z.object({ metadata: metadataSchema, spec: z.unknown() });
export type Middleware = z.infer<typeof middlewareSchema>;

function headersEffect(spec: NonNullable<z.infer<typeof specSchema>["headers"]>): Effect {
  const response: Record<string, string> = { ...spec.customResponseHeaders };
  if (spec.frameDeny) response["X-Frame-Options"] = "DENY";
  if (spec.contentTypeNosniff) response["X-Content-Type-Options"] = "nosniff";
  if (spec.referrerPolicy !== undefined) response["Referrer-Policy"] = spec.referrerPolicy;
  const parts = [`max-age=${spec.stsSeconds}`];
  if (spec.stsIncludeSubdomains) parts.push("includeSubDomains");
  if (spec.stsPreload) parts.push("preload");
  return {
    kind: "headers",
    request: spec.customRequestHeaders,
    response,
    ...(spec.stsSeconds > 0 ? { hsts: { value: parts.join("; "), always: spec.forceSTSHeader } } : {}),
  };
}

/** What the middleware does. Throws `Refusal` for a type or key the edge does not know. */
export function middlewareEffect(middleware: Middleware): Effect {
  const name = `${middleware.metadata.namespace}/${middleware.metadata.name}`;
  const parsed = specSchema.safeParse(middleware.spec);
  if (!parsed.success) {
    const why = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
    throw new Refusal(
      "UnknownMiddleware",
      `middleware ${name}: ${why}. Known types: redirectScheme, headers`,
    );
  }
  const { redirectScheme, headers } = parsed.data;
  if ((redirectScheme === undefined) === (headers === undefined)) {
    throw new Refusal(
      "UnknownMiddleware",
      `middleware ${name} must have exactly one of redirectScheme and headers`,
    );
  }
  if (headers !== undefined) return headersEffect(headers);
  if (redirectScheme === undefined) throw new Refusal("UnknownMiddleware", `middleware ${name} is empty`);
  const { scheme, port, permanent } = redirectScheme;
  return { kind: "redirect", scheme, permanent, ...(port === undefined ? {} : { port }) };
}
