import { appendFile, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** Real builds of the smallest family, in a cache folder of their own. */
describe("the toolchain", () => {
  const program = join(import.meta.dirname, "../../sandbox/toolchain/main.ts");
  let cache = "";

  const run = (names: readonly string[], path = process.env.PATH ?? "") =>
    execa(process.execPath, [program, ...names], {
      env: { XDG_CACHE_HOME: cache, PATH: path },
      extendEnv: false,
      reject: false,
    });
  const home = () => join(cache, "portolan");
  const pause = () => join(home(), "bin", "pause");

  beforeAll(async () => {
    cache = await mkdtemp(join(tmpdir(), "portolan-toolchain-"));
  });
  afterAll(() => rm(cache, { recursive: true, force: true }));

  it("builds a tool that is missing, says so, and leaves no build caches", async () => {
    const result = await run(["pause"]);
    expect(result.stderr).toMatch(/pause 1\.0\.0: built pause in .*, 1\.\d MB/);
    expect(result.stdout).toBe(`pause\t${pause()}`);
    expect((await readdir(home())).sort()).toEqual(["bin"]);
    expect((await readdir(join(home(), "bin"))).sort()).toEqual(["pause", "pause.json"]);
  });

  it("makes a program that waits and ends when told to", async () => {
    const child = execa(pause(), { reject: false, timeout: 20_000 });
    const early = await Promise.race([
      child.then(() => "ended"),
      new Promise((done) => setTimeout(done, 300, "waits")),
    ]);
    child.kill("SIGTERM");
    expect([early, (await child).exitCode]).toEqual(["waits", 0]);
  });

  it("does not build it again", async () => {
    expect((await run(["pause"])).stderr).not.toContain("built pause");
  });

  it("takes a look at the bytes when only the time has changed", async () => {
    await utimes(pause(), 0, 0);
    expect((await run(["pause"])).stderr).not.toContain("built pause");
    const record: unknown = JSON.parse(await readFile(`${pause()}.json`, "utf8"));
    expect(record).toMatchObject({ mtimeMs: 0 });
  });

  it("builds it again when bytes were changed, goes on after a killed build, and cleans up", async () => {
    const before = (await stat(pause())).size;
    await appendFile(pause(), "x");
    const killed = execa(process.execPath, [program, "pause"], {
      env: { XDG_CACHE_HOME: cache, PATH: process.env.PATH ?? "" },
      extendEnv: false,
      reject: false,
    });
    setTimeout(() => killed.kill("SIGKILL"), 3_000);
    await killed;
    expect(await readdir(home())).toContain("build");
    const result = await run(["pause"]);
    expect(result.stderr).toContain("built pause");
    expect((await stat(pause())).size).toBe(before);
    expect((await readdir(home())).sort()).toEqual(["bin"]);
  });

  it("says what to do when Go is missing, or too old", async () => {
    await rm(pause());
    const missing = await run(["pause"], "/nonexistent");
    expect(missing.exitCode).toBe(1);
    expect(missing.stderr).toMatch(/no "go" was found on PATH. Install Go \d/);
    const old = await mkdtemp(join(tmpdir(), "portolan-go-"));
    await writeFile(join(old, "go"), "#!/bin/sh\necho go1.19.8\n", { mode: 0o755 });
    const tooOld = await run(["pause"], `${old}:/bin:/usr/bin`);
    await rm(old, { recursive: true });
    expect(tooOld.stderr).toMatch(/Go on PATH is 1\.19\.8, and the sandbox's tools need 1\.26\.4 or newer\./);
  });

  it("names what it knows when asked for something else", async () => {
    const result = await run(["kubeadm"]);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(/unknown tool kubeadm; allowed: crds, kube-apiserver, /);
  });
});
