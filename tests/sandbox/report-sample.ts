import type { Report, Topology, TopologyEdge, TopologyNode } from "../../ops/report/model.ts";

function tenant(slug: string): { nodes: TopologyNode[]; edges: TopologyEdge[] } {
  const group = `orthanc-${slug}`;
  const node = (kind: TopologyNode["kind"], id: string, label: string, note: string): TopologyNode => ({
    id: `${slug}/${id}`,
    kind,
    label,
    note,
    group,
  });
  const edge = (from: string, to: string): TopologyEdge => ({ from: `${slug}/${from}`, to: `${slug}/${to}` });
  return {
    nodes: [
      node("route", "web", `orthanc-${slug}`, `https ${slug}.portolan.test`),
      node("route", "dicom", `orthanc-${slug}-dicom`, "tcp-11112"),
      node("service", "svc", `orthanc-${slug}`, "8042, 4242"),
      node("workload", "deploy", `orthanc-${slug}`, "Deployment 1/1"),
      node("claim", "pvc", `orthanc-${slug}-storage-with-a-long-name`, "10Gi local-shared"),
    ],
    edges: [
      { from: "edge", to: `${slug}/web` },
      { from: "edge", to: `${slug}/dicom` },
      edge("web", "svc"),
      edge("dicom", "svc"),
      edge("svc", "deploy"),
      edge("deploy", "pvc"),
      { from: `${slug}/deploy`, to: "pg" },
    ],
  };
}

function topology(): Topology {
  const [bhc, mhr] = [tenant("bhc"), tenant("mhr")];
  const platform = "portolan-local";
  return {
    nodes: [
      { id: "client", kind: "client", label: "clients", note: "browser, dcmtk", group: "" },
      { id: "edge", kind: "service", label: "edge", note: "10.99.0.1", group: "edge" },
      ...bhc.nodes,
      ...mhr.nodes,
      { id: "pg", kind: "service", label: "data-postgres", note: "5432", group: platform },
      { id: "sts", kind: "workload", label: "data-postgres", note: "StatefulSet 1/1", group: platform },
      { id: "vol", kind: "claim", label: "data-data-postgres-0", note: "1Gi local-path", group: platform },
    ],
    edges: [
      { from: "client", to: "edge" },
      ...bhc.edges,
      ...mhr.edges,
      { from: "pg", to: "sts" },
      { from: "sts", to: "vol" },
    ],
  };
}

/** A report of an invented drill, with everything that is awkward to show: long words, markup, colours, a failure. */
export const sample: Report = {
  schema: 1,
  app: "orthanc",
  full: true,
  ok: false,
  startedAt: "2026-11-21T06:25:56.000Z",
  ms: 231_480,
  target: { context: "portolan-sandbox", what: "sandbox cluster on this machine", simulatedPods: false },
  versions: { pulumi: "3.259.0", kubernetes: "v1.36.3", helm: "v4.0.1", node: "v24.21.0" },
  steps: [
    { name: "Machine", status: "passed", ms: 84, detail: "2 cores, 23.5 GiB, Debian 12", checks: [] },
    { name: "Cluster", status: "passed", ms: 11_200, detail: "ready", checks: [] },
    { name: "pulumi up", status: "passed", ms: 42_000, detail: "31 created", checks: [] },
    {
      name: "Smoke",
      status: "failed",
      ms: 9_300,
      detail: "1 of 3 checks failed",
      checks: [
        { name: "bhc answers over HTTPS with a verified certificate", ok: true, ms: 31, detail: "CN=bhc" },
        {
          name: "a client with the wrong CA is refused",
          ok: true,
          ms: 12,
          detail: "self-signed certificate",
        },
        {
          name: "pixel data read back <b>equal</b>",
          ok: false,
          ms: 812,
          detail: `sha256 ${"a1b2c3d4".repeat(16)} expected`,
        },
      ],
      lookInto: ["KUBECONFIG=~/.cache/portolan/clusters/portolan/kubeconfig kubectl -n orthanc-bhc get pods"],
    },
    { name: "Destroy", status: "skipped", ms: 0, detail: "kept for inspection", checks: [] },
  ],
  tenants: ["bhc", "mhr"].map((slug) => ({
    slug,
    url: `https://${slug}.portolan.test`,
    namespace: `orthanc-${slug}`,
    release: `orthanc-${slug}`,
    revision: "2",
    chart: "orthanc 0.1.0 (1.10.1)",
    database: `orthanc_${slug} on data-postgres.portolan-local.svc`,
  })),
  cluster: {
    topology: topology(),
    pods: [
      {
        namespace: "orthanc-bhc",
        name: "orthanc-bhc-5f6b7c8d9-x2x4z",
        uid: "u1",
        phase: "Running",
        ready: "1/1",
        restarts: 0,
        images: ["sandbox/orthanc:1.10.1"],
      },
    ],
    jobs: [{ namespace: "portolan-local", name: "account-bhc-7c9", status: "Complete 1/1" }],
    events: [
      {
        at: "2026-11-21T06:26:40Z",
        namespace: "orthanc-bhc",
        type: "Warning",
        reason: "Unhealthy",
        object: "Pod/orthanc-bhc-5f6b7c8d9-x2x4z",
        message: "Readiness probe failed: <nil> & so on",
      },
    ],
    describes: [{ title: "pod orthanc-bhc", text: "Name: orthanc-bhc\nStatus: Running" }],
    logs: [
      {
        title: "orthanc-bhc/orthanc",
        text: `\u001b[31mW\u001b[0m ${"long".repeat(120)}\n</pre><script>alert(1)</script>`,
      },
    ],
    images: [
      { ref: "sandbox/orthanc:1.10.1", digest: `sha256:${"0123456789abcdef".repeat(4)}`, bytes: 110_000_000 },
    ],
  },
  receipt: {
    before: 214,
    after: 215,
    left: ["PersistentVolume pvc-123"],
    missing: [],
    retained: ["the key waits <seven> days for its deletion", "a log group, until you delete it"],
    kept: ["Key k-1 (pending deletion) until 2026-11-28"],
  },
};
