/** The probe's program: see README.md. */
import { ConfigError } from "./config.ts";
import { run } from "./run.ts";

const stop = new AbortController();
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => stop.abort());

try {
  process.exitCode = await run({
    environment: process.env,
    log: (line) => console.log(`${new Date().toISOString()} ${line}`),
    answer: (text) => console.log(text),
    signal: stop.signal,
  });
} catch (error) {
  // 78: a configuration error, as sysexits.h has it.
  process.exitCode = error instanceof ConfigError ? 78 : 1;
  console.error(error instanceof Error ? error.message : error);
}
