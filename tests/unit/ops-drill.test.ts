import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { median, renderTable, slope } from "../../ops/bench/table.ts";
import { count } from "../../ops/count.ts";
import { describeFacts } from "../../ops/doctor/index.ts";
import { destroy } from "../../ops/drill/basics.ts";
import { keptLines } from "../../ops/drill/cloud.ts";
import { redactor, scan } from "../../ops/drill/secretScan.ts";
import { newState } from "../../ops/drill/state.ts";
import { startStorm } from "../../ops/drill/storm.ts";
import type { Inside } from "../../ops/inside.ts";
import { readOutputs } from "../../ops/outputs.ts";
import { deadLocks } from "../../ops/pulumi/locks.ts";
import { changeConfig, openWorkspace, restoreConfig } from "../../ops/pulumi/workspace.ts";
import { readRehearsal } from "../../ops/rehearsal.ts";
import { renderSummary } from "../../ops/report/summary.ts";
import { readSettings } from "../../ops/settings.ts";
import { associateRequest } from "../../ops/smoke/association.ts";
import { failedChecks, runSteps } from "../../ops/steps.ts";
import { sample } from "../sandbox/report-sample.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portolan-ops-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe("constant requests", () => {
  it("counts every failure with its reason", async () => {
    let turn = 0;
    const storm = startStorm(async () => {
      turn += 1;
      if (turn % 3 === 0) throw new Error("HTTP 503");
    }, 200);
    await pause(250);
    const result = await storm.stop();
    expect(result.failed).toBe(Math.floor(result.sent / 3));
    expect(result.reasons).toEqual([`${result.failed} × HTTP 503`]);
  });

  it("sends no more than the rate, and waits for those in flight", async () => {
    let done = 0;
    const storm = startStorm(async () => {
      await pause(30);
      done += 1;
    }, 100);
    await pause(300);
    const result = await storm.stop();
    expect(result.rate).toBeLessThanOrEqual(101);
    expect(done).toBe(result.sent);
  });

  it("counts a service that hangs as failing", async () => {
    const release: (() => void)[] = [];
    const storm = startStorm(() => new Promise((resolve) => release.push(resolve)), 2000);
    await pause(200);
    const ending = storm.stop();
    for (const one of release) one();
    expect((await ending).failed).toBeGreaterThan(0);
  });
});

describe("the stack's folder", () => {
  const project = () => {
    const root = join(folder, "project");
    mkdirSync(root);
    writeFileSync(join(root, "Pulumi.yaml"), "name: portolan\nruntime: nodejs\n");
    const text =
      "# A comment.\nconfig:\n  portolan:edge:\n    domain: a.test\n    kind: traefik\n  portolan:app:\n    name: x\n";
    writeFileSync(join(root, "Pulumi.local.yaml"), text);
    return root;
  };
  const settings = {
    context: "portolan-sandbox",
    source: "local",
    app: { name: "probe", version: "1" },
    edge: { issuer: "sandbox-ca" },
    storage: { shared: "local-shared" },
    images: { postgres: "sandbox/postgres:15" },
  };

  it("adds the sandbox's settings to a copy of the stack file and leaves the file itself alone", () => {
    const root = project();
    const before = readFileSync(join(root, "Pulumi.local.yaml"), "utf8");
    const workspace = openWorkspace(join(folder, "work"), root, settings);
    const { config } = parse(readFileSync(workspace.configFile, "utf8"));
    expect(config).toMatchObject({
      "portolan:platform": {
        kind: "local",
        context: "portolan-sandbox",
        storage: { shared: "local-shared" },
      },
      "portolan:app": { name: "probe", version: "1" },
      "portolan:edge": { kind: "traefik", domain: "a.test", issuer: "sandbox-ca" },
      "portolan:images": { postgres: "sandbox/postgres:15" },
    });
    expect(readFileSync(join(root, "Pulumi.local.yaml"), "utf8")).toBe(before);
  });

  it("has the file of write-once keys beside the state, and none where the stack file's cloud keeps them", () => {
    const root = project();
    const secretsOf = (context: string | undefined) => {
      const workspace = openWorkspace(join(folder, "work"), root, { ...settings, context });
      return parse(readFileSync(workspace.configFile, "utf8")).config["portolan:secrets"];
    };
    expect(secretsOf("portolan-sandbox")).toEqual({
      kind: "generated",
      escrow: join(folder, "work", "escrow.age"),
    });
    // Also where an earlier opening had named it.
    expect(secretsOf(undefined)).toEqual({ kind: "generated" });
  });

  it("keeps passphrase and config when opened again", () => {
    const root = project();
    const first = openWorkspace(join(folder, "work"), root, settings);
    changeConfig(first, [{ key: "portolan:tenants", path: ["acme"], value: { hosts: ["acme.a.test"] } }]);
    const secret = readFileSync(join(folder, "work", "passphrase"), "utf8");
    const again = openWorkspace(join(folder, "work"), root, settings);
    expect(readFileSync(join(folder, "work", "passphrase"), "utf8")).toBe(secret);
    expect(parse(readFileSync(again.configFile, "utf8")).config["portolan:tenants"]).toHaveProperty("acme");
  });

  it("puts a change back exactly", () => {
    const workspace = openWorkspace(join(folder, "work"), project(), settings);
    const text = changeConfig(workspace, [{ key: "portolan:app", path: ["values", "a"], value: 1 }]);
    expect(readFileSync(workspace.configFile, "utf8")).not.toBe(text);
    restoreConfig(workspace, text);
    expect(readFileSync(workspace.configFile, "utf8")).toBe(text);
  });

  it("takes only locks of dead processes of this machine for dead", () => {
    const locks = join(folder, ".pulumi", "locks", "organization", "portolan", "local");
    mkdirSync(locks, { recursive: true });
    const lock = (name: string, pid: number, host: string) =>
      writeFileSync(join(locks, name), JSON.stringify({ pid, username: "u", hostname: host, timestamp: "" }));
    lock("dead.json", 999_999, hostname());
    lock("alive.json", process.pid, hostname());
    lock("elsewhere.json", 999_999, "another-machine");
    expect(deadLocks(folder)).toEqual([join(locks, "dead.json")]);
  });
});

describe("what is read", () => {
  it("names a wrong setting, its value and what is allowed", () => {
    expect(() => readSettings({ APP: "wordpress" })).toThrow(/APP=wordpress: .*"orthanc"\|"probe"/);
    expect(readSettings({ FULL: "1", KEEP: "0" })).toMatchObject({ APP: "orthanc", FULL: true, KEEP: false });
  });

  it("is what stays of a stack when it is destroyed; one of an earlier version tells nothing", () => {
    const edge = { namespace: "edge", address: null, domain: "a.test" };
    const told = (more: object) =>
      readOutputs(
        JSON.stringify({ platform: { stack: "local", namespace: "n", edge, ...more }, tenants: {} }),
      ).platform.retained;
    expect(told({ retained: ["the key waits"] })).toEqual(["the key waits"]);
    expect(told({})).toEqual([]);
  });

  it("says what to do about a stack that is not up", () => {
    expect(() => readOutputs("{}")).toThrow("run `make up` first");
  });
});

describe("steps", () => {
  it("run in order until one fails, and after that only those that always do", async () => {
    const seen: string[] = [];
    const step = (name: string, more: object = {}) => ({
      name,
      run: async () => {
        seen.push(name);
        return { detail: "" };
      },
      ...more,
    });
    const bad = { name: "bad", run: () => Promise.reject(new Error("no")), hints: () => ["look here"] };
    const results: string[] = [];
    const ok = await runSteps([step("one"), bad, step("two"), step("last", { always: true })], (result) =>
      results.push(`${result.status} ${result.name}`),
    );
    expect(ok).toBe(false);
    expect(seen).toEqual(["one", "last"]);
    expect(results).toEqual(["passed one", "failed bad", "skipped two", "passed last"]);
  });

  it("fail when one of their checks does", () => {
    const check = { name: "it is so", ok: false, ms: 1, detail: "it is not" };
    expect(failedChecks([check])).toBe("1 of 1 checks failed; it is so: it is not");
    expect(failedChecks([{ ...check, ok: true }])).toBeUndefined();
  });
});

describe("the summary", () => {
  const where = {
    evidence: "evidence/x",
    kept: { removedBy: "make sandbox-stop SANDBOX=b" },
    work: "work",
    interrupted: true,
  };

  it("fits a screen, names what failed and how to look into it", () => {
    const text = renderSummary(sample, where);
    expect(text.split("\n").length).toBeLessThan(35);
    expect(text).toContain("not so: pixel data read back");
    expect(text).toContain("look: KUBECONFIG=");
    expect(text).toContain("`make sandbox-stop SANDBOX=b` removes it");
    expect(text).toContain("stopped by Ctrl-C");
  });

  it("tells whole what stays, and does not say that nothing does", () => {
    const well = { ...sample, ok: true, steps: sample.steps.filter(({ status }) => status === "passed") };
    const text = renderSummary(well, where);
    expect(text).toContain(
      "    - the key waits <seven> days for its deletion\n    - a log group, until you delete it\n",
    );
    expect(text).toContain("    - Key k-1 (pending deletion) until 2026-11-28\n");
    expect(text).toContain("nothing was left behind but what is listed above.");
    const { receipt } = sample;
    const nothing = renderSummary(
      { ...well, receipt: receipt && { ...receipt, retained: [], kept: [] } },
      where,
    );
    expect(nothing).toContain("nothing was left behind.");
    expect(nothing).not.toMatch(/own outputs|still keeps/);
  });
});

describe("a destroy", () => {
  it("is told beforehand what will stay, of the stack as it is then", async () => {
    const world = { destroyed: join(folder, "destroyed"), bin: join(folder, "bin") };
    mkdirSync(world.bin);
    writeFileSync(join(world.bin, "pulumi"), `#!/bin/sh\necho "$1" > ${world.destroyed}\n`, { mode: 0o755 });
    const context = {
      project: folder,
      folder,
      stack: "s",
      configFile: "c",
      env: { PATH: world.bin },
      logs: folder,
      events: folder,
    };
    const outputs = async () => ({
      platform: { retained: existsSync(world.destroyed) ? [] : ["the key waits"] },
    });
    const state = newState({ context, outputs } as unknown as Inside, []);
    await destroy(state);
    expect(readFileSync(world.destroyed, "utf8")).toBe("destroy\n");
    expect(state.retained).toEqual(["the key waits"]);
  });

  it("leaves in a simulated cloud what is not gone yet, each with its end", () => {
    const key = { type: "aws:kms/key:Key", id: "k-1", urn: "u", why: "pending deletion" };
    expect(keptLines([{ ...key, until: new Date("2026-11-28T10:00:00Z") }, key])).toEqual([
      "Key k-1 (pending deletion) until 2026-11-28",
      "Key k-1 (pending deletion) until somebody removes it",
    ]);
  });
});

describe("secrets in the drill", () => {
  const needles = [{ name: "n/s/k", value: "correct-horse-battery" }];

  it("are blotted out of evidence in every form", () => {
    const encoded = Buffer.from("correct-horse-battery").toString("base64");
    expect(redactor(needles)(`a correct-horse-battery b ${encoded}`)).not.toMatch(/horse|Y29ycmVjdC1ob3JzZ/);
  });

  it("make the scan fail by name and place, and a scan without any is no proof", () => {
    expect(() => scan(needles, [{ name: "state", text: "correct-horse-battery" }])).toThrow("n/s/k in state");
    expect(scan(needles, [{ name: "state", text: "nothing" }])).toContain("none in clear");
    expect(() => scan([], [])).toThrow("prove nothing");
  });
});

describe("counting for CI", () => {
  const suite = (passed: number, failed: number, success: boolean) => ({
    numPassedTests: passed,
    numFailedTests: failed,
    success,
  });

  it("adds tests, steps and checks", () => {
    expect(count([suite(10, 0, true), sample], [0, 1])).toEqual({ passed: 15, failed: 1 });
  });

  it("never says that nothing failed when something did", () => {
    expect(count([suite(10, 0, false)], [0])).toEqual({ passed: 10, failed: 1 });
    expect(count([suite(10, 0, true)], [0, 2])).toEqual({ passed: 10, failed: 1 });
  });
});

describe("the bench's arithmetic", () => {
  it("finds what one more costs", () => {
    expect(
      slope([
        [2, 10],
        [10, 50],
        [20, 100],
      ]),
    ).toBeCloseTo(5);
    expect(median([3, 1, 2])).toBe(2);
  });

  it("says of each figure whether it held", () => {
    const table = renderTable([
      { name: "a", value: 1.4, unit: "×", limit: 1.5 },
      { name: "b", value: 30, unit: "ms", limit: 20 },
    ]);
    expect(table).toMatch(/a +\| 1\.40 × +\| ≤ 1\.50 × \| yes/);
    expect(table).toMatch(/b +\| 30 ms +\| ≤ 20 ms +\| NO/);
  });
});

describe("doctor", () => {
  it("puts the remedy below what it mends, and counts what keeps a drill from running", () => {
    const text = describeFacts([
      { subject: "memory", has: "1 GiB", state: "bad", remedy: "use a larger machine" },
      { subject: "user", has: "root", state: "good" },
    ]);
    expect(text).toContain("→ use a larger machine");
    expect(text).toContain("1 to mend");
  });
});

describe("an association", () => {
  it("is asked for as PS3.8 says", () => {
    const pdu = associateRequest("BHC");
    expect(pdu[0]).toBe(1);
    expect(pdu.readUInt32BE(2)).toBe(pdu.length - 6);
    expect(pdu.subarray(10, 26).toString()).toBe("BHC".padEnd(16));
  });
});

describe("a rehearsal", () => {
  const root = join(import.meta.dirname, "..", "..");

  it("is of a stack file whose platform a cloud builds", () => {
    expect(readRehearsal(root, "us-prod")).toMatchObject({
      cloud: "aws",
      lifecycle: "production",
      app: "orthanc",
    });
  });

  it.each([
    ["us-prd", /the name of a stack file.*us-prod/],
    ["local", /its platform is of kind local/],
    ["us-cell-1", /it is a cell.*make conformance/],
    [undefined, /make rehearse STACK=drill-aws/],
  ])("of %s is refused, with those that can be", (stack, message) => {
    expect(() => readRehearsal(root, stack)).toThrow(message);
  });
});
