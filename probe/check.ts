/** One check of one service: write, read back, delete, in bounded time, always over TLS. */
import { randomUUID } from "node:crypto";
import { describeError, type ServiceReport, type TlsReport } from "./report.ts";

/** A connection to a service, open for one check. */
export interface ServiceSession {
  write(id: string, value: string): Promise<void>;
  read(id: string): Promise<string | undefined>;
  remove(id: string): Promise<void>;
  tls(): TlsReport | null;
  /** Ends the connection at once; also called while something is still going on. */
  close(): void;
}

export interface CheckOptions {
  readonly open: () => Promise<ServiceSession>;
  readonly secrets: readonly string[];
  readonly timeoutMs: number;
}

interface Progress {
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
    await Promise.race([steps(options.open, progress), late]);
  } catch (failure) {
    error = describeError(failure, options.secrets);
  } finally {
    clearTimeout(timer);
    progress.over = true;
    progress.session?.close();
  }
  const { wrote, readBack, deleted, tls } = progress;
  if (!error && !tls?.verified) error = "the connection was not secured by verified TLS";
  const ms = Math.round(performance.now() - started);
  return { bound: true, ok: error === null, wrote, readBack, deleted, tls, ms, error };
}

async function steps(open: CheckOptions["open"], progress: Progress): Promise<void> {
  const session = await open();
  progress.session = session;
  // The time was over before the connection stood: nobody else would close it.
  if (progress.over) return session.close();
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
