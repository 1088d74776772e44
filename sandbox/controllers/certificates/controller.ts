/** cert-manager's part in the sandbox: every Certificate gets its Secret, and a Ready condition that says how it is. */
import { z } from "zod";
import { hasStatus, type KubeClient } from "../kube/client.ts";
import { coalescingLoop } from "../kube/loop.ts";
import { type Secret, secretSchema, secretText, versionOf } from "../kube/objects.ts";
import { watchResource } from "../kube/watch.ts";
import { issue } from "./issue.ts";
import { type Signer, signerFor, signerOf, type Trouble } from "./issuers.ts";
import { fits, keyPem, newKey, readKey } from "./keys.ts";
import {
  type Certificate,
  type CertificateSpec,
  certificateSchema,
  certificateSpecSchema,
  type Issuer,
  issuerSchema,
} from "./objects.ts";
import { planCertificate, renewalTime, requestHash } from "./plan.ts";
import {
  presentData,
  type SecretData,
  secretData,
  secretManifest,
  templateAnnotation,
  templateHash,
} from "./secret.ts";
import { instant, readyCondition, saysSo, withCondition } from "./status.ts";

export interface CertificatesOptions {
  readonly client: KubeClient;
  /** Where the Secrets of ClusterIssuers are. */
  readonly clusterNamespace: string;
  readonly log: (line: string) => void;
}

const api = "/apis/cert-manager.io/v1";
/** Timers hold 31 bits of milliseconds; a renewal further away is looked at again then. */
const longestWait = 2 ** 31 - 1;

/** The outcome for one Certificate. */
type Outcome =
  | {
      readonly ready: true;
      readonly notBefore: Date;
      readonly notAfter: Date;
      readonly renewal: Date;
      readonly issued: boolean;
    }
  | ({ readonly ready: false } & Trouble);

function readSpec(certificate: Certificate): CertificateSpec | Trouble {
  const parsed = certificateSpecSchema.safeParse(certificate.spec);
  if (parsed.success) return parsed.data;
  const message = z.prettifyError(parsed.error).replaceAll(/\s*\n\s*/g, " ");
  return { reason: "NotSupported", message: `the sandbox does not honour this specification: ${message}` };
}

/** Starts the controller; `close` ends its watches. */
export function startCertificates(options: CertificatesOptions): { close(): void } {
  const { client, clusterNamespace, log } = options;
  let loop: { trigger(): void } = { trigger: () => {} };
  const changed = () => loop.trigger();
  const watch = <T>(path: string, schema: z.ZodType<T>, query?: string) =>
    watchResource({ client, path, schema, changed, log, ...(query === undefined ? {} : { query }) });
  const certificates = watch(`${api}/certificates`, certificateSchema);
  const issuers = watch(`${api}/issuers`, issuerSchema);
  const clusterIssuers = watch(`${api}/clusterissuers`, issuerSchema);
  // Helm's release records are by far the largest Secrets and never hold a certificate.
  const secrets = watch("/api/v1/secrets", secretSchema, "fieldSelector=type%21%3Dhelm.sh%2Frelease.v1");
  const stores = [certificates, issuers, clusterIssuers, secrets];
  let timer: NodeJS.Timeout | undefined;

  const allIssuers = (): Issuer[] => [...issuers.items(), ...clusterIssuers.items()];

  async function write(
    certificate: Certificate,
    spec: CertificateSpec,
    hash: string,
    data: SecretData,
  ): Promise<void> {
    const { namespace, name } = certificate.metadata;
    const path = `/api/v1/namespaces/${namespace}/secrets/${spec.secretName}?fieldManager=sandbox-certificates&force=true`;
    const manifest = secretManifest(namespace, name, spec, hash, data);
    // Seen before the next look, or the next look would find no Secret and issue again.
    await secrets.reached(versionOf(await client.request("PATCH", path, manifest, "apply-patch")));
  }

  async function renew(
    certificate: Certificate,
    spec: CertificateSpec,
    secret: Secret | undefined,
    signer: Exclude<Signer, { kind: "trouble" }>,
    hash: string,
  ): Promise<Outcome> {
    const old = readKey((secret === undefined ? undefined : secretText(secret, "tls.key")) ?? "");
    const keep =
      spec.privateKey.rotationPolicy === "Never" && old !== undefined && fits(old, spec.privateKey);
    const key = keep ? old : await newKey(spec.privateKey);
    const notBefore = new Date(Math.floor(Date.now() / 1000) * 1000);
    const notAfter = new Date(notBefore.getTime() + spec.duration);
    const authority = signer.kind === "authority" ? signer.authority : undefined;
    const { chain, root } = await issue({ ...spec, notBefore, notAfter }, key, authority);
    await write(certificate, spec, hash, secretData(chain, keyPem(key, spec.privateKey.encoding), root));
    return {
      ready: true,
      notBefore,
      notAfter,
      renewal: renewalTime(notBefore, notAfter, spec.renewBefore),
      issued: true,
    };
  }

  /** Another Certificate, older, that writes the same Secret: the two would overwrite each other for ever. */
  function rivalOf(certificate: Certificate, spec: CertificateSpec): string | undefined {
    const { namespace, name, creationTimestamp } = certificate.metadata;
    return certificates.items().find((other) => {
      const same = z.object({ secretName: z.literal(spec.secretName) }).safeParse(other.spec).success;
      const their = other.metadata;
      const older = `${their.creationTimestamp} ${their.name}` < `${creationTimestamp} ${name}`;
      return same && their.namespace === namespace && their.name !== name && older;
    })?.metadata.name;
  }

  async function settle(certificate: Certificate): Promise<Outcome> {
    const spec = readSpec(certificate);
    if ("reason" in spec) return { ready: false, ...spec };
    const { namespace } = certificate.metadata;
    const rival = rivalOf(certificate, spec);
    if (rival !== undefined) {
      return {
        ready: false,
        reason: "SecretTaken",
        message: `Secret "${spec.secretName}" belongs to Certificate "${rival}", which is older`,
      };
    }
    const signer = signerFor(spec.issuerRef, namespace, allIssuers(), secrets.items(), clusterNamespace);
    if (signer.kind === "trouble") return { ready: false, reason: signer.reason, message: signer.message };
    const secret = secrets
      .items()
      .find((s) => s.metadata.namespace === namespace && s.metadata.name === spec.secretName);
    const hash = requestHash(spec, signer.kind === "authority" ? signer.authority.chain[0] : undefined);
    const plan = planCertificate(spec, hash, secret, new Date());
    if (plan.kind === "issue") {
      log(`Certificate ${namespace}/${certificate.metadata.name}: ${plan.reason}: ${plan.message}; issuing`);
      return renew(certificate, spec, secret, signer, hash);
    }
    if (secret !== undefined && secret.metadata.annotations[templateAnnotation] !== templateHash(spec)) {
      await write(certificate, spec, hash, presentData(secret));
    }
    return { ready: true, ...plan, issued: false };
  }

  async function tell(certificate: Certificate, outcome: Outcome): Promise<void> {
    const { namespace, name, generation } = certificate.metadata;
    const { conditions, revision, notAfter } = certificate.status;
    const words = outcome.ready
      ? { reason: "Ready", message: "Certificate is up to date and has not expired" }
      : outcome;
    const wanted = {
      ready: outcome.ready,
      reason: words.reason,
      message: words.message,
      generation: generation ?? 0,
    };
    const condition = readyCondition(conditions, wanted, new Date());
    const times = outcome.ready
      ? {
          notBefore: instant(outcome.notBefore),
          notAfter: instant(outcome.notAfter),
          renewalTime: instant(outcome.renewal),
        }
      : {};
    const number = outcome.ready && (outcome.issued || revision === 0) ? revision + 1 : revision;
    const same = saysSo(conditions, condition) && number === revision;
    if (same && (!outcome.ready || notAfter === instant(outcome.notAfter))) return;
    if (!outcome.ready) log(`Certificate ${namespace}/${name}: ${words.reason}: ${words.message}`);
    const status = {
      conditions: withCondition(conditions, condition),
      ...times,
      ...(number > 0 ? { revision: number } : {}),
    };
    const path = `${api}/namespaces/${namespace}/certificates/${name}/status`;
    await client.request("PATCH", path, { status }, "merge-patch");
  }

  async function tellIssuer(issuer: Issuer): Promise<void> {
    const signer = signerOf(issuer, secrets.items(), clusterNamespace);
    const { namespace, name, generation } = issuer.metadata;
    const words =
      signer.kind === "trouble"
        ? { reason: signer.reason, message: signer.message }
        : { reason: signer.kind === "self" ? "IsReady" : "KeyPairVerified", message: "Signing CA verified" };
    const wanted = { ready: signer.kind !== "trouble", ...words, generation: generation ?? 0 };
    const condition = readyCondition(issuer.status.conditions, wanted, new Date());
    if (saysSo(issuer.status.conditions, condition)) return;
    const place = namespace === "" ? "clusterissuers" : `namespaces/${namespace}/issuers`;
    const status = { conditions: withCondition(issuer.status.conditions, condition) };
    await client.request("PATCH", `${api}/${place}/${name}/status`, { status }, "merge-patch");
  }

  async function one(certificate: Certificate): Promise<number> {
    let outcome: Outcome;
    try {
      outcome = await settle(certificate);
    } catch (error) {
      if (hasStatus(error, 404)) return longestWait;
      outcome = {
        ready: false,
        reason: "Failed",
        message: error instanceof Error ? error.message : String(error),
      };
    }
    await tell(certificate, outcome).catch((error: unknown) => {
      // Gone meanwhile.
      if (!hasStatus(error, 404)) throw error;
    });
    return outcome.ready ? outcome.renewal.getTime() - Date.now() : longestWait;
  }

  async function reconcile(): Promise<void> {
    for (const issuer of allIssuers()) {
      await tellIssuer(issuer).catch((error: unknown) => {
        if (!hasStatus(error, 404)) throw error;
      });
    }
    const waits = await Promise.all(certificates.items().map(one));
    clearTimeout(timer);
    timer = setTimeout(changed, Math.max(1000, Math.min(longestWait, ...waits)));
    timer.unref();
  }

  void Promise.all(stores.map((s) => s.synced)).then(() => {
    loop = coalescingLoop(reconcile, 10, log);
    loop.trigger();
  });
  return {
    close() {
      clearTimeout(timer);
      for (const store of stores) store.close();
    },
  };
}
