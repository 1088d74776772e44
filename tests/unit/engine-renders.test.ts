import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { isRestless, rendered } from "../../sandbox/engine/kubernetes/release/renders.ts";

describe("a chart's render", () => {
  let folder = "";
  let renders = 0;
  const make = async (): Promise<string> =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: n${++renders} }\n`;
  const args = (values = {}) => ({ chart: "chart", name: "x", namespace: "y", values });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "portolan-render-"));
    renders = 0;
    vi.stubEnv("XDG_CACHE_HOME", folder);
    await mkdir(join(folder, "chart", "templates"), { recursive: true });
    await mkdir(join(folder, "library"));
    await symlink("../library", join(folder, "chart", "charts"));
    await writeFile(join(folder, "chart", "templates", "a.yaml"), "{{ .Values.a }}");
    await writeFile(join(folder, "library", "b.tpl"), "one");
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  it("is made once for the same chart and arguments, and anew when either changes, a linked library included", async () => {
    const first = await rendered(args(), folder, make);
    expect(first.resourceNames).toEqual({ "ConfigMap/v1": ["n1"] });
    expect(await rendered(args(), folder, make)).toEqual(first);
    expect(renders).toBe(1);
    await rendered(args({ a: 1 }), folder, make);
    expect(renders).toBe(2);
    await writeFile(join(folder, "library", "b.tpl"), "two");
    await rendered(args(), folder, make);
    expect(renders).toBe(3);
  });

  it("is made from a chart that one run of the engine reads once", async () => {
    const charts = new Map();
    await rendered(args(), folder, make, charts);
    await writeFile(join(folder, "library", "b.tpl"), "two");
    await rendered(args(), folder, make, charts);
    expect(renders).toBe(1);
    await rendered(args({ a: 1 }), folder, make, charts);
    expect(renders).toBe(2);
    await rendered(args(), folder, make, new Map());
    expect(renders).toBe(3);
  });

  it("is made each time when the chart makes values at random", async () => {
    await writeFile(join(folder, "chart", "templates", "a.yaml"), "{{ randAlphaNum 8 }}");
    await rendered(args(), folder, make);
    await rendered(args(), folder, make);
    expect(renders).toBe(2);
  });

  it.each([
    ['{{ include "x" . | uuidv4 }}', true],
    ["{{- $ca := genCA `ca` 365 }}", true],
    ["{{ now | date }}", true],
    ["the time is now", false],
    ['{{ required "set it now" .Values.a }}', false],
    ["{{/* now and then */}}", false],
    ["{{ .Values.nowhere }}", false],
  ])("sees that %s is restless: %s", (text, expected) => {
    expect(isRestless(text)).toBe(expected);
  });
});
