import { readFileSync, realpathSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  type Chart,
  chartPath,
  charts,
  helm,
  manifests,
  podOf,
  render,
  template,
  type Values,
  workloads,
} from "./helm.ts";
import { full } from "./values.ts";

/** Values with which a chart that needs nothing by itself needs something. */
const incomplete: Partial<Record<Chart, Values>> = {
  probe: { database: { host: "db" }, redis: { host: "r" } },
  additions: { route: { kind: "ingress", hosts: ["a.example.com"] } },
};

describe.each(charts)("the chart %s", (chart) => {
  it.each(["helm", "helm3"] as const)(
    "passes `%s lint --strict`, with its own values and with many",
    async (which) => {
      for (const values of [undefined, full[chart]]) {
        const answer = await helm(which, ["lint", "--strict", chartPath(chart)], values);
        expect(answer.code, answer.stdout + answer.stderr).toBe(0);
      }
    },
  );

  it("renders the same with Helm 3 and Helm 4, and each time", async () => {
    const [four, again, three] = await Promise.all([
      template(chart, full[chart], "helm"),
      template(chart, full[chart], "helm"),
      template(chart, full[chart], "helm3"),
    ]);
    expect(four.code, four.stderr).toBe(0);
    expect(again.stdout).toBe(four.stdout);
    // The order and the comments between objects differ; the objects may not.
    const objects = (text: string): string[] =>
      manifests(text)
        .map((one) => JSON.stringify(one))
        .sort();
    expect(objects(three.stdout)).toEqual(objects(four.stdout));
  });

  it("uses the one library chart, also when it is packaged", async () => {
    expect(realpathSync(join(chartPath(chart), "charts", "common"))).toBe(realpathSync(chartPath("common")));
    const folder = await mkdtemp(join(tmpdir(), "portolan-package-"));
    try {
      for (const which of ["helm", "helm3"] as const) {
        const packed = await helm(which, ["package", chartPath(chart), "--destination", folder]);
        expect(packed.code, packed.stderr).toBe(0);
        const archive = join(folder, `${chart}-0.1.0.tgz`);
        const rendered = await helm(
          which,
          ["template", "bhc", archive, "--namespace", "orthanc-bhc"],
          full[chart],
        );
        expect(rendered.stdout).toBe((await template(chart, full[chart], which)).stdout);
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("puts no Secret into the release, and no secret into a command or a plain variable", async () => {
    const objects = await render(chart, full[chart]);
    expect(objects.filter(({ kind }) => kind === "Secret")).toEqual([]);
    const named = objects.flatMap((object) => podOf(object)?.containers.flatMap(({ env }) => env) ?? []);
    for (const { name, value } of named.filter(({ name }) =>
      /PASSWORD|SECRET_KEY|ACCESS_KEY|APP_KEY|VERIFIER/.test(name),
    )) {
      expect(value, name).toBeUndefined();
    }
  });

  it("labels every object", async () => {
    for (const { kind, metadata } of await render(chart, full[chart])) {
      expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject({
        "app.kubernetes.io/name": chart,
        "app.kubernetes.io/instance": "bhc",
        "app.kubernetes.io/managed-by": "Helm",
      });
    }
  });

  it("refuses a value it does not know", async () => {
    const answer = await template(chart, { ...full[chart], replicas: 3 });
    expect(answer.code).not.toBe(0);
    expect(answer.stderr).toContain("additional properties 'replicas' not allowed");
  });

  it("names every missing value at once, where it needs any", async () => {
    const answer = await template(chart, incomplete[chart] ?? {});
    if (chart === "drain") return expect(answer.code, answer.stderr).toBe(0);
    expect(answer.code).not.toBe(0);
    expect(answer.stderr).toMatch(
      /needs these values, which are empty: [\w.]+(, [\w. ]+)+\. The chart's README/,
    );
  });

  it("describes each of its values in its README", () => {
    const readme = readFileSync(join(chartPath(chart), "README.md"), "utf8");
    const schema: unknown = JSON.parse(readFileSync(join(chartPath(chart), "values.schema.json"), "utf8"));
    for (const path of paths(schema)) expect(readme, path).toContain(`\`${path}\``);
  });
});

it.each(workloads)(
  "the chart %s runs every container restricted, with requests and a memory limit, and without an API token",
  async (chart) => {
    const pods = (await render(chart, full[chart])).flatMap((object) => podOf(object) ?? []);
    expect(pods.length).toBeGreaterThan(0);
    for (const pod of pods) {
      expect(pod.automountServiceAccountToken).toBe(false);
      expect(pod.securityContext).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: "RuntimeDefault" },
      });
      expect(pod.securityContext.runAsUser).toBeGreaterThan(0);
      for (const { securityContext, resources } of pod.containers) {
        expect(securityContext).toMatchObject({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
        });
        expect(securityContext.capabilities.drop).toEqual(["ALL"]);
        expect(resources).toMatchObject({
          requests: { cpu: expect.any(String) },
          limits: { memory: expect.any(String) },
        });
      }
    }
  },
);

it("spells what charts share in the same way in each schema", () => {
  const seen = new Map<string, string>();
  for (const chart of charts) {
    const schema: unknown = JSON.parse(readFileSync(join(chartPath(chart), "values.schema.json"), "utf8"));
    const shared = { ...inner(schema, "definitions"), route: inner(inner(schema, "properties"), "route") };
    for (const [name, definition] of Object.entries(shared)) {
      const text = JSON.stringify(definition);
      if (text !== "{}") expect(seen.get(name) ?? text, `${name} in ${chart}`).toBe(text);
      seen.set(name, seen.get(name) ?? text);
    }
  }
});

function inner(object: unknown, key: string): Record<string, unknown> {
  const found: unknown = typeof object === "object" && object !== null ? Reflect.get(object, key) : undefined;
  return typeof found === "object" && found !== null ? Object.fromEntries(Object.entries(found)) : {};
}

/** The values of a schema that hold something themselves: what a user would look for. */
function paths(schema: unknown): string[] {
  const definitions = inner(schema, "definitions");
  const own = new Set(["global", "common"]);
  const walk = (value: unknown, path: string): string[] => {
    const reference =
      String(Object(value).$ref ?? "")
        .split("/")
        .at(-1) ?? "";
    const below = Object.entries(inner(reference ? definitions[reference] : value, "properties"));
    // Resources are Kubernetes' own, and known by their name.
    if (below.length === 0 || reference === "resources") return [path];
    return below.flatMap(([key, next]) => walk(next, path ? `${path}.${key}` : key));
  };
  return walk(schema, "").filter((path) => !own.has(path));
}
