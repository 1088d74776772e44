/** A platform on Google Cloud with two tenants, as the tests of providers/gcp declare it. */
import * as pulumi from "@pulumi/pulumi";
import type { CloudRequest } from "../../providers/cloud.ts";
import { GcpPlatform } from "../../providers/gcp/platform.ts";
import type { GcpSettings } from "../../providers/gcp/settings.ts";
import type { Lifecycle, Needs, TenantRequest } from "../../providers/platform.ts";
import { keyRequest, requestsOf } from "./cloud-requests.ts";
import { type Run, remock, run } from "./harness.ts";

export const settings: GcpSettings = {
  project: "clinic-1",
  region: "asia-northeast1",
  network: {
    kind: "new",
    nodes: "10.64.0.0/20",
    pods: "10.68.0.0/14",
    services: "10.64.16.0/20",
    googleServices: "10.65.0.0/16",
  },
  cluster: { kind: "new", channel: "REGULAR", access: { kind: "dns" }, ownKey: undefined },
  database: { kind: "new", version: "17" },
  redis: { kind: "new", version: "7.2", isolation: "prefix" },
  dns: undefined,
};

export const needs: Needs = {
  database: { engine: "postgres" },
  redis: { isolation: ["prefix"] },
  objectStore: { protocols: ["gcs"] },
};

export const { request, tenantRequest } = requestsOf("asia-prod", "example.com", needs);
export { keyRequest };

const dnsEndpoint = "gke-0123456789abcdef-987654321.asia-northeast1.gke.goog";
const pem = (name: string) => `-----BEGIN CERTIFICATE-----\n${name}\n-----END CERTIFICATE-----`;

/** What Google Cloud and the cluster would answer, as far as the provider reads it. */
function answersOf({ type, name, inputs }: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
  switch (type) {
    case "random:index/randomId:RandomId":
      return { hex: "a1b2c3" };
    case "gcp:container/cluster:Cluster":
      return {
        endpoint: "203.0.113.9",
        masterAuth: { clusterCaCertificate: "Y2E=" },
        controlPlaneEndpointsConfig: {
          ...inputs.controlPlaneEndpointsConfig,
          dnsEndpointConfig: {
            ...inputs.controlPlaneEndpointsConfig.dnsEndpointConfig,
            endpoint: dnsEndpoint,
          },
        },
      };
    case "gcp:sql/databaseInstance:DatabaseInstance":
      return {
        dnsName: "",
        dnsNames: [
          {
            connectionType: "PRIVATE_SERVICE_CONNECT",
            dnsScope: "INSTANCE",
            name: "1a2b.3c4d.asia-northeast1.sql.goog.",
          },
        ],
        pscServiceAttachmentLink: "projects/google/regions/asia-northeast1/serviceAttachments/sql",
        serverCaCerts: [{ cert: pem("cloud-sql") }],
      };
    case "gcp:redis/instance:Instance":
      return { host: "10.65.0.4", authString: `auth-${name}`, serverCaCerts: [{ cert: pem(name) }] };
    case "gcp:compute/address:Address":
      return { address: name.endsWith("edge") ? "203.0.113.10" : "10.64.0.9", selfLink: `link-${name}` };
    case "gcp:serviceaccount/account:Account":
      return { email: `${name}@example.com`, member: `serviceAccount:${name}@example.com` };
    case "kubernetes:core/v1:Service":
      return { status: { loadBalancer: { ingress: [{ ip: "203.0.113.10" }] } } };
    default:
      return {};
  }
}

/** Answers to invokes, by token; a test may replace them. */
export type Answers = Readonly<Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>>>;

const usualAnswers: Answers = {
  "gcp:organizations/getProject:getProject": () => ({ number: "987654321" }),
  "gcp:secretmanager/getSecrets:getSecrets": () => ({ secrets: [] }),
  "gcp:dns/getManagedZone:getManagedZone": ({ name }) => ({
    name,
    dnsName: "example.com.",
    visibility: "public",
  }),
};

/** To be called first in a program: the harness's own mocks know nothing of a cloud. */
export function simulate(answers: Answers = {}): void {
  const all = { ...usualAnswers, ...answers };
  remock((plain) => ({
    newResource: async (args) => {
      const { id, state } = await plain.newResource(args);
      return { id, state: { ...state, ...answersOf(args) } };
    },
    call: (args) => all[args.token]?.(args.inputs) ?? plain.call(args),
  }));
}

export interface Made {
  readonly platform: GcpPlatform;
  readonly tenants: Record<string, ReturnType<GcpPlatform["tenantServices"]>>;
}

export interface Over {
  readonly settings?: Partial<GcpSettings>;
  readonly request?: Partial<CloudRequest>;
  readonly tenant?: Partial<TenantRequest>;
  readonly answers?: Answers;
}

/** Declares the platform and its tenants, each below a component of its own, as the program does. */
export function declared(lifecycle: Lifecycle, over: Over = {}): Promise<Run<() => Made>> {
  return run(
    () => {
      simulate(over.answers);
      const asked = request(lifecycle, over.request);
      const platform = new GcpPlatform("platform", { ...asked, settings: { ...settings, ...over.settings } });
      const tenants = asked.tenants.map((slug) => {
        const parent = new pulumi.ComponentResource("test:Tenant", slug, {});
        const tenant = { needs: asked.needs, ...over.tenant };
        return [
          slug,
          platform.tenantServices({
            ...tenantRequest(slug, lifecycle, parent, tenant),
            ...(asked.externalSecrets ? { keys: keyRequest } : {}),
          }),
        ] as const;
      });
      return () => ({ platform, tenants: Object.fromEntries(tenants) });
    },
    { stack: "asia-prod" },
  );
}

/** The resources whose URN a resource names in `dependsOn`, by what they are called. */
export function namesOf(urns: readonly string[]): string[] {
  return urns.map((urn) => urn.split("::").at(-1) ?? urn);
}
