/** A chart of a repository, looked into with the real Helm: the repository is an HTTP server of the test's own. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureTools } from "../../sandbox/toolchain/index.ts";
import { checkRemoteChart } from "../../stacks/remoteChart.ts";
import { helm } from "./helm.ts";

const folder = mkdtempSync(join(tmpdir(), "portolan-repository-"));
const programs = join(folder, "bin");
const temp = join(folder, "tmp");
const asked: string[] = [];
const { PATH: path, TMPDIR: temporary } = process.env;
let server: Server;
let repository = "";

beforeAll(async () => {
  const source = join(folder, "bundled");
  mkdirSync(programs);
  mkdirSync(temp);
  symlinkSync((await ensureTools(["helm"])).helm, join(programs, "helm"));
  cpSync(join(import.meta.dirname, "..", "foreign", "bundled"), source, { recursive: true });
  for (const args of [
    ["package", source, "--destination", folder],
    ["repo", "index", folder],
  ]) {
    const answer = await helm("helm", args);
    expect(answer.code, answer.stderr).toBe(0);
  }
  server = createServer((request, response) => {
    const name = (request.url ?? "").slice(1);
    asked.push(name);
    if (!readdirSync(folder).includes(name)) return void response.writeHead(404).end();
    response.end(readFileSync(join(folder, name)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  repository = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  process.env.PATH = `${programs}:${path}`;
  process.env.HELM_CACHE_HOME = join(folder, "cache");
  process.env.TMPDIR = temp;
});

afterAll(() => {
  process.env.PATH = path;
  delete process.env.HELM_CACHE_HOME;
  if (temporary === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = temporary;
  server?.close();
  rmSync(folder, { recursive: true });
});

const chart = (version = "1.0.0") => ({ repository, name: "bundled", version });
const told = (values: Record<string, unknown>) => [{ key: "portolan:app.values", values }] as const;

describe("a chart of a repository, in production", () => {
  it("is refused for the database that it brings", async () => {
    const problems = await checkRemoteChart(chart(), "production", told({}));
    expect(problems).toMatchObject([{ key: "portolan:app.values", value: "postgresql" }]);
  });

  it("is accepted once that is switched off", async () => {
    const off = told({ postgresql: { enabled: false } });
    expect(await checkRemoteChart(chart(), "production", off)).toEqual([]);
  });

  it("is refused in a version that is not there, with Helm's own words", async () => {
    const [problem] = await checkRemoteChart(chart("9.9.9"), "production", told({}));
    expect(problem).toMatchObject({ key: "portolan:app.chart", value: `bundled 9.9.9 of ${repository}` });
    expect(problem?.remedy).toMatch(/Helm could not fetch it \(.*9\.9\.9.*\)/);
  });

  it("is refused where no Helm can look into it", async () => {
    const before = process.env.PATH;
    process.env.PATH = folder;
    try {
      const [problem] = await checkRemoteChart(chart(), "production", told({}));
      expect(problem?.remedy).toContain("no `helm` on the PATH");
    } finally {
      process.env.PATH = before;
    }
  });
});

it("leaves a disposable stack's chart alone: nothing is fetched", async () => {
  asked.length = 0;
  expect(await checkRemoteChart(chart(), "disposable", told({}))).toEqual([]);
  expect(asked).toEqual([]);
});

it("leaves nothing behind in the temporary folder", () => {
  expect(readdirSync(temp)).toEqual([]);
});
