/** A cell: stands on another stack's platform and makes only what its own tenants have. */
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { clusterProvider } from "../cluster.ts";
import { refuseElsewhere } from "../mistakes.ts";
import type {
  Images,
  KeyEscrow,
  Needs,
  Platform,
  PlatformFacts,
  ReleaseHooks,
  TenantRequest,
  TenantServices,
} from "../platform.ts";
import { kubeconfig } from "./clusterAccess.ts";
import { azureFacts } from "./facts.ts";
import { retainedOfCell } from "./retained.ts";
import { azureProvider } from "./scope.ts";
import { KeyVaultEscrow } from "./secrets.ts";
import type { AzureSettings } from "./settings.ts";
import { tenantServices } from "./tenantServices.ts";

export interface AzureCellArgs {
  readonly base: PlatformFacts;
  readonly images: Images;
  readonly hooks: ReleaseHooks;
  /** What the stack's application needs. */
  readonly needs: Needs;
  readonly settings: Pick<AzureSettings, "region" | "subscriptionId" | "login">;
}

export class AzureCell extends pulumi.ComponentResource implements Platform {
  readonly facts: PlatformFacts;
  readonly kubernetes: k8s.Provider;
  readonly kubeconfig: pulumi.Output<string>;
  readonly ready: pulumi.Resource[] = [];
  readonly retained: readonly string[];
  readonly escrow: KeyEscrow;
  readonly #provider: pulumi.ProviderResource;

  constructor(name: string, args: AzureCellArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:azure:Cell", name, {}, opts);
    const { base, needs, settings } = args;
    const own = azureFacts(base);
    refuseElsewhere({ region: [settings.region, own.region] });
    this.facts = base;
    this.#provider = azureProvider(name, settings, this);
    this.escrow = new KeyVaultEscrow(own.vaultUri, this.#provider);
    this.kubeconfig = kubeconfig(
      { name: own.clusterName, resourceGroup: own.clusterResourceGroup, login: settings.login },
      { provider: this.#provider },
    );
    const identifier = pulumi.output(base.cluster.identifier);
    this.kubernetes = clusterProvider(name, { kubeconfig: this.kubeconfig, identifier }, this);
    this.retained = retainedOfCell({
      lifecycle: base.lifecycle,
      needs,
      ownRedis: own.redisZoneId !== undefined,
    });
    this.registerOutputs({});
  }

  tenantServices(request: TenantRequest): TenantServices {
    return tenantServices(this.facts, this.#provider, request);
  }
}
