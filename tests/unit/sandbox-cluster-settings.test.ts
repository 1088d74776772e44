import { describe, expect, it } from "vitest";
import {
  cniConfig,
  containerdConfig,
  corefile,
  kubeletConfig,
  kubeProxyConfig,
  normalizeRef,
} from "../../sandbox/cluster/configs.ts";
import { apiserverArgs, OWN_NAMESPACE } from "../../sandbox/cluster/controlPlane.ts";
import { simulatedStages } from "../../sandbox/cluster/stages.ts";
import { storageManifests } from "../../sandbox/cluster/storage.ts";

describe("settings", () => {
  it.each([
    ["postgres", "docker.io/library/postgres:latest"],
    ["sandbox/pause:3", "docker.io/sandbox/pause:3"],
    ["registry.test/a/b:1", "registry.test/a/b:1"],
    ["localhost/a", "localhost/a:latest"],
  ])("stores the image reference %s as kubelet asks for it", (ref, expected) => {
    expect(normalizeRef(ref)).toBe(expected);
  });

  it("never evicts for a disk filled by something else, and never collects images", () => {
    const kubelet = JSON.parse(
      kubeletConfig({ pki: "/pki", cgroup: "portolan-unit", volumePlugins: "/plugins" }),
    );
    expect(kubelet).toMatchObject({
      imageGCHighThresholdPercent: 100,
      cgroupRoot: "/portolan-unit",
      failCgroupV1: false,
    });
    for (const threshold of Object.values(kubelet.evictionHard)) expect(threshold).toBe("64Mi");
  });

  it("lets kube-proxy follow a rollout within 100 ms", () => {
    expect(JSON.parse(kubeProxyConfig("/k"))).toMatchObject({
      mode: "nftables",
      nftables: { minSyncPeriod: "100ms" },
    });
  });

  it("forwards no name to the outside", () => {
    expect(corefile("/k", "/names")).not.toContain("forward");
  });

  it("sends every packet between pods through the forward hook, unmasked", () => {
    const cni = JSON.parse(cniConfig({ network: "portolan-unit", dataFolder: "/data" }));
    expect(cni.plugins[0]).toMatchObject({ type: "ptp", ipMasq: false });
  });

  it("leaves Kubernetes out of the containerd that only cleans the store", () => {
    const args = { root: "/root", cniConfigFolder: "/c", cniPluginFolder: "/p" };
    const disabled = (cri: boolean) =>
      /^disabled_plugins = .*$/m.exec(containerdConfig({ ...args, cri }))?.[0];
    expect(disabled(false)).toContain("io.containerd.grpc.v1.cri");
    expect(disabled(true)).not.toContain("io.containerd.grpc.v1.cri");
  });

  it("keeps the API server's default admission", () => {
    const args = apiserverArgs(OWN_NAMESPACE, { pki: "/pki", kubeconfigs: "/k", data: "/d" });
    expect(args.filter((arg) => arg.includes("admission"))).toEqual([
      "--enable-admission-plugins=NodeRestriction",
    ]);
    expect(args).toContain("--kubelet-preferred-address-types=InternalIP");
  });

  it("has one default StorageClass, and both really delete", () => {
    const classes = storageManifests().filter((each) => each.kind === "StorageClass");
    expect(classes).toMatchObject([
      {
        metadata: {
          name: "local-path",
          annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
        },
      },
      {
        metadata: {
          name: "local-shared",
          annotations: { "storageclass.kubernetes.io/is-default-class": "false" },
        },
      },
    ]);
    for (const each of classes) expect(each).toMatchObject({ reclaimPolicy: "Delete" });
  });

  it("lets simulated pods run, succeed where they are not restarted, and go", () => {
    const stages = simulatedStages()
      .split("\n---\n")
      .map((each) => JSON.parse(each));
    expect(stages.map((each) => each.metadata.name)).toEqual([
      "node-ready",
      "pod-run",
      "pod-succeed",
      "pod-delete",
    ]);
  });
});
