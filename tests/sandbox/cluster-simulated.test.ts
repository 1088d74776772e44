import { chownSync, linkSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { run, tryRun } from "../../sandbox/cluster/run.ts";
import { programsFor, SIMULATED_TOOLS } from "../../sandbox/cluster/tools.ts";
import { binDir, crdsDir } from "../../sandbox/paths.ts";
import { ensureCrds } from "../../sandbox/toolchain/index.ts";
import { claim } from "./cluster-pods.ts";

const NOBODY = 65534;
const asRoot = process.getuid?.() === 0;

describe.skipIf(!asRoot)("without root", () => {
  // Beside the programs, as hard links do not reach another disk; open to everybody, unlike a home folder.
  const cache = mkdtempSync(join(tmpdir(), "portolan-nobody-"));
  // Seen through a folder that everybody may enter: the checkout may lie in one that only root may.
  const project = join(cache, "project");
  const inProject = ["sh", "-c", 'mount --bind "$1" "$2" && cd "$2" && shift 2 && exec "$@"', "sh"];
  const node = process.execPath.replace(process.cwd(), project);
  const asNobody = (...command: string[]) => [
    ...["unshare", "--mount", "--propagation=private", ...inProject, process.cwd(), project],
    ...["setpriv", `--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"],
    ...["env", `HOME=${cache}`, `XDG_CACHE_HOME=${cache}`, ...command],
  ];
  const cluster = (...args: string[]) =>
    tryRun(asNobody(node, "sandbox/cluster/main.ts", ...args), { timeoutMs: 200_000 });
  const kubectl = async (...args: string[]) => {
    const done = await cluster("exec", "--name", "csim", "--", "kubectl", ...args);
    if (done.code !== 0) throw new Error(done.stderr);
    return done.stdout;
  };

  beforeAll(async () => {
    await programsFor(SIMULATED_TOOLS, () => {});
    const bin = binDir({ XDG_CACHE_HOME: cache });
    mkdirSync(bin, { recursive: true });
    for (const tool of SIMULATED_TOOLS) {
      for (const file of [tool, `${tool}.json`]) await copyOrLink(join(binDir(), file), join(bin, file));
    }
    await ensureCrds();
    await run(["cp", "-a", crdsDir(), crdsDir({ XDG_CACHE_HOME: cache })]);
    mkdirSync(project);
    for (const folder of [bin, dirname(bin), cache]) chownSync(folder, NOBODY, NOBODY);
  });

  afterAll(async () => {
    await cluster("stop", "--name", "csim");
    rmSync(cache, { recursive: true, force: true });
  });

  it("says that pods are simulated, and starts", async () => {
    const started = await cluster("start", "--name", "csim");
    expect(started.stderr).toContain(
      "pods are simulated by kwok; no container runs, smoke checks are skipped",
    );
    expect(started.code).toBe(0);
    const status = JSON.parse((await cluster("status", "--name", "csim")).stdout);
    expect(status).toMatchObject({ state: "ready", handle: { simulated: true, netns: null } });
  });

  it("lets workloads become ready, jobs complete and claims be bound", async () => {
    const container = { name: "c", image: "sandbox/none:1" };
    const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "disk" } }];
    const labels = { app: "web" };
    const web = { replicas: 2, selector: { matchLabels: labels } };
    const objects = [
      claim("disk", undefined, "ReadWriteOnce"),
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
        spec: { ...web, template: { metadata: { labels }, spec: { containers: [container], volumes } } },
      },
      {
        apiVersion: "batch/v1",
        kind: "Job",
        metadata: { name: "once" },
        spec: { template: { spec: { restartPolicy: "Never", containers: [container] } } },
      },
    ];
    const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
    const apply = asNobody(node, "sandbox/cluster/main.ts", "exec", "--name", "csim", "--", "kubectl");
    await run([...apply, "apply", "-f", "-"], { input: list });
    await kubectl("rollout", "status", "deployment/web", "--timeout=60s");
    await kubectl("wait", "--for=condition=Complete", "--timeout=60s", "job/once");
    expect(await kubectl("get", "pvc", "disk", "-o", "jsonpath={.status.phase}")).toBe("Bound");
    await kubectl("delete", "deployment/web", "pvc/disk", "job/once", "--timeout=60s");
  });

  it("knows the kinds of routes and certificates", async () => {
    const kinds = await kubectl("get", "crd", "-o", "name");
    expect(kinds).toContain("certificates.cert-manager.io");
    expect(kinds).toContain("ingressroutetcps.traefik.io");
  });

  it("leaves nothing", async () => {
    expect((await cluster("leftovers", "--name", "csim")).code).toBe(1);
    expect((await cluster("stop", "--name", "csim")).code).toBe(0);
    expect(await cluster("leftovers", "--name", "csim")).toMatchObject({ code: 0, stdout: "" });
  });
});

async function copyOrLink(from: string, to: string): Promise<void> {
  try {
    linkSync(from, to);
  } catch {
    await run(["cp", "-a", from, to]);
  }
}
