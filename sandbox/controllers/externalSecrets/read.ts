/** What a store answers to who asks: pure, in the words that External Secrets and the clouds have for it. */
import type { CloudRecords, Provider, StoreSpec } from "./objects.ts";

/** What went wrong, as an event says it. */
export class Trouble extends Error {}

/** A ServiceAccount as far as clouds look at it. */
export interface Account {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** Which account a store asks as; undefined for one that needs none. */
export function accountOf(
  provider: Provider,
  namespace: string,
  isClusterWide: boolean,
): { readonly namespace: string; readonly name: string } | undefined {
  const ref =
    "aws" in provider
      ? provider.aws.auth.jwt.serviceAccountRef
      : "azurekv" in provider
        ? provider.azurekv.serviceAccountRef
        : "gcpsm" in provider
          ? provider.gcpsm.auth.workloadIdentity.serviceAccountRef
          : undefined;
  if (ref === undefined) return undefined;
  if (!isClusterWide && ref.namespace !== undefined && ref.namespace !== namespace)
    throw new Trouble(
      "namespace should either be empty or match the namespace of the SecretStore for a namespaced SecretStore",
    );
  return { name: ref.name, namespace: (isClusterWide ? ref.namespace : undefined) ?? namespace };
}

/** A place in a simulated cloud, and who comes there. */
interface Visit {
  /** Namespace of the cloud's records. */
  readonly space: string;
  readonly store: string;
  readonly principal: string;
  readonly denied: (name: string, principal: string) => string;
  readonly absent: (name: string) => string;
}

function visitOf(provider: Exclude<Provider, { fake: unknown }>, account: Account): Visit {
  const { annotations, namespace, name } = account;
  if ("aws" in provider) {
    const principal = annotations["eks.amazonaws.com/role-arn"];
    if (principal === undefined)
      throw new Trouble(
        `an IAM role must be associated with service account ${name} (namespace: ${namespace})`,
      );
    return {
      space: "cloud-aws",
      store: provider.aws.region,
      principal,
      denied: (secret, who) =>
        `AccessDeniedException: ${who} is not authorized to perform: secretsmanager:GetSecretValue on resource: ${secret}`,
      absent: () => "Secret does not exist",
    };
  }
  if ("azurekv" in provider) {
    const principal = annotations["azure.workload.identity/client-id"];
    if (principal === undefined)
      throw new Trouble(`missing service account annotation: azure.workload.identity/client-id`);
    const { hostname, pathname } = new URL(provider.azurekv.vaultUrl);
    // The simulated vault is a path of one address, the real one a host.
    const vault = pathname.split("/").find((part) => part !== "") ?? hostname.split(".")[0] ?? "";
    return {
      space: "cloud-azure",
      store: vault.toLowerCase(),
      principal,
      denied: (secret, who) =>
        `keyvault.BaseClient#GetSecret: StatusCode=403 Code="Forbidden" Message="Caller is not authorized to perform action on resource. appid=${who}; Resource: ${secret}"`,
      absent: () => "Secret does not exist",
    };
  }
  const { projectID } = provider.gcpsm;
  return {
    space: "cloud-gcp",
    store: projectID,
    principal: `ns/${namespace}/sa/${name}`,
    denied: (secret) =>
      `rpc error: code = PermissionDenied desc = Permission 'secretmanager.versions.access' denied for resource 'projects/${projectID}/secrets/${secret}/versions/latest' (or it may not exist)`,
    absent: () => "Secret does not exist",
  };
}

/** The whole text of one secret. @throws Trouble */
export function readSecret(
  provider: Provider,
  account: Account | undefined,
  key: string,
  records: CloudRecords,
): string {
  if ("fake" in provider) {
    const found = provider.fake.data.find((one) => one.key === key);
    if (found === undefined) throw new Trouble("Secret does not exist");
    return found.value;
  }
  if (account === undefined) throw new Trouble("no service account to ask as");
  const { space, store, principal, denied, absent } = visitOf(provider, account);
  const secret = records.secrets.find(
    (one) => one.space === space && one.store === store && [one.name, one.resource].includes(key),
  );
  const readers = records.readers.filter(
    (one) =>
      one.space === space &&
      one.namespace === account.namespace &&
      one.serviceAccount === account.name &&
      // Google's principals are the account itself, and have no name of their own on it.
      (one.principal === principal || one.principal.endsWith(`/subject/${principal}`)),
  );
  // Who may read nothing of this name learns nothing of whether it is there.
  const resource = secret?.resource ?? "";
  const may = readers.some(({ resources }) => resources.some((pattern) => matches(pattern, resource)));
  if (secret !== undefined && may) return secret.value;
  if (secret === undefined && readers.length > 0 && space !== "cloud-gcp") throw new Trouble(absent(key));
  throw new Trouble(denied(key, principal));
}

/** `*` is any text, `?` one character; ids of Azure compare without case, and so do all here. */
export function matches(pattern: string, text: string): boolean {
  const source = pattern
    .split(/([*?])/)
    .map((part) => (part === "*" ? ".*" : part === "?" ? "." : part.replace(/[.+^${}()|[\]\\]/g, "\\$&")))
    .join("");
  return new RegExp(`^${source}$`, "i").test(text);
}

/** One property of a secret that is a JSON object, or the whole of it. @throws Trouble */
export function propertyOf(text: string, key: string, property: string | undefined): string {
  if (property === undefined) return text;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    parsed = undefined;
  }
  const value = isBag(parsed) ? parsed[property] : undefined;
  if (value === undefined) throw new Trouble(`key ${property} does not exist in secret ${key}`);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isBag(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @throws Trouble where a cluster-wide store is not for this namespace */
export function requireAllowed(
  store: { readonly name: string; readonly conditions: StoreSpec["conditions"] },
  namespace: string,
  labels: Readonly<Record<string, string>>,
): void {
  if (store.conditions.length === 0) return;
  const fits = store.conditions.some(
    ({ namespaces, namespaceSelector }) =>
      namespaces?.includes(namespace) === true ||
      (namespaceSelector !== undefined &&
        Object.entries(namespaceSelector.matchLabels).every(([key, value]) => labels[key] === value)),
  );
  if (!fits)
    throw new Trouble(
      `using cluster store "${store.name}" is not allowed from namespace "${namespace}": denied by spec.condition`,
    );
}
