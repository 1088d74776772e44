import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { aet } from "../../apps/orthanc.ts";
import { mergeValues } from "../../components/chartValues.ts";
import { databaseNameOf, namespaceOf, servicesNamespaceOf } from "../../components/names.ts";
import { recordsInTheWay } from "../../components/releaseRepair.ts";
import { scramVerifier } from "../../components/scramVerifier.ts";
import { assignPorts } from "../../components/tcpPorts.ts";
import { derive, revisionOf } from "../../components/tenantCredentials.ts";
import { isDisposable } from "../../providers/local/disposable.ts";
import { bundled } from "../../stacks/chart.ts";
import { parseImage } from "../../stacks/images.ts";
import { slugLimit } from "../../stacks/vocabulary.ts";

const slug = fc
  .stringMatching(/^[a-z]([a-z0-9-]{0,22}[a-z0-9])?$/)
  .filter((text) => text.length <= slugLimit);

describe("names", () => {
  it("fit Kubernetes and Postgres for every slug", () => {
    fc.assert(
      fc.property(slug, (name) => {
        expect(namespaceOf("orthanc", name)).toMatch(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
        expect(databaseNameOf("orthanc", name)).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
        expect(aet(name).length).toBeLessThanOrEqual(16);
      }),
    );
    expect(servicesNamespaceOf("a".repeat(80)).length).toBeLessThanOrEqual(63);
  });
});

describe("ports of the edge", () => {
  const range = { from: 11112, to: 11211 };
  const wish = (name: string, port?: number) => ({ slug: name, service: "dicom", port });

  it("stay where they are when other tenants come and go", () => {
    fc.assert(
      fc.property(fc.uniqueArray(slug, { minLength: 2, maxLength: 20 }), (slugs) => {
        const [first = "", ...others] = slugs;
        const alone = assignPorts([wish(first)], range).ports.get(`${first}/dicom`);
        const among = assignPorts(
          [...others, first].map((name) => wish(name)),
          range,
        ).ports.get(`${first}/dicom`);
        expect(among).toBe(alone);
      }),
    );
  });

  it("are within the range, and never two tenants' without a conflict told", () => {
    fc.assert(
      fc.property(fc.uniqueArray(slug, { minLength: 1, maxLength: 40 }), (slugs) => {
        const { ports, conflicts } = assignPorts(
          slugs.map((name) => wish(name)),
          range,
        );
        const values = [...ports.values()];
        expect(values.every((port) => port >= range.from && port <= range.to)).toBe(true);
        expect(values.length - new Set(values).size).toBe(conflicts.length);
      }),
    );
  });

  it("let a named port win over one that only follows from a name", () => {
    const port = assignPorts([wish("bhc")], range).ports.get("bhc/dicom");
    const { conflicts } = assignPorts([wish("bhc"), wish("mhr", port)], range);
    expect(conflicts.map(({ wish: { slug: loser } }) => loser)).toEqual(["bhc"]);
  });
});

describe("passwords", () => {
  it("have the verifier that Postgres computes itself", () => {
    // RFC 7677, section 3: user `user`, password `pencil`, this salt, 4096 iterations.
    const verifier = scramVerifier("pencil", Buffer.from("W22ZaJ0SNY7soEsUEjb6gQ==", "base64"));
    expect(verifier).toBe(
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
    );
  });

  it("tell nothing of one another, and are the same at every run", () => {
    const seed = Buffer.alloc(32, 7).toString("base64");
    expect(derive(seed, "a")).toEqual(derive(seed, "a"));
    expect(derive(seed, "a")).not.toEqual(derive(seed, "b"));
    expect(revisionOf(["a", "b"])).not.toBe(revisionOf(["ab", ""]));
  });
});

describe("a release that an earlier run left behind", () => {
  const record = (revision: number, status: string) => ({ secretName: `v${revision}`, revision, status });
  const names = (operation: "install" | "upgrade", ...records: ReturnType<typeof record>[]) =>
    recordsInTheWay(operation, records).map(({ secretName }) => secretName);

  it("pending after a good revision: the pending one is in the way, the good one stays", () => {
    expect(
      names("upgrade", record(1, "superseded"), record(2, "deployed"), record(3, "pending-upgrade")),
    ).toEqual(["v3"]);
    expect(names("upgrade", record(1, "deployed"), record(2, "pending-rollback"))).toEqual(["v2"]);
  });

  it("nothing is in the way of an upgrade of a finished release, failed or not", () => {
    expect(names("upgrade", record(1, "deployed"))).toEqual([]);
    expect(names("upgrade", record(1, "deployed"), record(2, "failed"))).toEqual([]);
  });

  it("before an install every record is in the way: the state knows of none", () => {
    expect(names("install", record(1, "pending-install"))).toEqual(["v1"]);
    expect(names("install", record(1, "deployed"), record(2, "pending-upgrade"))).toEqual(["v1", "v2"]);
  });
});

describe("contexts", () => {
  it.each(["portolan-sandbox", "kind-dev", "k3d-x", "minikube", "docker-desktop"])(
    "%s is disposable",
    (context) => {
      expect(isDisposable(context, [])).toBe(true);
    },
  );
  it.each(["prod", "kind", "my-kind-cluster", "minikube-prod", "gke_project_zone_x"])(
    "%s is not",
    (context) => {
      expect(isDisposable(context, [])).toBe(false);
      expect(isDisposable(context, [context])).toBe(true);
    },
  );
});

describe("images", () => {
  it.each([
    ["postgres", "postgres", undefined],
    ["postgres:15", "postgres", "15"],
    ["registry:5000/team/postgres", "registry:5000/team/postgres", undefined],
    ["registry:5000/team/postgres:15", "registry:5000/team/postgres", "15"],
    // Put together again with a colon, as charts do, it is the digest's own form.
    ["registry:5000/postgres@sha256:0a1b", "registry:5000/postgres@sha256", "0a1b"],
  ])("%s", (reference, repository, tag) => {
    expect(parseImage(reference)).toEqual({ repository, tag });
  });
});

describe("chart values", () => {
  it("are merged as Helm does: maps key by key, lists and leaves replaced", () => {
    const base = { a: { b: 1, c: [1, 2] }, d: 1 };
    expect(mergeValues(base, { a: { c: [3] }, d: { e: 2 } })).toEqual({ a: { b: 1, c: [3] }, d: { e: 2 } });
    expect(base).toEqual({ a: { b: 1, c: [1, 2] }, d: 1 });
  });
});

describe("a database bundled in a chart", () => {
  const dependency = (name: string, condition?: string) => ({ name, ...(condition ? { condition } : {}) });
  it.each([
    ["without a condition it is always there", [dependency("postgresql")], {}, {}, ["postgresql"]],
    ["on by default", [dependency("redis", "redis.enabled")], { redis: { enabled: true } }, {}, ["redis"]],
    [
      "switched off by the user",
      [dependency("redis", "redis.enabled")],
      { redis: { enabled: true } },
      { redis: { enabled: false } },
      [],
    ],
    ["off by default", [dependency("mysql", "mysql.enabled")], { mysql: { enabled: false } }, {}, []],
    [
      "on where nobody says a word: Helm's default",
      [dependency("mysql", "mysql.enabled")],
      {},
      {},
      ["mysql"],
    ],
    [
      "switched off by a tag",
      [{ name: "mysql", tags: ["database"] }],
      { tags: { database: true } },
      { tags: { database: false } },
      [],
    ],
    [
      "a condition wins over a tag",
      [{ name: "mysql", condition: "mysql.enabled", tags: ["database"] }],
      { tags: { database: false } },
      { mysql: { enabled: true } },
      ["mysql"],
    ],
    [
      "on by one tag of two",
      [{ name: "mysql", tags: ["a", "b"] }],
      {},
      { tags: { a: false, b: true } },
      ["mysql"],
    ],
    ["by its alias", [{ name: "postgresql", alias: "db" }], {}, {}, ["db"]],
    ["a library is none", [dependency("common")], {}, {}, []],
  ])("%s", (_name, dependencies, defaults, values, expected) => {
    expect(bundled(dependencies, defaults, values)).toEqual(expected);
  });
});
