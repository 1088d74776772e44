import { X509Certificate } from "node:crypto";
import type { Kube } from "../kube.ts";
import type { Outputs, Tenant } from "../outputs.ts";
import { type Answer, type Call, call } from "./https.ts";

/** All that the smoke checks of one stack share. */
export interface SmokeContext {
  readonly kube: Kube;
  readonly app: string;
  readonly outputs: Outputs;
  /** Address at which every tenant's host is called. */
  readonly edge: string;
  /** Folder for files that clients need; holds certificates, never keys or passwords. */
  readonly work: string;
  /** Image with bash and psql, for looking out of a tenant's namespace. */
  readonly toolImage: string;
}

/** A tenant with what a client of its own has: its authority's certificate and its credentials. */
export interface Client {
  readonly tenant: Tenant;
  readonly host: string;
  /** PEM of the authority that signed the tenant's certificate at the edge. */
  readonly ca: string;
  /** Values of the tenant's runtime Secret, by key. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** Reads what a client of the tenant has from the cluster. */
export async function openClient(context: SmokeContext, slug: string): Promise<Client> {
  const tenant = context.outputs.tenants.find((candidate) => candidate.slug === slug);
  if (tenant === undefined) throw new Error(`the stack has no tenant ${slug}: it has ${names(context)}`);
  const host = tenant.hosts[0] ?? "";
  const certificates = await context.kube.core.listNamespacedSecret({
    namespace: tenant.namespace,
    fieldSelector: "type=kubernetes.io/tls",
  });
  const matching = certificates.items
    .map((item) => decode(item.data))
    .find((data) => covers(data["tls.crt"], host));
  if (matching === undefined) {
    throw new Error(
      `no TLS Secret in ${tenant.namespace} has a certificate for ${host}: was its Certificate issued?`,
    );
  }
  const secrets: Record<string, string> = {};
  for (const name of tenant.secrets) {
    const found = await context.kube.core.readNamespacedSecret({ name, namespace: tenant.namespace });
    Object.assign(secrets, decode(found.data));
  }
  return { tenant, host, ca: matching["ca.crt"] ?? matching["tls.crt"] ?? "", secrets };
}

function names(context: SmokeContext): string {
  return context.outputs.tenants.map((tenant) => tenant.slug).join(", ") || "none";
}

/** A Secret's data as text. */
export function decode(data: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
  );
}

function covers(pem: string | undefined, host: string): boolean {
  return pem !== undefined && pem !== "" && new X509Certificate(pem).checkHost(host) !== undefined;
}

/** The value of a client's secret; throws, naming the key, when the Secret lacks it. */
export function secretOf(client: Client, key: string): string {
  const value = client.secrets[key];
  if (value === undefined) {
    throw new Error(
      `the Secret of ${client.tenant.slug} has no key ${key}: it has ${Object.keys(client.secrets).join(", ")}`,
    );
  }
  return value;
}

/** HTTPS to the client's tenant through the edge, verified by its own authority; `changes` makes it a wrong client. */
export function reach(
  context: SmokeContext,
  client: Client,
  path: string,
  changes: Partial<Call> = {},
): Promise<Answer> {
  return call({ address: context.edge, host: client.host, path, ca: client.ca, ...changes });
}
