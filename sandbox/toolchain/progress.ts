/** Takes one line of progress, without a line break. */
export type Report = (line: string) => void;

/** A duration in milliseconds as people read it: `0.4 s`, `12 s`, `3:07 min`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 9_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} min`;
}

/** A size in bytes with a decimal unit: `1.4 MB`, `0.9 GB`. */
export function size(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}

/** Milliseconds since it was made. */
export function stopwatch(): () => number {
  const start = performance.now();
  return () => performance.now() - start;
}

/** Prefixes each line with the time since the start: what a command line prints. */
export function timedReport(write: (text: string) => void): Report {
  const elapsed = stopwatch();
  return (line) => write(`${duration(elapsed()).padStart(9)}  ${line}\n`);
}
