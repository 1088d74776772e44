import { spawn } from "node:child_process";
import { constants } from "node:os";
import { Command } from "commander";
import { ensureTools } from "../toolchain/index.ts";
import { startEngine } from "./index.ts";

type Options = { kubeconfig?: string; netns?: string };

/** Runs a command with the engine's environment and answers its exit code. Ctrl-C goes to the command, which ends by itself. */
async function run(command: string[], options: Options): Promise<number> {
  await ensureTools(["pulumi", "helm3"], (line) => process.stderr.write(`${line}\n`));
  const inside = options.netns === undefined ? [] : ["nsenter", `--net=${options.netns}`];
  const kubeconfig = options.kubeconfig ?? process.env.KUBECONFIG;
  const engine = await startEngine({ inside, ...(kubeconfig === undefined ? {} : { kubeconfig }) });
  const ignore = (): void => {};
  const passed: NodeJS.Signals[] = ["SIGTERM", "SIGHUP"];
  process.on("SIGINT", ignore);
  try {
    const [program, ...rest] = [...inside, ...command];
    if (program === undefined) throw new Error("Nothing to run. Say what: `main.ts -- pulumi preview`");
    return await new Promise<number>((resolve, reject) => {
      const child = spawn(program, rest, { env: { ...process.env, ...engine.env }, stdio: "inherit" });
      for (const signal of passed) process.on(signal, () => child.kill(signal));
      child.once("error", reject);
      child.once("close", (code, signal) => resolve(code ?? 128 + constants.signals[signal ?? "SIGTERM"]));
    });
  } finally {
    process.off("SIGINT", ignore);
    await engine.close();
  }
}

if (import.meta.main) {
  const program = new Command("engine")
    .description(
      "Run a command, such as pulumi, with the sandbox's engine: language host and provider stand-ins",
    )
    .argument("<command...>", "after --, e.g. -- pulumi preview --stack local")
    .option("--kubeconfig <file>", "kubeconfig for the providers (default: $KUBECONFIG)")
    .option("--netns <path>", "network namespace of the sandbox cluster, e.g. /run/netns/portolan")
    .action(async (command: string[], options: Options) => {
      process.exitCode = await run(command, options);
    });
  await program.parseAsync();
}
