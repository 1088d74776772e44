/** A cell: stands on another stack's platform and makes only what its own tenants have. */
import { getInstanceOutput } from "@pulumi/gcp/redis/getInstance.js";
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
import { type GcpFacts, gcpFacts, madeCluster } from "./facts.ts";
import { retainedOfCell } from "./retained.ts";
import { gcpProvider } from "./scope.ts";
import { SecretManagerEscrow } from "./secrets.ts";
import type { GcpSettings } from "./settings.ts";
import { tenantServices } from "./tenantServices.ts";
import type { TenantSources } from "./tenantSources.ts";

export interface GcpCellArgs {
  readonly base: PlatformFacts;
  readonly images: Images;
  readonly hooks: ReleaseHooks;
  /** What the stack's application needs. */
  readonly needs: Needs;
  readonly settings: Pick<GcpSettings, "project" | "region">;
}

export class GcpCell extends pulumi.ComponentResource implements Platform {
  readonly facts: PlatformFacts;
  readonly kubernetes: k8s.Provider;
  readonly kubeconfig: pulumi.Output<string>;
  readonly ready: pulumi.Resource[] = [];
  readonly retained: readonly string[];
  readonly escrow: KeyEscrow;
  readonly #sources: TenantSources;

  constructor(name: string, args: GcpCellArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:gcp:Cell", name, {}, opts);
    const { base, needs, settings } = args;
    const own = gcpFacts(base);
    refuseElsewhere({
      project: [settings.project, own.project],
      region: [settings.region, own.region],
    });
    this.facts = base;
    const provider = gcpProvider(name, settings, base.stack, this);
    const access = madeCluster(own, base.cluster.identifier);
    this.kubeconfig = access.kubeconfig;
    this.kubernetes = clusterProvider(name, access, this);
    this.escrow = new SecretManagerEscrow(provider);
    const after = { bucket: [], identity: [], redis: [] };
    this.#sources = { provider, after, redisPassword: onceAsked(own, provider) };
    this.retained = retainedOfCell({
      lifecycle: base.lifecycle,
      needs,
      ownRedis: own.redisNetwork !== undefined,
    });
    this.registerOutputs({});
  }

  tenantServices(request: TenantRequest): TenantServices {
    return tenantServices(this.facts, this.#sources, request);
  }
}

/** The facts name the instance, and whoever may read it in the cloud is told its password: once for all tenants. */
function onceAsked(own: GcpFacts, provider: pulumi.ProviderResource): () => pulumi.Output<string> {
  let asked: pulumi.Output<string> | undefined;
  return () => {
    asked ??= pulumi.secret(
      getInstanceOutput({ name: own.redisName ?? "", region: own.region }, { provider }).authString,
    );
    return asked;
  };
}
