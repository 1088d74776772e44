/** The one Secret an application reads: every key it declared, and the credentials of its services. */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { SecretSpec } from "../apps/app.ts";
import type { Credential, KeyEscrow, SecretRef } from "../providers/platform.ts";
import { revisionOf, type TenantCredentials } from "./tenantCredentials.ts";
import { WriteOnceKeys, writeOnceKeysName } from "./writeOnceKeys.ts";

export interface RuntimeSecretArgs {
  readonly slug: string;
  readonly namespace: pulumi.Input<string>;
  readonly labels: Record<string, string>;
  readonly specs: Readonly<Record<string, SecretSpec>>;
  readonly credentials: TenantCredentials;
  /** Values of provided keys: secret. */
  readonly provided: Readonly<Record<string, pulumi.Output<string>>>;
  /** Values of the tenant's services, by key of the Secret. */
  readonly services: Readonly<Record<string, Credential>>;
  /** Name of a Secret of somebody else's, with every declared key; undefined: Portolan makes the keys. */
  readonly existing: string | undefined;
  /** Changes when that Secret is asked for something else. */
  readonly existingRevision: pulumi.Input<string> | undefined;
  /** A run before this one made write-once keys: they stay, wherever the application's come from by now. */
  readonly keepsKeys: boolean;
  readonly escrow: KeyEscrow;
  readonly escrowScope: string;
  readonly protect: boolean;
}

/** Name of the Secret in the tenant's namespace. It does not change with release, version or size. */
const secretName = "runtime";

export class RuntimeSecret extends pulumi.ComponentResource {
  /** Secret that holds the application's declared keys. */
  readonly secretName: pulumi.Output<string>;
  /** Every Secret that the application reads, by name: the user's own, the one made here, or none. */
  readonly secretNames: pulumi.Output<string[]>;
  /** Name of the Secret with the write-once keys that Portolan made; null where it made none. */
  readonly writeOnceKeys: string | null;
  /** Changes when any value changes. */
  readonly revision: pulumi.Output<string>;
  readonly #services: Readonly<Record<string, SecretRef>>;

  constructor(name: string, args: RuntimeSecretArgs, opts?: pulumi.ComponentResourceOptions) {
    super("portolan:components:RuntimeSecret", name, {}, opts);
    const keys = this.#keys(args);
    this.writeOnceKeys = keys ? writeOnceKeysName : null;
    const declared = args.existing ? {} : { ...keys?.values, ...othersOf(args) };
    const values = { ...declared, ...valuesOf(args.services) };
    const made = Object.keys(values).length > 0 ? this.#secret(name, args, values) : undefined;
    const madeName = made ? made.metadata.name : pulumi.output(secretName);
    this.secretName = args.existing ? pulumi.output(args.existing) : madeName;
    this.secretNames = pulumi.all([
      ...(args.existing ? [args.existing] : []),
      ...(made ? [made.metadata.name] : []),
    ]);
    this.#services = refsOf(args.services, madeName);
    // Unsecret: a digest of random values, needed in a pod annotation and harmless there.
    this.revision = pulumi.unsecret(
      pulumi
        .all([pulumi.all(values), args.existingRevision])
        .apply(([all, other]) => revisionOf([...Object.values(all), ...(other ? [other] : [])])),
    );
    this.registerOutputs({ secretName: this.secretName });
  }

  /** Where a service's credential is read from. */
  ref(key: string): SecretRef {
    const ref = this.#services[key];
    if (!ref) throw new Error(`no credential named ${key} was given to this tenant's runtime secret`);
    return ref;
  }

  /** Undefined where the application has none, or has had them from elsewhere from the beginning. */
  #keys(args: RuntimeSecretArgs): WriteOnceKeys | undefined {
    const { slug, namespace, labels, specs, escrow, escrowScope, protect } = args;
    const keys = Object.entries(specs).flatMap(([key, spec]) =>
      spec.kind === "write-once" ? [{ name: key, prefix: spec.prefix ?? "" }] : [],
    );
    if (keys.length === 0 || (args.existing && !args.keepsKeys)) return undefined;
    return new WriteOnceKeys(
      `${slug}-keys`,
      { slug, namespace, labels, keys, escrow, escrowScope, protect },
      { parent: this },
    );
  }

  #secret(
    name: string,
    args: RuntimeSecretArgs,
    values: Record<string, pulumi.Output<string>>,
  ): k8s.core.v1.Secret {
    return new k8s.core.v1.Secret(
      `${name}-secret`,
      {
        metadata: { name: secretName, namespace: args.namespace, labels: args.labels },
        stringData: values,
      },
      { parent: this },
    );
  }
}

/** Declared keys that may change. */
function othersOf(args: RuntimeSecretArgs): Record<string, pulumi.Output<string>> {
  const rotatable = Object.entries(args.specs).flatMap(([key, spec]) =>
    spec.kind === "rotatable"
      ? [[key, pulumi.interpolate`${spec.prefix ?? ""}${args.credentials.password(key)}`] as const]
      : [],
  );
  return { ...Object.fromEntries(rotatable), ...args.provided };
}

function valuesOf(services: Readonly<Record<string, Credential>>): Record<string, pulumi.Output<string>> {
  return Object.fromEntries(
    Object.entries(services).flatMap(([key, credential]) =>
      credential.kind === "value" ? [[key, pulumi.secret(credential.value)]] : [],
    ),
  );
}

function refsOf(
  services: Readonly<Record<string, Credential>>,
  madeName: pulumi.Input<string>,
): Record<string, SecretRef> {
  return Object.fromEntries(
    Object.entries(services).map(([key, credential]) => [
      key,
      credential.kind === "secret" ? credential.ref : { secretName: madeName, key },
    ]),
  );
}
