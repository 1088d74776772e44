import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openHome } from "../../sandbox/engine/home.ts";
import { hasLanguageHost, installedProviders, providerVersion } from "../../sandbox/engine/plugins.ts";

describe("installed plugins", () => {
  let home = "";
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "portolan-home-"));
  });
  afterEach(() => rm(home, { recursive: true }));

  it("are preferred in the version that the SDK wants, and in no other", async () => {
    expect(installedProviders({ PULUMI_HOME: home })).toEqual([]);
    await mkdir(join(home, "plugins", `resource-random-v${providerVersion("random")}`), { recursive: true });
    await mkdir(join(home, "plugins", "resource-tls-v0.0.1"));
    expect(installedProviders({ PULUMI_HOME: home })).toEqual(["random"]);
  });

  it("include a language host on the PATH", async () => {
    expect(hasLanguageHost({ PATH: home })).toBe(false);
    await writeFile(join(home, "pulumi-language-nodejs"), "");
    expect(hasLanguageHost({ PATH: `/nowhere:${home}` })).toBe(true);
  });
});

it("the sandbox's own home keeps the engine's logs of the last hour, and nothing is asked of it before it is there", async () => {
  const home = join(await mkdtemp(join(tmpdir(), "portolan-home-")), "pulumi");
  try {
    await openHome(home);
    for (const name of ["old.log", "new.log"]) await writeFile(join(home, "logs", name), "");
    const before = new Date(Date.now() - 2 * 3_600_000);
    await utimes(join(home, "logs", "old.log"), before, before);
    await openHome(home);
    expect(await readdir(join(home, "logs"))).toEqual(["new.log"]);
  } finally {
    await rm(home, { recursive: true });
  }
});
