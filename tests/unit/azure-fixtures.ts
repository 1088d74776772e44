/** A platform on Azure with two tenants, as the tests of providers/azure declare it. */
import * as pulumi from "@pulumi/pulumi";
import { AzurePlatform } from "../../providers/azure/platform.ts";
import type { AzureSettings } from "../../providers/azure/settings.ts";
import type { CloudRequest } from "../../providers/cloud.ts";
import type { Lifecycle, Needs, TenantRequest } from "../../providers/platform.ts";
import { keyRequest, requestsOf } from "./cloud-requests.ts";
import { type Run, remock, run } from "./harness.ts";

export const subscription = "00000000-0000-4000-8000-000000000001";
export const group = "11111111-0000-4000-8000-000000000002";
const resources = `/subscriptions/${subscription}/resourceGroups/given/providers`;

export const givenSubnet = (name: string) =>
  `${resources}/Microsoft.Network/virtualNetworks/hub/subnets/${name}`;

/** A cluster that the platform makes. */
export const madeHere = {
  kind: "new",
  version: "1.35",
  endpoint: { access: "public", cidrs: ["203.0.113.7/32"] },
  adminGroupObjectIds: [group],
  podCidr: "10.244.0.0/16",
  serviceCidr: "10.0.0.0/16",
  outbound: "loadBalancer",
} as const;

export const settings: AzureSettings = {
  region: "westeurope",
  subscriptionId: undefined,
  zones: ["1", "2", "3"],
  network: { kind: "new", cidr: "10.64.0.0/16" },
  privateZones: { database: undefined, redis: undefined, blob: undefined, file: undefined, vault: undefined },
  cluster: madeHere,
  login: "azurecli",
  database: { kind: "new", version: "17", storage: undefined, geoRedundantBackup: false },
  redis: { kind: "new", isolation: "prefix" },
  vault: undefined,
  loadBalancer: "public",
  dns: undefined,
};

export const needs: Needs = {
  database: { engine: "postgres" },
  redis: { isolation: ["instance", "acl", "prefix"] },
  objectStore: { protocols: ["s3", "azure-blob"] },
};

export const { request, tenantRequest } = requestsOf("eu-prod", "apps.example.com", needs);
export { keyRequest };

const listed = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: Y2E=
    server: https://aks.example.com:443
  name: aks
kind: Config
`;

/** What Azure and the cluster would answer, as far as the provider reads it. */
function answersOf({ type, name, inputs }: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
  switch (type) {
    case "random:index/randomId:RandomId":
      return { hex: "a1b2c3" };
    case "azure-native:managedidentity:UserAssignedIdentity":
      return {
        name: inputs.resourceName,
        principalId: `principal-of-${name}`,
        clientId: `client-of-${name}`,
      };
    case "azure-native:containerservice:ManagedCluster":
      return {
        name: inputs.resourceName,
        oidcIssuerProfile: { enabled: true, issuerURL: "https://issuer.example.com/tenant/" },
      };
    case "azure-native:dbforpostgresql:Server":
      return {
        name: inputs.serverName,
        fullyQualifiedDomainName: `${inputs.serverName}.postgres.example.com`,
      };
    case "azure-native:redisenterprise:RedisEnterprise":
      return { name: inputs.clusterName, hostName: `${inputs.clusterName}.redis.example.com` };
    case "azure-native:storage:StorageAccount":
      return { name: inputs.accountName, primaryEndpoints: { blob: "https://account.blob.example.com/" } };
    case "azure-native:keyvault:Vault":
      return { properties: { ...inputs.properties, vaultUri: "https://vault.example.com/" } };
    case "kubernetes:core/v1:Service":
      return { status: { loadBalancer: { ingress: [{ ip: "192.0.2.1" }] } } };
    default:
      return {};
  }
}

/** Keys by which azure-native resources are named: the answer's `name`. */
const nameKeys = [
  "resourceGroupName",
  "virtualNetworkName",
  "subnetName",
  "privateEndpointName",
  "privateZoneName",
  "publicIpAddressName",
  "containerName",
  "vaultName",
];

function nameFrom({ type, inputs }: pulumi.runtime.MockResourceArgs): Record<string, unknown> {
  if (!type.startsWith("azure-native:")) return {};
  const key = nameKeys.findLast((one) => inputs[one] !== undefined && type.endsWith(typeOf(one)));
  return key ? { name: inputs[key] } : {};
}

function typeOf(key: string): string {
  const types: Readonly<Record<string, string>> = {
    resourceGroupName: ":ResourceGroup",
    virtualNetworkName: ":VirtualNetwork",
    subnetName: ":Subnet",
    privateEndpointName: ":PrivateEndpoint",
    privateZoneName: ":PrivateZone",
    publicIpAddressName: ":PublicIPAddress",
    containerName: ":BlobContainer",
    vaultName: ":Vault",
  };
  return types[key] ?? "?";
}

/** Ids are as Azure's: roles and networks are read off them. */
function idOf({ type, name }: pulumi.runtime.MockResourceArgs): string {
  const [, module, kind] = type.split(":");
  if (kind === "ResourceGroup") return `/subscriptions/${subscription}/resourceGroups/portolan-eu-prod`;
  return `/subscriptions/${subscription}/resourceGroups/portolan-eu-prod/providers/${module}/${kind}/${name}`;
}

/** Answers to invokes, by token; a test may replace them. */
export type Answers = Readonly<Record<string, (inputs: Record<string, unknown>) => Record<string, unknown>>>;

const usualAnswers: Answers = {
  "azure-native:authorization:getClientConfig": () => ({
    tenantId: "directory",
    subscriptionId: subscription,
  }),
  "azure-native:network:getVirtualNetwork": () => ({
    location: "westeurope",
    addressSpace: { addressPrefixes: ["10.200.0.0/16"] },
    subnets: [
      { id: givenSubnet("nodes"), addressPrefix: "10.200.0.0/20" },
      { id: givenSubnet("endpoints"), addressPrefixes: ["10.200.16.0/24"] },
      {
        id: givenSubnet("database"),
        addressPrefix: "10.200.17.0/28",
        delegations: [{ name: "postgres", serviceName: "Microsoft.DBforPostgreSQL/flexibleServers" }],
      },
    ],
  }),
  "azure-native:containerservice:listManagedClusterUserCredentials": () => ({
    kubeconfigs: [{ name: "clusterUser", value: Buffer.from(listed).toString("base64") }],
  }),
  "azure-native:redisenterprise:listDatabaseKeys": ({ clusterName }) => ({
    primaryKey: `key-of-${String(clusterName)}`,
    secondaryKey: "",
  }),
};

/** To be called first in a program: the harness's own mocks know nothing of a cloud. */
export function simulate(answers: Answers = {}): void {
  const all = { ...usualAnswers, ...answers };
  remock((plain) => ({
    newResource: async (args) => {
      const { id, state } = await plain.newResource(args);
      const cloud = args.type.startsWith("azure-native:");
      return { id: cloud ? idOf(args) : id, state: { ...state, ...nameFrom(args), ...answersOf(args) } };
    },
    call: (args) => all[args.token]?.(args.inputs) ?? plain.call(args),
  }));
}

export interface Made {
  readonly platform: AzurePlatform;
  readonly tenants: Record<string, ReturnType<AzurePlatform["tenantServices"]>>;
}

export interface Over {
  readonly settings?: Partial<AzureSettings>;
  readonly request?: Partial<CloudRequest>;
  readonly tenant?: Partial<TenantRequest>;
  readonly answers?: Answers;
  readonly preview?: boolean;
}

/** Declares the platform and its tenants, each below a component of its own, as the program does. */
export function declared(lifecycle: Lifecycle, over: Over = {}): Promise<Run<() => Made>> {
  return run(
    () => {
      simulate(over.answers);
      const asked = request(lifecycle, over.request);
      const platform = new AzurePlatform("platform", {
        ...asked,
        settings: { ...settings, ...over.settings },
      });
      const tenants = asked.tenants.map((slug) => {
        const parent = new pulumi.ComponentResource("test:Tenant", slug, {});
        const services = platform.tenantServices({
          ...tenantRequest(slug, lifecycle, parent, { needs: asked.needs }),
          ...over.tenant,
          ...(asked.externalSecrets ? { keys: keyRequest } : {}),
        });
        return [slug, services] as const;
      });
      const made: Made = { platform, tenants: Object.fromEntries(tenants) };
      return () => made;
    },
    { stack: "eu-prod", preview: over.preview ?? false },
  );
}

export function plain<T>(value: pulumi.Input<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => pulumi.output(value).apply((known) => resolve(known)));
}
