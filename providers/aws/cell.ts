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
import { awsFacts, madeCluster } from "./facts.ts";
import { retainedOfCell } from "./retained.ts";
import { awsProvider } from "./scope.ts";
import { SecretsManagerEscrow } from "./secrets.ts";
import type { AwsSettings } from "./settings.ts";
import { tenantServices } from "./tenantServices.ts";

export interface AwsCellArgs {
  readonly base: PlatformFacts;
  readonly images: Images;
  readonly hooks: ReleaseHooks;
  /** What the stack's application needs. */
  readonly needs: Needs;
  readonly settings: Pick<AwsSettings, "region" | "account">;
}

/** Same facts, own provider and escrow. Throws where the base is elsewhere, or was made by another version. */
export class AwsCell extends pulumi.ComponentResource implements Platform {
  readonly facts: PlatformFacts;
  readonly kubernetes: k8s.Provider;
  readonly kubeconfig: pulumi.Output<string>;
  readonly ready: pulumi.Resource[] = [];
  readonly retained: readonly string[];
  readonly escrow: KeyEscrow;
  readonly #provider: pulumi.ProviderResource;

  constructor(name: string, args: AwsCellArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:aws:Cell", name, {}, opts);
    const { base, needs, settings } = args;
    const own = awsFacts(base);
    refuseElsewhere({ region: [settings.region, own.region] });
    this.facts = base;
    this.#provider = awsProvider(name, settings, base.stack, this);
    const access = madeCluster(own, base.cluster.identifier);
    this.kubeconfig = access.kubeconfig;
    this.kubernetes = clusterProvider(name, access, this);
    this.escrow = new SecretsManagerEscrow(this.#provider, own.suffix);
    this.retained = retainedOfCell({ lifecycle: base.lifecycle, needs });
    this.registerOutputs({});
  }

  tenantServices(request: TenantRequest): TenantServices {
    return tenantServices(this.facts, this.#provider, request);
  }
}
