/** What a stack asks of a platform in a cloud, and of one tenant's services, as the tests of every such provider ask it. */
import * as pulumi from "@pulumi/pulumi";
import type { CloudRequest } from "../../providers/cloud.ts";
import type { KeyRequest, Lifecycle, Needs, TenantRequest } from "../../providers/platform.ts";

/** Of a tenant whose application's keys are in the cloud's secret manager. */
export const keyRequest: KeyRequest = { app: "app", secret: undefined, labels: { team: "x" }, after: [] };

/** `needs`: of the stack's application. */
export function requestsOf(stack: string, domain: string, needs: Needs) {
  const request = (lifecycle: Lifecycle, over: Partial<CloudRequest> = {}): CloudRequest => ({
    stack,
    lifecycle,
    size: "medium",
    namespace: `portolan-${stack}`,
    labels: { "portolan.dev/stack": stack },
    needs,
    tenants: ["acme", "bhc"],
    edge: {
      kind: "traefik",
      className: "traefik",
      domain,
      issuer: "letsencrypt",
      acme: { email: "ops@example.com", server: "https://acme.example.com/directory" },
      namespace: "traefik",
      tcpPorts: { from: 11112, to: 12111 },
      tcpPortsInUse: [11112],
      sources: [],
    },
    externalSecrets: false,
    images: {},
    hooks: () => ({}),
    chartMirror: undefined,
    roots: {},
    ...over,
  });
  const tenantRequest = (
    slug: string,
    lifecycle: Lifecycle,
    parent: pulumi.Resource,
    over: Partial<TenantRequest> = {},
  ): TenantRequest => ({
    slug,
    namespace: `app-${slug}`,
    serviceAccount: "app",
    lifecycle,
    needs,
    given: {},
    password: (purpose) => pulumi.secret(`password-${slug}-${purpose}`),
    passwordRevision: pulumi.output("1"),
    parent,
    ...over,
  });
  return { request, tenantRequest };
}
