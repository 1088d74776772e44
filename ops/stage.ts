import { execa } from "execa";
import { drillInside } from "./drill/inside.ts";
import { sandboxStop } from "./hints.ts";
import { type Inside, openInside, project } from "./inside.ts";
import { operateOrThrow } from "./pulumi/cli.ts";
import { describeChanges } from "./pulumi/events.ts";
import type { Run } from "./run.ts";
import { readSettings } from "./settings.ts";
import { runSmoke } from "./smoke/index.ts";
import { runSteps, type StepSpec } from "./steps.ts";

/** The part of a command that runs where the cluster can be reached. Resolves to the exit code. */
export async function runInside(run: Run): Promise<number> {
  if (run.command === "drill") return (await drillInside(run)) ? 0 : 1;
  if (run.command === "conformance") return rules(run);
  const inside = await openInside(run);
  try {
    if (run.command === "bench") {
      const { benchInside } = await import("./bench/index.ts");
      await benchInside(inside, readSettings(process.env));
      return 0;
    }
    const ok = await runSteps([stageOf(run.command, inside)], () => undefined);
    if (ok && run.command === "up") await tell(inside);
    return ok ? 0 : 1;
  } finally {
    await inside.close();
  }
}

/** The rules are tests; they find the run in the environment, as this process did. */
async function rules({ target, rules: only }: Run): Promise<number> {
  const folder = process.env.VITEST_JSON;
  const file = `--outputFile.json=${folder}/conformance-${target}.json`;
  const json = folder ? ["--reporter=default", "--reporter=json", file] : [];
  const named = only === null ? [] : [`tests/conformance/${only}`];
  const result = await execa("vitest", ["run", "--project", "conformance", ...json, ...named], {
    cwd: project,
    preferLocal: true,
    stdio: "inherit",
    reject: false,
  });
  return result.exitCode ?? 1;
}

function stageOf(command: "up" | "smoke" | "down", inside: Inside): StepSpec {
  const { context, run } = inside;
  if (command === "up") {
    return {
      name: "pulumi up",
      run: async () => ({ detail: describeChanges((await operateOrThrow(context, "up")).operation) }),
    };
  }
  if (command === "down") {
    return {
      name: "pulumi destroy",
      run: async () => ({ detail: describeChanges((await operateOrThrow(context, "destroy")).operation) }),
    };
  }
  return {
    name: "Smoke checks",
    skip: () => (run.cluster.simulated ? "pods are simulated here" : undefined),
    run: async ({ report }) => {
      const outputs = await inside.outputs();
      const slugs = outputs.tenants
        .filter((tenant) => tenant.state === "active")
        .map((tenant) => tenant.slug);
      const show = (check: { ok: boolean; name: string; detail: string }) =>
        report(`${check.ok ? "ok" : "FAILED"}: ${check.name} (${check.detail})`);
      const checks = await runSmoke(await inside.smoke(outputs), slugs, run.testImages, show);
      return { detail: `${checks.length} checks held`, checks };
    },
  };
}

/** Says where everything is, after `make up`. */
async function tell(inside: Inside): Promise<void> {
  const outputs = await inside.outputs();
  const { edge } = await inside.smoke(outputs);
  const lines = outputs.tenants.map((tenant) => {
    const ports = Object.entries(tenant.tcp).map(([name, { port }]) => `${name} ${edge}:${port}`);
    return `  ${tenant.slug.padEnd(8)} ${tenant.url}  at ${edge}  ${ports.join("  ")}  Secret ${tenant.namespace}/${tenant.secrets.join(", ")}`;
  });
  process.stdout.write(
    [
      "",
      ...lines,
      "",
      "  Reach it from its own network: node ops/main.ts sandbox shell",
      `  The stack's folder: ${inside.workspace.folder}`,
      `  Check it: make smoke   Destroy it: make down   Stop the cluster: ${sandboxStop(inside.run.cluster.name)}`,
      "",
    ].join("\n"),
  );
}
