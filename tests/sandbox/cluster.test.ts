import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusterPaths } from "../../sandbox/cluster/handle.ts";
import {
  type ClusterHandle,
  clusterStatus,
  leftovers,
  removeCluster,
  startCluster,
  stopCluster,
} from "../../sandbox/cluster/index.ts";
import { until } from "../../sandbox/cluster/processes.ts";
import { apply, claim, kubectl, outputOf, pod, podSpec } from "./cluster-pods.ts";

const NAME = "ctest";
const asRoot = process.getuid?.() === 0;

/** What a cluster must not change on the host. Other clusters may come and go meanwhile. */
function hostState() {
  const setting = (key: string) => readFileSync(`/proc/sys/${key}`, "utf8").trim();
  const memory = "/sys/fs/cgroup/memory";
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return {
    settings: ["vm/overcommit_memory", "kernel/panic", "kernel/panic_on_oops", "net/ipv4/ip_forward"].map(
      setting,
    ),
    interfaces: readdirSync("/sys/class/net"),
    mounts: mounts.filter((line) => !line.includes(" /run/netns")),
    cgroups: readdirSync(existsSync(memory) ? memory : "/sys/fs/cgroup").filter((each) => !isAnothers(each)),
    folders: ["/var/log/containers", "/run/containerd", "/opt/containerd"].filter(existsSync),
  };
}

function isAnothers(cgroup: string): boolean {
  return cgroup.startsWith("portolan-") && cgroup !== `portolan-${NAME}`;
}

describe.skipIf(!asRoot)("a real cluster", () => {
  let before: ReturnType<typeof hostState>;
  let handle: ClusterHandle;

  beforeAll(async () => {
    await stopCluster(NAME);
    before = hostState();
    handle = await startCluster({ name: NAME });
  });

  afterAll(() => removeCluster(NAME));

  it("is found running by a second start, which starts nothing", async () => {
    const again = await startCluster({ name: NAME });
    expect(again).toEqual(handle);
    expect(await clusterStatus(NAME)).toMatchObject({ state: "ready", ended: [] });
  });

  it("serves pods through their Service's name, and refuses the outside at once", async () => {
    const server = 'require("http").createServer((_, r) => r.end("hello")).listen(8080)';
    const labels = { app: "web" };
    await apply(
      handle,
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web", namespace: "default" },
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec: podSpec({ name: "web", script: server, port: 8080 }) },
        },
      },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "web", namespace: "default" },
        spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
      },
    );
    await kubectl(handle, ["rollout", "status", "deployment/web", "--timeout=60s"]);
    const client = `
      const timed = async (url) => {
        const begun = Date.now();
        const text = await fetch(url).then((r) => r.text(), (e) => e.cause.code);
        return text + (Date.now() - begun < 1000 ? "" : " late");
      };
      (async () => {
        console.log(await timed("http://web.default.svc.cluster.local/"));
        console.log(await timed("http://web/"));
        console.log(await timed("http://192.0.2.1/"));
        console.log(await timed("http://outside.example/"));
      })();`;
    await apply(handle, pod({ name: "client", script: client }));
    const lines = (await outputOf(handle, "client")).split("\n");
    expect(lines).toEqual([
      "hello",
      "hello",
      "ECONNREFUSED",
      expect.stringMatching(/^E(NOTFOUND|AI_AGAIN)$/),
    ]);
  });

  it("binds a claim of the default class for the pod that uses it, and deletes its data with it", async () => {
    const write = 'require("fs").writeFileSync("/data/kept", "x")';
    await apply(
      handle,
      claim("disk", undefined, "ReadWriteOnce"),
      pod({ name: "writer", script: write, claim: "disk" }),
    );
    await outputOf(handle, "writer");
    const local = join(clusterPaths(NAME).volumes, "local");
    const [folder = "none"] = readdirSync(local);
    expect(readFileSync(join(local, folder, "kept"), "utf8")).toBe("x");
    await kubectl(handle, ["delete", "pod/writer", "pvc/disk"]);
    expect(await until(() => readdirSync(local).length === 0, 30_000, 200)).toBe(true);
    await kubectl(handle, ["wait", "--for=delete", "pv", "--all", "--timeout=30s"]);
  });

  it("lets two pods share a claim of the class local-shared", async () => {
    const share = (mine: string, other: string) => `
      const fs = require("fs");
      fs.writeFileSync("/data/${mine}", "");
      const look = setInterval(() => { if (fs.existsSync("/data/${other}")) clearInterval(look); }, 50);`;
    await apply(
      handle,
      claim("shared", "local-shared", "ReadWriteMany"),
      pod({ name: "left", script: share("left", "right"), claim: "shared" }),
      pod({ name: "right", script: share("right", "left"), claim: "shared" }),
    );
    await Promise.all([outputOf(handle, "left"), outputOf(handle, "right")]);
    await kubectl(handle, ["delete", "pod/left", "pod/right", "pvc/shared"]);
    const shared = join(clusterPaths(NAME).volumes, "shared");
    expect(await until(() => readdirSync(shared).length === 0, 30_000, 200)).toBe(true);
  });

  it("gives an HPA the metrics of its pods", async () => {
    await apply(handle, {
      apiVersion: "autoscaling/v2",
      kind: "HorizontalPodAutoscaler",
      metadata: { name: "web", namespace: "default" },
      spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" },
        minReplicas: 2,
        maxReplicas: 3,
        metrics: [
          {
            type: "Resource",
            resource: { name: "memory", target: { type: "Utilization", averageUtilization: 1000 } },
          },
        ],
      },
    });
    const active = "--for=condition=ScalingActive=True";
    await kubectl(handle, ["wait", active, "--timeout=90s", "hpa/web"]);
    expect(await kubectl(handle, ["top", "pods", "--no-headers"])).toMatch(/^web-/m);
  });

  it("refuses a privileged pod where the namespace asks for restricted", async () => {
    const labels = { "pod-security.kubernetes.io/enforce": "restricted" };
    await apply(handle, { apiVersion: "v1", kind: "Namespace", metadata: { name: "strict", labels } });
    const wish = pod({ name: "rude", script: "" });
    const rude = { ...wish, metadata: { ...wish.metadata, namespace: "strict" } };
    await expect(apply(handle, rude)).rejects.toThrow("violates PodSecurity");
  });

  it("is gone after stop with all it made, and the host is as it was", async () => {
    expect(leftovers(NAME).length).toBeGreaterThan(20);
    await stopCluster(NAME);
    expect(leftovers(NAME)).toEqual([]);
    expect(hostState()).toEqual(before);
    expect(await clusterStatus(NAME)).toEqual({ state: "none", ended: [] });
  });
});
