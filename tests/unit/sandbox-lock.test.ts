import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withLock } from "../../sandbox/toolchain/lock.ts";

describe("the build lock", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "portolan-lock-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const lock = () => join(folder, "sub", "build.lock");

  it("lets one in after the other, and says for whom it waits", async () => {
    const events: string[] = [];
    const lines: string[] = [];
    const work = (name: string) => async () => {
      events.push(`${name} in`);
      await new Promise((done) => setTimeout(done, 500));
      events.push(`${name} out`);
    };
    await Promise.all(["a", "b"].map((name) => withLock(lock(), (line) => lines.push(line), work(name))));
    const [first, second] = events[0] === "a in" ? ["a", "b"] : ["b", "a"];
    expect(events).toEqual([`${first} in`, `${first} out`, `${second} in`, `${second} out`]);
    expect(lines.join()).toContain(`waiting for process ${process.pid}`);
  });

  it("is given back when the work fails", async () => {
    const failing = withLock(
      lock(),
      () => {},
      () => Promise.reject(new Error("broken")),
    );
    await expect(failing).rejects.toThrow("broken");
    expect(await readdir(join(folder, "sub"))).toEqual([]);
  });

  it.each([
    ["a process that is gone", "4194304 1"],
    ["another process under the same number", `${process.pid} 1`],
  ])("is taken over from %s", async (_, owner) => {
    await mkdir(lock(), { recursive: true });
    await writeFile(join(lock(), "pid"), owner);
    expect(
      await withLock(
        lock(),
        () => {},
        async () => "done",
      ),
    ).toBe("done");
  });
});
