import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import pRetry from "p-retry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type BuiltImage, ensureImages, type ImageName } from "../../sandbox/images/index.ts";

/** Imports the images into a containerd of the test's own and runs what is in them. */
describe.skipIf(process.getuid?.() !== 0)("images", () => {
  let folder = "";
  let stopContainerd = async () => {};
  let images: BuiltImage[] = [];
  let runs = 0;

  const ctr = (...args: string[]) =>
    execa("ctr", ["--address", join(folder, "containerd.sock"), ...args], { all: true });

  /** Runs a program with the image's user on a read-only root, and answers its output. */
  const run = async (name: ImageName, ...command: string[]) => {
    const ref = images.find((image) => image.name === name)?.ref ?? "";
    runs += 1;
    const result = await ctr("run", "--rm", "--read-only", `docker.io/${ref}`, `test-${runs}`, ...command);
    return result.all;
  };

  beforeAll(async () => {
    images = await ensureImages(
      ["postgres", "redis", "s3", "orthanc", "probe", "edge", "coredns"],
      console.log,
    );
    folder = await mkdtemp(join(tmpdir(), "portolan-images-"));
    const config = `version = 2
root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${folder}/containerd.sock"
`;
    await writeFile(join(folder, "config.toml"), config);
    const containerd = execa("containerd", ["--config", join(folder, "config.toml")], { reject: false });
    stopContainerd = async () => {
      containerd.kill("SIGTERM");
      await containerd;
    };
    await pRetry(() => ctr("version"), { retries: 50, minTimeout: 200, factor: 1 });
    for (const image of images) await ctr("images", "import", image.archive);
  });

  afterAll(async () => {
    await stopContainerd();
    await rm(folder, { recursive: true, force: true });
  });

  it("are known to containerd by the name kubelet asks for and the digest of the record", async () => {
    const listed = (await ctr("images", "ls")).all;
    for (const { ref, digest } of images) {
      expect(listed).toMatch(new RegExp(`docker\\.io/${ref} +\\S+ +${digest}`));
    }
  });

  it.each([
    ["postgres", ["postgres", "--version"], "postgres (PostgreSQL) 15."],
    ["postgres", ["psql", "--version"], "psql (PostgreSQL) 15."],
    ["redis", ["redis-server", "--version"], "Redis server v=7."],
    ["s3", ["versitygw", "--version"], "1.8.0"],
    ["orthanc", ["Orthanc", "--version"], "Orthanc 1.10.1"],
    ["orthanc", ["ls", "/usr/share/orthanc/plugins"], "libOrthancPostgreSQLIndex.so"],
    ["probe", ["node", "--version"], "v24."],
    ["edge", ["nginx", "-v"], "nginx/1.22"],
    ["edge", ["ls", "/usr/lib/nginx/modules", "/app"], "ngx_stream_module.so"],
    ["edge", ["ls", "/app"], "certificates.mjs"],
    ["coredns", ["/coredns", "-version"], "CoreDNS-1.13.1"],
  ] as const)("%s runs %j", async (name, command, expected) => {
    expect(await run(name, ...command)).toContain(expected);
  });

  it.each([
    ["postgres", "uid=999(postgres) gid=999(postgres)"],
    ["redis", "uid=999(redis) gid=999(redis)"],
    ["orthanc", "uid=10001(orthanc) gid=10001(orthanc)"],
    ["edge", "uid=10001(edge) gid=10001(edge)"],
  ] as const)("%s runs as %s", async (name, expected) => {
    expect(await run(name, "id")).toContain(expected);
  });

  it("make a database without the just-in-time compiler's library", async () => {
    const script =
      "initdb -D /dev/shm/data --locale=C.UTF-8 >/dev/null && echo 'select sum(i) from generate_series(1,1000000) i' | postgres --single -D /dev/shm/data postgres";
    expect(await run("postgres", "bash", "-c", script)).toContain('sum = "500000500000"');
  });

  it("are taken from the cache the second time", async () => {
    const lines: string[] = [];
    const again = await ensureImages(
      images.map((image) => image.name),
      (line) => lines.push(line),
    );
    expect(lines).toEqual([]);
    expect(again.map((image) => image.digest)).toEqual(images.map((image) => image.digest));
  });
});
