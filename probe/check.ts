/** One check of one service: the mark of its first use, write, read back, delete, in bounded time, over TLS. */
import { randomUUID } from "node:crypto";
import { describeError, type MarkReport, type ServiceReport, type TlsReport } from "./report.ts";

/** A connection to a service, open for one check. */
export interface ServiceSession {
  write(id: string, value: string): Promise<void>;
  read(id: string): Promise<string | undefined>;
  remove(id: string): Promise<void>;
  /** Writes what stays for good, unless something is there. */
  keep(id: string, value: string): Promise<void>;
  tls(): TlsReport | null;
  /** Ends the connection at once; also called while something is still going on. */
  close(): void;
}

export interface CheckOptions {
  readonly open: () => Promise<ServiceSession>;
  readonly secrets: readonly string[];
  readonly timeoutMs: number;
  /** Whether a service without a mark of its first use is given one. */
  readonly marks: boolean;
}

/** Under which the mark of the first use is kept: a random text that another database or bucket would not have. */
const markId = "first-use";

interface Progress {
  mark: MarkReport;
  wrote: boolean;
  readBack: boolean;
  deleted: boolean;
  tls: TlsReport | null;
  session: ServiceSession | undefined;
  over: boolean;
}

/** Runs a check. Never throws: what went wrong is in the report. */
export async function checkService(options: CheckOptions): Promise<ServiceReport> {
  const started = performance.now();
  const progress: Progress = {
    mark: { value: null, error: null },
    wrote: false,
    readBack: false,
    deleted: false,
    tls: null,
    session: undefined,
    over: false,
  };
  let error: string | null = null;
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer within ${options.timeoutMs} ms`)),
        options.timeoutMs,
      );
    });
    await Promise.race([steps(options, progress), late]);
  } catch (failure) {
    error = describeError(failure, options.secrets);
  } finally {
    clearTimeout(timer);
    progress.over = true;
    progress.session?.close();
  }
  const { wrote, readBack, deleted, tls, mark } = progress;
  error ??= mark.error;
  if (!error && !tls?.verified) error = "the connection was not secured by verified TLS";
  const ms = Math.round(performance.now() - started);
  return { bound: true, ok: error === null, wrote, readBack, deleted, mark, tls, ms, error };
}

async function steps(options: CheckOptions, progress: Progress): Promise<void> {
  const session = await options.open();
  progress.session = session;
  // The time was over before the connection stood: nobody else would close it.
  if (progress.over) return session.close();
  // What may not be read may still be written: each is tried, whatever became of the other.
  progress.mark = await markOf(session, options);
  const id = `check-${randomUUID()}`;
  const value = randomUUID();
  await session.write(id, value);
  progress.wrote = true;
  progress.tls = session.tls();
  const read = await session.read(id);
  if (read !== value) throw new Error("what was read is not what was written");
  progress.readBack = true;
  await session.remove(id);
  if ((await session.read(id)) !== undefined) throw new Error("what was deleted is still there");
  progress.deleted = true;
}

/**
 * The mark in the service. Pods that find none at the same time may each write one where a service cannot write "unless
 * it is there": the last one's stays, and all of them have written before they are ready.
 */
async function markOf(session: ServiceSession, { marks, secrets }: CheckOptions): Promise<MarkReport> {
  try {
    let value = await session.read(markId);
    if (value === undefined && marks) {
      await session.keep(markId, randomUUID());
      value = await session.read(markId);
    }
    return { value: value ?? null, error: null };
  } catch (failure) {
    return { value: null, error: describeError(failure, secrets) };
  }
}
