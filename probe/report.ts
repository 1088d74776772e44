/** What `/api/health` answers. */

/** How a connection was secured. `root` names the certificate authority at the top of the verified chain. */
export interface TlsReport {
  readonly verified: boolean;
  readonly protocol: string | null;
  readonly subject: string;
  readonly issuer: string;
  readonly root: string;
}

/**
 * A random text that was written at the first use and never since: the same for as long as nothing was lost. `value` is
 * null where there is none, or where `error` says why it could not be read.
 */
export interface MarkReport {
  readonly value: string | null;
  readonly error: string | null;
}

/** What could be done with one service. `ok` means that all of it could, over verified TLS. */
export interface ServiceReport {
  readonly bound: boolean;
  readonly ok: boolean;
  readonly wrote: boolean;
  readonly readBack: boolean;
  readonly deleted: boolean;
  readonly mark: MarkReport;
  readonly tls: TlsReport | null;
  readonly ms: number;
  readonly error: string | null;
}

/** A part that leaves a sign of life: `ageMs` since the last one, null when there was none. */
export interface SignOfLife {
  readonly bound: boolean;
  readonly ok: boolean;
  readonly ageMs: number | null;
}

export interface AppKeyReport {
  readonly bound: boolean;
  /** The canary in the database still decrypts with APP_KEY. */
  readonly ok: boolean;
  readonly error: string | null;
}

export interface HealthReport {
  /** Everything bound works, and the key is the first one. */
  readonly ok: boolean;
  readonly version: string;
  readonly host: string;
  readonly at: string;
  readonly database: ServiceReport;
  readonly redis: ServiceReport;
  readonly objectStore: ServiceReport;
  readonly appKey: AppKeyReport;
  readonly queue: SignOfLife & { readonly depth: number | null };
  readonly scheduler: SignOfLife & { readonly ticks: number | null };
}

/** A service that was not given. */
export const notBound: ServiceReport = {
  bound: false,
  ok: false,
  wrote: false,
  readBack: false,
  deleted: false,
  mark: { value: null, error: null },
  tls: null,
  ms: 0,
  error: null,
};

/** An error in words, with every known secret taken out. */
export function describeError(error: unknown, secrets: readonly string[]): string {
  const words = messageOf(error);
  return secrets.reduce((line, secret) => line.replaceAll(secret, "***"), words);
}

function messageOf(error: unknown): string {
  // A host name with several addresses fails with one error for each.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join("; ");
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? ` (${messageOf(error.cause)})` : "";
  return `${error.message || error.name}${cause}`;
}
