/** One tenant: a namespace with its limits, its accounts and keys, and the release that serves it. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Bindings } from "../apps/app.ts";
import type { TenantServices } from "../providers/platform.ts";
import { additionsOf } from "./additions.ts";
import { AppRelease } from "./appRelease.ts";
import { TenantCertificate } from "./certificates.ts";
import { mergeValues } from "./chartValues.ts";
import { DatabaseAccount } from "./databaseAccount.ts";
import { type ExternalKeys, externalKeys } from "./externalKeys.ts";
import { databaseNameOf, namespaceOf, tenantLabels } from "./names.ts";
import { TenantNetworkPolicy } from "./networkPolicy.ts";
import { TenantQuota } from "./quota.ts";
import { RuntimeSecret } from "./runtimeSecret.ts";
import { sharedVolume } from "./sharedVolume.ts";
import type { TenantArgs } from "./tenantArgs.ts";
import { type Account, bindingsOf, rootsData, serviceCredentials, servicePorts } from "./tenantBindings.ts";
import { TenantCredentials } from "./tenantCredentials.ts";
import { type TenantOutputs, tenantOutputs } from "./tenantOutputs.ts";

export class Tenant extends pulumi.ComponentResource {
  readonly outputs: pulumi.Output<TenantOutputs>;

  readonly #args: TenantArgs;
  readonly #name: string;
  readonly #protect: boolean;
  readonly #labels: Record<string, string>;

  constructor(name: string, args: TenantArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:components:Tenant", name, {}, { ...opts, provider: args.platform.kubernetes });
    this.#args = args;
    this.#name = name;
    this.#protect = args.lifecycle === "production";
    this.#labels = tenantLabels(args.platform.facts.stack, args.cell, args.slug);

    const namespace = this.#namespace();
    const credentials = new TenantCredentials(`${name}-credentials`, args, { parent: this });
    const services = this.#services(namespace, credentials);
    const limits = this.#limits(namespace, services);
    const account = this.#account(services, credentials);
    const keys = this.#keys(namespace, services);
    const secret = this.#secret(namespace, services, account, credentials, keys);
    const roots = this.#roots(namespace, services);
    const claim = sharedVolume(`${name}-data`, {
      need: args.app.needs.sharedVolume,
      storage: args.platform.facts.storage.shared,
      namespace,
      labels: this.#labels,
      protect: this.#protect,
      parent: this,
      ready: args.platform.ready,
    });
    const release =
      args.state === "archived"
        ? undefined
        : this.#release(
            bindingsOf({ ...args, services, account: account.names, secret, roots, claim }),
            namespace,
            [...limits, ...services.ready, ...account.ready, ...(keys?.ready ?? [])],
            keys?.hooks,
          );
    this.outputs = tenantOutputs({
      ...args,
      namespace,
      edgeAddress: args.platform.facts.edge.address,
      database: services.database,
      account: account.names,
      secretNames: secret.secretNames,
      writeOnceKeys: secret.writeOnceKeys,
      release,
    });
    this.registerOutputs({});
  }

  #namespace(): pulumi.Output<string> {
    const { slug, app, namespace, platform } = this.#args;
    if (namespace) return after(namespace, platform.ready);
    return new k8s.core.v1.Namespace(
      `${this.#name}-namespace`,
      {
        metadata: {
          name: namespaceOf(app.name, slug),
          labels: { ...this.#labels, "pod-security.kubernetes.io/enforce": "restricted" },
        },
      },
      { parent: this, protect: this.#protect, dependsOn: platform.ready },
    ).metadata.name;
  }

  /** Before the release, so that no pod of it ever runs without them. */
  #limits(namespace: pulumi.Output<string>, services: TenantServices): pulumi.Resource[] {
    const { platform, size } = this.#args;
    const labels = this.#labels;
    const { edge, namespace: servicesNamespace } = platform.facts;
    const ports = servicePorts(services);
    const identity = services.identity.endpoints ?? [];
    const { policy } = new TenantNetworkPolicy(
      `${this.#name}-network`,
      { namespace, labels, edgeNamespace: edge.namespace, servicesNamespace, ports, identity },
      { parent: this },
    );
    const quota = new TenantQuota(`${this.#name}-quota`, { namespace, labels, size }, { parent: this });
    return [policy, ...quota.limits];
  }

  #services(namespace: pulumi.Output<string>, credentials: TenantCredentials): TenantServices {
    const { slug, lifecycle, platform, app, given, release, external } = this.#args;
    const asks = external && !external.given && Object.keys(app.secrets).length > 0;
    const { secret } = external ?? {};
    return platform.tenantServices({
      slug,
      namespace,
      serviceAccount: release,
      lifecycle,
      needs: app.needs,
      given,
      keys: asks ? { app: app.name, secret, labels: this.#labels, after: platform.ready } : undefined,
      password: (purpose) => credentials.password(purpose),
      passwordRevision: credentials.revision,
      parent: this,
    });
  }

  #account(
    services: TenantServices,
    credentials: TenantCredentials,
  ): { names: Account; ready: pulumi.Resource[] } {
    const { slug, lifecycle, app, platform, images, repair } = this.#args;
    const database = databaseNameOf(app.name, slug);
    const names = { name: database, username: database, password: credentials.password("database") };
    if (services.database?.kind !== "server") return { names, ready: [] };
    const account = new DatabaseAccount(
      `${this.#name}-database`,
      {
        slug,
        server: services.database.server,
        database,
        role: database,
        password: names.password,
        salt: credentials.salt("database"),
        labels: this.#labels,
        image: images.postgres,
        dropOnDelete: lifecycle === "disposable",
        repair,
        ready: [...platform.ready, ...services.ready],
      },
      { parent: this, protect: this.#protect },
    );
    return { names, ready: [account.release] };
  }

  /** None where the keys do not come from outside, or the application has none. */
  #keys(namespace: pulumi.Output<string>, services: TenantServices): ExternalKeys | undefined {
    const { slug, app, external, timeout, platform } = this.#args;
    const keys = Object.keys(app.secrets);
    const given = external?.given && { ...external.given, ready: platform.ready };
    const source = given ?? services.keys;
    if (!external || !source || keys.length === 0) return undefined;
    const { refresh, reader } = external;
    return externalKeys(
      `${this.#name}-keys`,
      { slug, namespace, labels: this.#labels, keys, source, refresh, reader, timeout },
      this,
    );
  }

  #secret(
    namespace: pulumi.Output<string>,
    services: TenantServices,
    account: { names: Account },
    credentials: TenantCredentials,
    keys: ExternalKeys | undefined,
  ): RuntimeSecret {
    const { slug, app, provided, existingSecret, keepsKeys, escrow, escrowScope } = this.#args;
    return new RuntimeSecret(
      `${this.#name}-secret`,
      {
        slug,
        namespace,
        labels: this.#labels,
        specs: app.secrets,
        credentials,
        provided,
        services: serviceCredentials(services, account.names),
        existing: keys?.secretName ?? existingSecret,
        existingRevision: keys?.revision,
        keepsKeys,
        escrow,
        escrowScope,
        protect: this.#protect,
      },
      { parent: this },
    );
  }

  #roots(namespace: pulumi.Output<string>, services: TenantServices): k8s.core.v1.ConfigMap | undefined {
    const data = rootsData(services);
    if (Object.keys(data).length === 0) return undefined;
    return new k8s.core.v1.ConfigMap(
      `${this.#name}-roots`,
      { metadata: { name: "roots", namespace, labels: this.#labels }, data },
      { parent: this },
    );
  }

  #release(
    bindings: Bindings,
    namespace: pulumi.Output<string>,
    ready: pulumi.Resource[],
    hooks: pulumi.ResourceHookBinding | undefined,
  ): AppRelease {
    const { app, hosts, platform, values, release, timeout, repair } = this.#args;
    const { certificate } = new TenantCertificate(
      `${this.#name}-edge`,
      { namespace, labels: this.#labels, hosts, issuer: platform.facts.edge.issuer },
      { parent: this },
    );
    return new AppRelease(
      `${this.#name}-app`,
      {
        release,
        timeout,
        namespace,
        chart: app.chart,
        values: mergeValues(app.values(bindings), values),
        additions: additionsOf(app, release, bindings.route),
        repair,
        hooks,
        ready: [...platform.ready, ...ready, certificate],
      },
      { parent: this },
    );
  }
}

/** The text; what is given it waits for the resources, as if one of them had made it. */
function after(text: string, ready: readonly pulumi.Resource[]): pulumi.Output<string> {
  return pulumi.all(ready.map(({ urn }) => urn)).apply(() => text);
}
