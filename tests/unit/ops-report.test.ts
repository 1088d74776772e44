import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { runChecks } from "../../ops/checks.ts";
import { draw, type Scene } from "../../ops/report/draw.ts";
import { duration, middle, size, text } from "../../ops/report/html.ts";
import { compare } from "../../ops/report/inventory.ts";
import { type Topology, tally } from "../../ops/report/model.ts";
import { renderReport } from "../../ops/report/page.ts";
import { findSecrets, forms } from "../../ops/report/secrets.ts";
import { placeWide, ranks } from "../../ops/report/topology.ts";
import { sample } from "../sandbox/report-sample.ts";

describe("the receipt", () => {
  const before = ["Namespace.v1 /default u1", "Pod.v1 kube-system/coredns-5f6b7c8d9-x2x4z u2"];

  it("is empty when everything went", () => {
    expect(compare(before, before)).toMatchObject({ left: [], missing: [] });
  });

  it("lists what is left and what is missing", () => {
    const after = [before[0] ?? "", "PersistentVolume.v1 /pvc-1 u9"];
    const receipt = compare(before, after);
    expect(receipt.left).toEqual(["PersistentVolume.v1 /pvc-1 u9"]);
    expect(receipt.missing).toEqual([before[1]]);
  });

  it("takes a system pod that its controller replaced for the same", () => {
    const after = [before[0] ?? "", "Pod.v1 kube-system/coredns-5f6b7c8d9-abcde u3"];
    expect(compare(before, after)).toMatchObject({ left: [], missing: [] });
  });
});

describe("the search for secrets", () => {
  it("finds a value as it is, in base64 at any alignment, percent-encoded and in hexadecimal", () => {
    const value = "p/ss+w0rd=12";
    const places = [
      value,
      Buffer.from(`x${value}y`).toString("base64"),
      Buffer.from(`ab${value}`).toString("base64"),
      `postgres://u:${encodeURIComponent(value)}@h`,
      Buffer.from(value).toString("hex"),
    ];
    for (const [index, place] of places.entries()) {
      const found = findSecrets(
        [{ name: "DB", value }],
        [{ name: `place ${index}`, text: `...${place}...` }],
      );
      expect(found).toEqual([`DB in place ${index}`]);
    }
  });

  it("finds any printable secret within any base64 text around it", () => {
    const printable = fc.string({ minLength: 12, maxLength: 40, unit: "grapheme-ascii" });
    fc.assert(
      fc.property(printable, fc.string(), fc.string(), (value, left, right) => {
        const hay = Buffer.from(left + value + right).toString("base64");
        return findSecrets([{ name: "s", value }], [{ name: "h", text: hay }]).length === 1;
      }),
    );
  });

  it("says nothing of values too short to mean anything, and never shows a value", () => {
    expect(findSecrets([{ name: "user", value: "admin" }], [{ name: "state", text: "admin" }])).toEqual([]);
    expect(forms("abcdefgh12")).not.toContain("");
  });
});

describe("the picture", () => {
  it("has every arrow go forward", () => {
    const topology: Topology = sample.cluster?.topology ?? { nodes: [], edges: [] };
    const column = ranks(topology);
    for (const { from, to } of topology.edges) expect(column.get(from)).toBeLessThan(column.get(to) ?? -1);
  });

  it("lets no two boxes overlap", () => {
    const { boxes } = placeWide(sample.cluster?.topology ?? { nodes: [], edges: [] });
    for (const [index, a] of boxes.entries()) {
      for (const b of boxes.slice(index + 1)) {
        const apart = a.x + a.w <= b.x || b.x + b.w <= a.x || a.y + a.h <= b.y || b.y + b.h <= a.y;
        expect(apart, `${a.node.id} and ${b.node.id}`).toBe(true);
      }
    }
  });

  it("draws what reaches what from the cluster's objects", () => {
    const scene: Scene = {
      services: [
        { namespace: "edge", name: "edge", ports: [443], selector: { app: "edge" }, external: "10.99.0.1" },
        { namespace: "app-a", name: "web", ports: [80], selector: { app: "web" }, external: "" },
        { namespace: "data", name: "pg", ports: [5432], selector: { app: "pg" }, external: "" },
      ],
      workloads: [
        {
          namespace: "app-a",
          name: "web",
          kind: "Deployment",
          ready: 1,
          wanted: 1,
          labels: { app: "web" },
          claims: ["files"],
          text: "host=pg.data.svc.cluster.local",
        },
      ],
      claims: [{ namespace: "app-a", name: "files", size: "1Gi", storageClass: "shared" }],
      routes: [{ namespace: "app-a", name: "web", note: "a.test", services: ["web", "gone"] }],
    };
    expect(draw(scene).edges.map(({ from, to }) => `${from} > ${to}`)).toEqual([
      "client > service/edge/edge",
      "service/app-a/web > workload/app-a/web",
      "service/edge/edge > route/app-a/web",
      "route/app-a/web > service/app-a/web",
      "workload/app-a/web > claim/app-a/files",
      "workload/app-a/web > service/data/pg",
    ]);
  });
});

describe("the page", () => {
  it("escapes whatever comes from outside", () => {
    expect(text(`<b a="1">&'</b>`)).toBe("&lt;b a=&quot;1&quot;&gt;&amp;&#39;&lt;/b&gt;");
    expect(renderReport(sample)).not.toContain("<script");
  });

  it("shows what stays after the destroy, as the stack and as the simulated cloud tell it", () => {
    const page = renderReport(sample);
    const [, told = ""] = page.split("by the stack&#39;s own outputs</h3>");
    expect(told).toMatch(
      /^<pre>the key waits &lt;seven&gt; days for its deletion\na log group, until you delete it<\/pre>/,
    );
    const [, kept = ""] = page.split("still keeps</h3>");
    expect(kept).toMatch(/^<pre>Key k-1 \(pending deletion\) until 2026-11-28<\/pre>/);
    const { receipt } = sample;
    const nothing = receipt && { ...receipt, retained: [], kept: [] };
    expect(renderReport({ ...sample, receipt: nothing })).not.toMatch(/own outputs|still keeps/);
  });

  it("names no address outside itself", () => {
    const links = renderReport(sample).match(/(?:src|href)="[^"]*"/g) ?? [];
    expect(links).toEqual(['href="data:,"']);
  });

  it("writes times and sizes for people", () => {
    expect([84, 3200, 125_000].map(duration)).toEqual(["84 ms", "3.2 s", "2 min 05 s"]);
    expect([512, 1536].map(size)).toEqual(["512 B", "1.5 KiB"]);
    expect(middle("orthanc-bhc-5f6b7c8d9", 9)).toBe("orth…c8d9");
  });

  it("counts a failed step by its failed checks, and a bare step as itself", () => {
    expect(tally(sample.steps)).toEqual({ passed: 5, failed: 1 });
    const bare = { name: "up", status: "failed" as const, ms: 1, detail: "", checks: [] };
    expect(tally([bare])).toEqual({ passed: 0, failed: 1 });
  });
});

describe("checks", () => {
  it("never run more at a time than they are let, and keep their order", async () => {
    let running = 0;
    let most = 0;
    const specs = Array.from({ length: 9 }, (_, index) => ({
      name: `check ${index}`,
      run: async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 2));
        running -= 1;
        if (index === 4) throw new Error("no");
        return "yes";
      },
    }));
    const results = await runChecks(specs, 3);
    expect(most).toBe(3);
    expect(results.map((check) => check.name)).toEqual(specs.map((spec) => spec.name));
    expect(results.filter((check) => !check.ok)).toMatchObject([{ name: "check 4", detail: "no" }]);
  });
});
