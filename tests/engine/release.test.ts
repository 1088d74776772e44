import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { plainInner, plainText } from "../../sandbox/engine/kubernetes/state.ts";
import { toolPath } from "../../sandbox/toolchain/index.ts";
import type { TestStack } from "./support/stack.ts";
import { useWorld } from "./support/world.ts";

const world = useWorld();

const configMap = `apiVersion: v1
kind: ConfigMap
metadata: { name: {{ .Release.Name }}-settings }
data: { greeting: {{ .Values.greeting | quote }} }
`;
const neverReady = `{{ if .Values.broken }}
apiVersion: apps/v1
kind: Deployment
metadata: { name: {{ .Release.Name }} }
spec:
  selector: { matchLabels: { app: x } }
  template: { metadata: { labels: { app: x } }, spec: { containers: [{ name: x, image: nothing }] } }
{{ end }}`;

async function chart(stack: TestStack, more: Record<string, string> = {}): Promise<void> {
  const folder = join(stack.folder, "chart");
  await mkdir(join(folder, "templates"), { recursive: true });
  const files = {
    "Chart.yaml": "apiVersion: v2\nname: greeter\nversion: 1.2.3\nappVersion: 4.5.6\n",
    "values.yaml": "greeting: hello\nbroken: false\n",
    "templates/settings.yaml": configMap,
    "templates/broken.yaml": neverReady,
    ...more,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

const release = (name: string, values: string, more = ""): string => `
  const release = new k8s.helm.v3.Release("greeter", { chart: "./chart", ${name === "" ? "" : `name: "${name}",`} values: ${values}, ${more} });
  export const status = release.status;
  export const names = release.resourceNames;
  export const name = release.name;
`;

async function helm(...args: string[]): Promise<string> {
  const run = promisify(execFile);
  return (
    await run(toolPath("helm3") ?? "helm", args, {
      env: { ...process.env, KUBECONFIG: world.api().kubeconfig },
    })
  ).stdout;
}

/** Leaves a release as an interrupted helm does: helm keeps it as base64 of gzip of JSON in a Secret. */
async function setStatus(name: string, status: string): Promise<void> {
  const path = `/api/v1/namespaces/default/secrets/sh.helm.release.v1.${name}.v1`;
  const stored = Buffer.from(
    plainText(plainInner(await world.get(path), "data"), "release"),
    "base64",
  ).toString();
  const text = gunzipSync(Buffer.from(stored, "base64")).toString();
  const changed = text.replace(/"status":"[a-z-]+"/, `"status":"${status}"`);
  const release = Buffer.from(gzipSync(changed).toString("base64")).toString("base64");
  await world.patch(path, { data: { release }, metadata: { labels: { status } } });
}

describe("helm.v3.Release", () => {
  it("installs, changes nothing, upgrades, and removes", async () => {
    const stack = await world.stack("release");
    await chart(stack);
    await writeFile(join(stack.folder, "more.yaml"), "greeting: from a file\nother: { a: 1 }\n");
    const files = 'valueYamlFiles: [new pulumi.asset.FileAsset("more.yaml")]';
    await stack.program(release("", "{}", files));
    await stack.up();
    const { status, names, name } = await stack.outputs();
    expect(name).toMatch(/^greeter-[0-9a-f]{8}$/);
    expect(status).toEqual({
      appVersion: "4.5.6",
      chart: "greeter",
      name,
      namespace: "default",
      revision: 1,
      status: "deployed",
      version: "1.2.3",
    });
    expect(names).toEqual({ "ConfigMap/v1": [`${String(name)}-settings`] });
    const path = `/api/v1/namespaces/default/configmaps/${String(name)}-settings`;
    expect(await world.get(path)).toMatchObject({ data: { greeting: "from a file" } });
    expect(await stack.preview()).toEqual({});
    await stack.program(release("", '{ greeting: "changed" }', files));
    expect(await stack.preview()).toEqual({ greeter: "update" });
    await stack.up();
    expect(await world.get(path)).toMatchObject({ data: { greeting: "changed" } });
    expect((await stack.outputs()).status).toMatchObject({ revision: 2 });
    await chart(stack, { "templates/second.yaml": configMap.replace("-settings", "-second") });
    expect(await stack.preview()).toEqual({ greeter: "update" });
    await stack.program(release("greeter", '{ greeting: "changed" }'));
    expect(await stack.preview()).toEqual({ greeter: "replace" });
    await stack.refresh();
    await stack.destroy();
    expect(await helm("list", "--all", "--short", "--filter", "^greeter")).toBe("");
  });

  it("keeps secret values out of the state, the log, the command line and the disk", async () => {
    const stack = await world.stack("sealed");
    await chart(stack);
    const clear = "a greeting that nobody may see";
    // A post-renderer is helm's own child: it can look at what helm was started with.
    const spy = `#!/bin/sh\ncat /proc/$PPID/cmdline /proc/$PPID/environ >> ${join(stack.folder, "seen")}\ncat\n`;
    await writeFile(join(stack.folder, "spy.sh"), spy, { mode: 0o755 });
    await stack.program(
      release("sealed", `{ greeting: pulumi.secret("${clear}") }`, 'postrender: "./spy.sh"'),
    );
    const before = await readdir(tmpdir());
    const { text } = await stack.up();
    const seen = await readFile(join(stack.folder, "seen"), "utf8");
    expect(seen).toContain("install\0sealed");
    expect(seen).not.toContain(clear);
    expect(text).not.toContain(clear);
    expect(await stack.state()).not.toContain(clear);
    expect(
      (await readdir(tmpdir())).filter((name) => name.startsWith(".portolan-") && !before.includes(name)),
    ).toEqual([]);
    await stack.destroy();
  });

  it("keeps a failed installation with its reason, and mends it by the next update", async () => {
    const stack = await world.stack("failing");
    await chart(stack);
    await stack.program(release("failing", "{ broken: true }", "timeout: 2"));
    const text = await stack.failingUp();
    expect(text).toContain("failed to initialize completely (status failed)");
    expect(text).toMatch(/it waited for: \w+ is not ready: default\/failing/);
    expect(text).not.toContain("INSTALLATION FAILED");
    expect((await stack.resource("greeter")).initErrors.join()).toContain("context deadline exceeded");
    await stack.program(release("failing", "{ broken: false }", "timeout: 20"));
    await stack.up();
    expect((await stack.outputs()).status).toMatchObject({ revision: 2, status: "deployed" });
    await stack.destroy();
  });

  it("leaves nothing of a failed atomic installation, and goes back after a failed atomic upgrade", async () => {
    const stack = await world.stack("atomic");
    await chart(stack);
    await stack.program(release("atomic", "{ broken: true }", "timeout: 2, atomic: true"));
    await stack.failingUp();
    expect(await helm("list", "--all", "--short", "--filter", "^atomic$")).toBe("");
    expect((await stack.resources()).map(({ type }) => type)).not.toContain("kubernetes:helm.sh/v3:Release");
    await stack.program(release("atomic", "{}", "timeout: 20, atomic: true"));
    await stack.up();
    await stack.program(release("atomic", "{ broken: true }", "timeout: 2, atomic: true"));
    await stack.failingUp();
    expect(JSON.parse(await helm("status", "atomic", "-o", "json"))).toMatchObject({
      version: 3,
      info: { status: "deployed" },
    });
    await stack.destroy();
  });

  it("fails on a name in use and on a stuck release, and recovers neither", async () => {
    const stack = await world.stack("stuck");
    await chart(stack);
    await helm("install", "taken", join(stack.folder, "chart"));
    await stack.program(release("taken", "{}"));
    expect(await stack.failingUp()).toContain("cannot re-use a name that is still in use");
    await helm("uninstall", "taken", "--wait");
    await stack.up();
    await setStatus("taken", "pending-upgrade");
    await stack.program(release("taken", '{ greeting: "again" }'));
    const text = await stack.failingUp();
    expect(text).toContain("another operation (install/upgrade/rollback) is in progress");
    await setStatus("taken", "deployed");
    await stack.destroy();
  });

  it("renders on the client at every check: a chart that makes random values changes each time", async () => {
    const stack = await world.stack("random");
    const random = configMap.replace("-settings", "-random").replace(".Values.greeting", "(randAlphaNum 8)");
    await chart(stack, { "templates/random.yaml": random });
    await stack.program(release("random", "{}"));
    await stack.up();
    expect(await stack.preview()).toEqual({ greeter: "update" });
    await stack.program(
      `new k8s.helm.v3.Release("greeter", { chart: "./chart", name: "random", values: {} }, { ignoreChanges: ["checksum"] });`,
    );
    expect(await stack.preview()).toEqual({});
    await stack.destroy();
  });

  it("says what is wrong with a chart and with its arguments, before anything is made", async () => {
    const stack = await world.stack("mistakes");
    await chart(stack, { "templates/bad.yaml": '{{ fail "the greeting is rude" }}' });
    await stack.program(release("bad", "{}"));
    expect((await stack.pulumi(["preview", "--non-interactive"])).text).toContain("the greeting is rude");
    await stack.program(release("bad", "{}").replace("./chart", "./nowhere"));
    expect((await stack.pulumi(["preview", "--non-interactive"])).text).toMatch(/nowhere.*not found/s);
    await stack.program(release("bad", "{}", 'manifest: {}, repositoryOpts: { password: "x" }'));
    const { text } = await stack.pulumi(["preview", "--non-interactive"]);
    expect(text).toContain('"manifest" of a Release is not implemented');
    expect(text).toContain("Log in beforehand");
    expect(await stack.resources()).toEqual([]);
  });
});
