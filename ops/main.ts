import { Command } from "commander";
import { execa } from "execa";
import { clusterStatus, insidePrefix, readHandle, stopCluster } from "../sandbox/cluster/index.ts";
import { reason } from "./checks.ts";
import { clean, drill, prepareOnly, rehearse, stage } from "./commands.ts";
import { conformance } from "./conformance.ts";
import { project } from "./inside.ts";
import { exitCode, listenForInterrupts } from "./interrupt.ts";
import { RUN_FILE, readRun } from "./run.ts";
import { readSettings } from "./settings.ts";
import { runInside } from "./stage.ts";

const settings = () => readSettings(process.env);

const code = async (command: "up" | "smoke" | "down") => (await stage(command, settings())).code;

function program(): Command {
  const ops = new Command("ops").description("The commands around `pulumi up`.").showHelpAfterError();
  const add = (name: string, text: string, run: () => Promise<number>) =>
    ops
      .command(name)
      .description(text)
      .action(async () => {
        process.exitCode = exitCode(await run());
      });
  add("drill", "an application from nothing to served and back to nothing", () => drill(settings()));
  add("rehearse", "a drill of the stack file STACK, its cloud simulated", () => rehearse(settings()));
  add("up", "start the sandbox and bring up stack local on it", () => code("up"));
  add("smoke", "check what `up` brought up", () => code("smoke"));
  add("down", "destroy what `up` brought up", () => code("down"));
  add("conformance", "the rules that every platform keeps, on a stack of the probe", () =>
    conformance(settings()),
  );
  add("prepare", "packages, tools and images, and nothing more", () => prepareOnly(settings()));
  add("clean", "stop the sandbox, remove states and evidence (ALL=1: tools and images too)", () =>
    clean(settings()),
  );
  add("mend", "settle what an interrupted `pulumi up` of the stack STACK left", async () => {
    const { mend } = await import("./mend/index.ts");
    const { readIds } = await import("./mend/text.ts");
    const { STACK, IDS } = settings();
    return mend(project, STACK, readIds(IDS));
  });
  add("doctor", "what this machine has, and how to mend what is missing", async () => {
    const { doctor } = await import("./doctor/index.ts");
    return doctor();
  });
  add("bench", "speed and size, against the least that could be", async () => {
    const { bench } = await import("./bench/index.ts");
    return bench(settings());
  });
  add("inside", "used by the other commands: the part that runs in the cluster's network", () =>
    runInside(readRun(process.env[RUN_FILE] ?? "")),
  );
  const sandbox = ops.command("sandbox").description("the sandbox cluster itself");
  sandbox.command("status").action(async () => {
    const status = await clusterStatus(settings().SANDBOX);
    console.log(
      JSON.stringify({ ...status, handle: status.handle && { ...status.handle, pids: undefined } }, null, 2),
    );
    process.exitCode = status.state === "ready" ? 0 : 1;
  });
  sandbox.command("stop").action(() => stopCluster(settings().SANDBOX, (line) => console.error(line)));
  sandbox
    .command("shell")
    .description("a shell, or a command, where the cluster can be reached")
    .argument("[command...]")
    .action(shell);
  return ops;
}

async function shell(words: readonly string[]): Promise<void> {
  const handle = readHandle(settings().SANDBOX);
  if (handle === undefined) throw new Error("the sandbox is not running: `make up` starts it");
  const command = words.length > 0 ? words : [process.env.SHELL ?? "/bin/bash"];
  const [first = "", ...rest] = [...insidePrefix(handle), ...command];
  const env = { KUBECONFIG: handle.kubeconfig };
  const result = await execa(first, rest, { stdio: "inherit", env, reject: false });
  process.exitCode = result.exitCode ?? 1;
}

const say = (line: string) => process.stderr.write(`${line}\n`);
listenForInterrupts(process.env[RUN_FILE] === undefined ? say : () => undefined);
program()
  .parseAsync()
  .catch((thrown: unknown) => {
    process.stderr.write(`${reason(thrown, 4000)}\n`);
    process.exitCode = exitCode(1);
  });
