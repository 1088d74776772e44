import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chartPath } from "./helm.ts";

const script = join(chartPath("orthanc"), "files", "start.sh");
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "portolan-start-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the start script with a program in Orthanc's place. */
function start(program: string, environment: Record<string, string> = {}) {
  const file = join(folder, `program-${Math.random()}`);
  writeFileSync(file, `#!/bin/bash\n${program}\n`, { mode: 0o755 });
  return execa("bash", [script], {
    reject: false,
    all: true,
    extendEnv: false,
    env: {
      PATH: process.env.PATH,
      ORTHANC_BINARY: file,
      SUBSTITUTED_SECRETS: "ORTHANC_PASSWORD",
      ORTHANC_PASSWORD: "fine: with spaces, marks & $signs",
      PGPASSWORD: 'may hold " and \\',
      DRAIN_SECONDS: "0",
      STOP_SECONDS: "1",
      ...environment,
    },
  });
}

describe("Orthanc's start script", () => {
  it.each([
    ["ORTHANC_PASSWORD", ""],
    ["ORTHANC_PASSWORD", 'a"b'],
    ["ORTHANC_PASSWORD", "a\\b"],
    ["ORTHANC_PASSWORD", "a\nb"],
    ["PGPASSWORD", ""],
  ])("refuses to start with %s=%j, and does not print it", async (name, value) => {
    const { exitCode, all } = await start("echo started", { [name]: value });
    expect(exitCode).toBe(78);
    expect(all).toContain(`start.sh: ${name} `);
    expect(all).not.toContain("started");
    if (value) expect(all).not.toContain(value);
  });

  it("hands on the program's own end", async () => {
    expect(await start("exit 7")).toMatchObject({ exitCode: 7 });
  });

  it("lets the program finish after one TERM", async () => {
    const running = start("trap 'echo finished; exit 0' TERM; while :; do sleep 0.05; done");
    await wait(300);
    running.kill("SIGTERM");
    const { exitCode, all } = await running;
    expect(exitCode).toBe(0);
    expect(all).toContain("finished");
  });

  it("goes on serving while it drains", async () => {
    const running = start("trap 'exit 0' TERM; while :; do sleep 0.05; done", { DRAIN_SECONDS: "1" });
    await wait(300);
    const told = performance.now();
    running.kill("SIGTERM");
    await running;
    expect(performance.now() - told).toBeGreaterThan(900);
  });

  it("ends a program that waits after the first TERM by a second, as Orthanc does for an open association", async () => {
    const running = start(
      "trap 'n=$((n+1)); [ $n -ge 2 ] && { echo twice; exit 3; }' TERM; while :; do sleep 0.05; done",
    );
    await wait(300);
    running.kill("SIGTERM");
    const { exitCode, all } = await running;
    expect(all).toContain("still waiting for open associations");
    expect(all).toContain("twice");
    expect(exitCode).toBe(3);
  });

  it("ends a program that ignores everything", async () => {
    const running = start("trap '' TERM; while :; do sleep 0.05; done");
    await wait(300);
    running.kill("SIGTERM");
    expect(await running).toMatchObject({ exitCode: 137 });
  });
});
