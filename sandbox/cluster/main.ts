import { spawnSync } from "node:child_process";
import { parseArgs } from "node:util";
import { binDir } from "../paths.ts";
import {
  clusterStatus,
  DEFAULT_NAME,
  insideEnv,
  insidePrefix,
  leftovers,
  readHandle,
  removeCluster,
  startCluster,
  stopCluster,
} from "./index.ts";

const USAGE = "usage: main.ts start|stop|remove|status|leftovers|exec [--name NAME] [-- command...]";

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const dashes = words.indexOf("--");
  const { values, positionals } = parseArgs({
    args: dashes < 0 ? words : words.slice(0, dashes),
    options: { name: { type: "string", default: DEFAULT_NAME } },
    allowPositionals: true,
  });
  const begun = Date.now();
  const report = (line: string) =>
    console.error(`${((Date.now() - begun) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  switch (positionals[0]) {
    case "start": {
      const handle = await startCluster({ name: values.name, report, signal: interrupted() });
      report(`cluster ${handle.name} is ready; kubeconfig ${handle.kubeconfig}`);
      return 0;
    }
    case "stop":
      await stopCluster(values.name, report);
      return 0;
    case "remove":
      await removeCluster(values.name, report);
      return 0;
    case "status": {
      const status = await clusterStatus(values.name);
      console.log(JSON.stringify(status, null, 2));
      return status.state === "ready" ? 0 : 1;
    }
    case "leftovers": {
      const left = leftovers(values.name);
      for (const each of left) console.log(each);
      return left.length === 0 ? 0 : 1;
    }
    case "exec": {
      const handle = readHandle(values.name);
      if (handle === undefined) throw new Error(`cluster "${values.name}" is not running; start it first`);
      const [program, ...args] = [...insidePrefix(handle), ...words.slice(dashes + 1)];
      if (dashes < 0 || program === undefined) throw new Error(USAGE);
      // With our own programs first: kubectl need not be installed.
      const path = `${binDir()}:${process.env.PATH ?? ""}`;
      const env = { ...process.env, ...insideEnv(handle), PATH: path };
      return spawnSync(program, args, { stdio: "inherit", env }).status ?? 1;
    }
    default:
      throw new Error(USAGE);
  }
}

/** Aborted by Ctrl-C or TERM: a start then removes what it made before it ends. A second one ends it at once. */
function interrupted(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => controller.abort(new Error(`interrupted by ${signal}`)));
  }
  return controller.signal;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
