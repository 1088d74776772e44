/** The script that runs an account's SQL, with a stand-in for psql on its PATH. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chartPath } from "./helm.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "portolan-account-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the script; `psql` says `message` and ends with 2, as psql does when there is no connection. */
async function run(script: string, message: string) {
  const psql = join(folder, "psql");
  writeFileSync(psql, `#!/bin/bash\necho '${message}' >&2\nexit 2\n`);
  chmodSync(psql, 0o755);
  const env = {
    PATH: `${folder}:${process.env.PATH}`,
    CONNECT_SECONDS: "1",
    ACCOUNT_ROLE: "orthanc_bhc",
    ACCOUNT_DATABASE: "orthanc_bhc",
  };
  const file = join(chartPath("database-account"), "files", "run.sh");
  return execa("bash", [file, script], { env, extendEnv: false, all: true, reject: false });
}

describe("when the server does not answer", () => {
  it("making an account fails and says so", async () => {
    const { exitCode, all } = await run("account.sql", "connection refused");
    expect(exitCode).toBe(1);
    expect(all).toContain("No connection within 1 s: connection refused");
  });

  it("dropping one goes on, and says what may be left", async () => {
    const { exitCode, all } = await run("drop.sql", "connection refused");
    expect(exitCode).toBe(0);
    expect(all).toContain("role orthanc_bhc and database orthanc_bhc are left on it");
  });

  it("a server that refuses the admin fails at once, dropping too", async () => {
    const { exitCode, all } = await run("drop.sql", "FATAL: password authentication failed");
    expect(exitCode).toBe(1);
    expect(all).toContain("The server refuses");
  });
});
