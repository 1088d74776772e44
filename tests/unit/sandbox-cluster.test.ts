import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useCluster } from "../../sandbox/cluster/existing.ts";
import {
  type ClusterHandle,
  clusterPaths,
  insidePrefix,
  readHandle,
  removeHandle,
  writeHandle,
} from "../../sandbox/cluster/handle.ts";
import { withLock } from "../../sandbox/cluster/lock.ts";
import { checkMachine, describeProblem, type Machine } from "../../sandbox/cluster/machine.ts";
import { certificateSpecs, ensureCertificates } from "../../sandbox/cluster/pki.ts";
import { isAlive, startTimeOf } from "../../sandbox/cluster/processes.ts";

let folder = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portolan-cluster-"));
  vi.stubEnv("XDG_CACHE_HOME", folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

const handle: ClusterHandle = {
  name: "unit",
  kubeconfig: "/somewhere/admin",
  context: "portolan-sandbox",
  netns: "/run/netns/portolan-unit",
  nodeAddress: "10.98.0.2",
  simulated: false,
  startedAt: "2026-01-01T00:00:00.000Z",
  pids: [{ role: "etcd", pid: 12, startTime: "34" }],
  state: "ready",
  external: false,
};

describe("handle", () => {
  it("comes back as it was written, readable by its owner only", () => {
    writeHandle(handle);
    expect(readHandle("unit")).toEqual(handle);
    expect(statSync(clusterPaths("unit").handle).mode & 0o077).toBe(0);
    removeHandle("unit");
    expect(readHandle("unit")).toBeUndefined();
  });

  it("is none where a write was cut short", () => {
    writeHandle(handle);
    writeFileSync(clusterPaths("unit").handle, '{"name": "un');
    expect(readHandle("unit")).toBeUndefined();
  });

  it("goes inside by entering the network namespace only, and not at all where there is none", () => {
    expect(insidePrefix(handle)).toEqual(["nsenter", "--net=/run/netns/portolan-unit"]);
    expect(insidePrefix({ netns: null })).toEqual([]);
  });

  it.each(["", "A", "9a", "a/b", "..", "a".repeat(21)])("refuses the name %j", (name) => {
    expect(() => clusterPaths(name)).toThrow(
      `cluster name "${name}": allowed are 1 to 20 of a-z, 0-9 and "-", starting with a letter; choose such a name`,
    );
  });
});

describe("processes", () => {
  it("are told apart from a later one with the same pid", () => {
    const startTime = startTimeOf(process.pid) ?? "";
    expect(isAlive({ role: "me", pid: process.pid, startTime })).toBe(true);
    expect(isAlive({ role: "me", pid: process.pid, startTime: `${Number(startTime) - 1}` })).toBe(false);
  });
});

describe("lock", () => {
  it("keeps a second starter out until the first is done", async () => {
    const order: string[] = [];
    const work = (name: string) => async () => {
      order.push(`${name} in`);
      await new Promise((resolve) => setTimeout(resolve, 50));
      order.push(`${name} out`);
    };
    await Promise.all([withLock("unit", 5000, work("a")), withLock("unit", 5000, work("b"))]);
    expect(order).toHaveLength(4);
    expect(order[1]).toBe(order[0]?.replace("in", "out"));
  });

  it("is taken over from a process that is gone", async () => {
    await withLock("unit", 0, async () => {});
    writeFileSync(clusterPaths("unit").lock, "999999999 1");
    await expect(withLock("unit", 0, async () => "mine")).resolves.toBe("mine");
  });

  it("names the process that holds it", async () => {
    await withLock("unit", 0, async () => {
      const second = withLock("unit", 0, async () => {});
      await expect(second).rejects.toThrow(`is being started or stopped by process ${process.pid}`);
    });
  });
});

describe("machine", () => {
  const fit: Machine = {
    memoryAvailable: 8 * 1024 ** 3,
    diskAvailable: 50 * 1024 ** 3,
    root: true,
    platform: "linux",
    missingPrograms: [],
    cgroups: true,
  };

  it("has no problem where there is enough of all", () => {
    expect(checkMachine(fit)).toEqual([]);
  });

  it("names every problem at once, each with what is needed, what is there and the remedy", () => {
    const poor = {
      ...fit,
      memoryAvailable: 1024 ** 3,
      diskAvailable: 1024 ** 3,
      missingPrograms: ["runc", "ptp"],
    };
    const lines = checkMachine(poor).map(describeProblem);
    expect(lines).toHaveLength(3);
    expect(lines[0]).toBe(
      "memory: needs 2.5 GiB available, has 1.0 GiB; end other programs, or use a larger machine",
    );
    expect(lines[1]).toMatch(
      /^disk at .*: needs 4.0 GiB free, has 1.0 GiB; make room, or set XDG_CACHE_HOME/,
    );
    expect(lines[2]).toMatch(/has no runc, ptp; apt-get install runc containernetworking-plugins$/);
  });

  it("asks for no node software without root, as pods are simulated then", () => {
    expect(checkMachine({ ...fit, root: false, missingPrograms: ["containerd"] })).toEqual([]);
  });
});

describe("certificates", () => {
  const specs = certificateSpecs({ node: "10.98.0.2", service: "10.96.0.1", nodeName: "sandbox" });
  const read = (file: string) => new X509Certificate(readFileSync(join(folder, "pki", file)));

  it("are signed by the cluster's authority, and the API server's names include its Service", async () => {
    await ensureCertificates(join(folder, "pki"), specs);
    const apiserver = read("apiserver.crt");
    expect(apiserver.verify(read("ca.crt").publicKey)).toBe(true);
    expect(apiserver.checkIP("10.96.0.1")).toBe("10.96.0.1");
    expect(apiserver.checkHost("kubernetes.default.svc")).toBe("kubernetes.default.svc");
    expect(read("kubelet.crt").subject).toBe("O=system:nodes\nCN=system:node:sandbox");
    expect(read("front-proxy-client.crt").verify(read("ca.crt").publicKey)).toBe(false);
    expect(statSync(join(folder, "pki", "ca.key")).mode & 0o077).toBe(0);
  });

  it("are kept for the next start, and made anew for other names", async () => {
    await ensureCertificates(join(folder, "pki"), specs);
    const first = read("apiserver.crt").fingerprint256;
    await ensureCertificates(join(folder, "pki"), specs);
    expect(read("apiserver.crt").fingerprint256).toBe(first);
    const others = certificateSpecs({ node: "10.98.0.3", service: "10.96.0.1", nodeName: "sandbox" });
    await ensureCertificates(join(folder, "pki"), others);
    expect(read("apiserver.crt").fingerprint256).not.toBe(first);
  });
});

describe("a cluster of the user's own", () => {
  const write = () => {
    const path = join(folder, "config");
    const cluster = { name: "c", cluster: { server: "https://127.0.0.1:6443" } };
    const contexts = ["kind-a", "kind-b"].map((name) => ({ name, context: { cluster: "c", user: "u" } }));
    const users = [{ name: "u", user: {} }];
    writeFileSync(
      path,
      JSON.stringify({ clusters: [cluster], contexts, users, "current-context": "kind-b" }),
    );
    return path;
  };

  it("is used as it is, by its current context unless one is named", () => {
    const kubeconfig = write();
    expect(useCluster({ kubeconfig })).toMatchObject({
      context: "kind-b",
      netns: null,
      simulated: false,
      external: true,
    });
    expect(useCluster({ kubeconfig, context: "kind-a" })).toMatchObject({
      context: "kind-a",
      nodeAddress: "127.0.0.1",
    });
  });

  it("is found in the first file of a list that has the context", () => {
    const kubeconfig = write();
    const list = `/nowhere:${kubeconfig}`;
    expect(useCluster({ kubeconfig: list, context: "kind-a" })).toMatchObject({ kubeconfig });
  });

  it("is refused for a context that is not there, with those that are", () => {
    const kubeconfig = write();
    expect(() => useCluster({ kubeconfig, context: "prod" })).toThrow(
      `context "prod" is not in ${kubeconfig}; it has kind-a, kind-b: name one of these`,
    );
    expect(() => useCluster({ kubeconfig: "/nowhere" })).toThrow(
      'kubeconfig "/nowhere": there is no such file',
    );
  });
});
