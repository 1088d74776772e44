/**
 * An application's own keys, where they come from outside: External Secrets copies them from a secret manager into a
 * Secret of the tenant's namespace. No value passes through the program or the state.
 */
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { KeySource } from "../providers/platform.ts";
import { revisionOf } from "./tenantCredentials.ts";

/** How an ExternalSecret is, in External Secrets' own words. */
export interface ExternalSecretState {
  /** The Secret holds what the newest specification asks for. */
  readonly isReady: boolean;
  /** What is in the way; empty while External Secrets has said nothing. */
  readonly why: string;
}

/** What the wait needs of a cluster. Implemented at the stack's entry, where the kubeconfig is. */
export interface ExternalSecretReader {
  externalSecret(namespace: string, name: string): Promise<ExternalSecretState>;
  /** Has External Secrets look again now: after a failure it waits for minutes. */
  readAgain(namespace: string, name: string): Promise<void>;
}

export interface ExternalKeysArgs {
  readonly slug: string;
  readonly namespace: pulumi.Input<string>;
  readonly labels: Record<string, string>;
  /** Keys of the application: each is a property of the secret, and a key of the Secret. */
  readonly keys: readonly string[];
  readonly source: KeySource;
  /** How often keys are read again, e.g. `1h`. */
  readonly refresh: string;
  readonly reader: ExternalSecretReader;
  /** Seconds until a release that waits for the keys is given up. */
  readonly timeout: number;
}

export interface ExternalKeys {
  readonly secretName: string;
  /** Changes when other keys are asked for, or of another secret. Never with a value, which nothing here knows. */
  readonly revision: pulumi.Output<string>;
  readonly ready: pulumi.Resource[];
  /** On the release: it starts when the keys are there. */
  readonly hooks: pulumi.ResourceHookBinding;
}

/** Of the ExternalSecret and of the Secret that it makes. */
const externalKeysName = "keys";

/** Never the keys' values, nor whole texts of the user's: names only. */
export function externalKeys(name: string, args: ExternalKeysArgs, parent: pulumi.Resource): ExternalKeys {
  const { namespace, labels, keys, source, refresh } = args;
  const { store, secret } = source;
  const made = new k8s.apiextensions.CustomResource(
    name,
    {
      apiVersion: "external-secrets.io/v1",
      kind: "ExternalSecret",
      metadata: { name: externalKeysName, namespace, labels },
      spec: {
        refreshInterval: refresh,
        secretStoreRef: { kind: store.kind, name: store.name },
        // A key that is taken out of the manager stays in the cluster: pods would not start without it.
        target: { name: externalKeysName, creationPolicy: "Owner", deletionPolicy: "Retain" },
        // One by one, so that what else is in the secret stays out, and a missing key is named.
        data: keys.map((key) => ({ secretKey: key, remoteRef: { key: secret, property: key } })),
      },
    },
    { parent, dependsOn: [...source.ready] },
  );
  const revision = pulumi.output(secret).apply((text) => revisionOf([store.kind, store.name, text, ...keys]));
  return { secretName: externalKeysName, revision, ready: [made], hooks: waitHooks(args) };
}

/** Seconds between looks, and between wishes to be read again. */
const pause = 2;
const nudge = 30;

function waitHooks(args: ExternalKeysArgs): pulumi.ResourceHookBinding {
  const wait = async () => {
    const [namespace, secret] = await Promise.all([promiseOf(args.namespace), promiseOf(args.source.secret)]);
    await waitForKeys({ ...args, namespace, secret }, pulumi.log.warn);
  };
  return { beforeCreate: [wait], beforeUpdate: [wait] };
}

export type KeyWait = Pick<ExternalKeysArgs, "slug" | "keys" | "reader" | "timeout"> & {
  readonly namespace: string;
  readonly secret: string;
  /** Milliseconds; for tests. */
  readonly pauses?: { readonly look: number; readonly nudge: number };
};

/** Tells what is in the way as soon as it is known, and again at the end. @throws when the keys do not come in time */
export async function waitForKeys(wait: KeyWait, warn: (message: string) => Promise<unknown>): Promise<void> {
  const { slug, namespace, reader, timeout } = wait;
  const pauses = wait.pauses ?? { look: pause * 1000, nudge: nudge * 1000 };
  const end = Date.now() + timeout * 1000;
  let said = "";
  let nudged = Number.NEGATIVE_INFINITY;
  for (;;) {
    const { isReady, why } = await reader.externalSecret(namespace, externalKeysName);
    if (isReady) return;
    if (why !== said && why !== "") await warn(`tenant ${slug} waits for its keys: ${why}`);
    said = why;
    if (Date.now() >= end) throw new Error(refusal(wait, why));
    if (why !== "" && Date.now() - nudged >= pauses.nudge) {
      nudged = Date.now();
      await reader.readAgain(namespace, externalKeysName);
    }
    await new Promise((resolve) => setTimeout(resolve, pauses.look));
  }
}

/** As every mistake of a stack file is told. */
function refusal({ slug, namespace, secret, keys, timeout }: KeyWait, why: string): string {
  const reason = why === "" ? `External Secrets has not looked at it within ${timeout} s: does it run?` : why;
  return [
    `The keys of tenant ${slug} did not come; its release was left as it was.`,
    "",
    `  portolan:tenants.${slug}.secret`,
    `    value:   ${JSON.stringify(secret)}`,
    `    allowed: a secret that is there, a JSON object with the key${keys.length > 1 ? "s" : ""} ${keys.join(", ")}`,
    `    remedy:  ${reason}`,
    `             mend it in the secret manager and run again; \`kubectl describe externalsecret ${externalKeysName} --namespace ${namespace}\` tells more`,
  ].join("\n");
}

function promiseOf(input: pulumi.Input<string>): Promise<string> {
  return new Promise((resolve) => pulumi.output(input).apply(resolve));
}
