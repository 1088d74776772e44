/** What can be known of this machine without calling anybody: names of variables, files that are there, programs. */
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

export interface Machine {
  /** Values are asked whether they are there; those of secrets are never looked at, let alone told. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** What its firmware says of who made it: a cloud signs its virtual machines there. Empty where nothing does. */
  readonly maker: string;
  has(file: string): boolean;
  /** Whether a command is on PATH. */
  runs(command: string): boolean;
}

/** The machine that the program runs on. */
export function thisMachine(): Machine {
  const { env } = process;
  return { env, home: homedir(), maker: maker(), has: existsSync, runs: (command) => isOnPath(command, env) };
}

/** Whether a variable is there and not empty. */
export function isSet({ env }: Machine, name: string): boolean {
  return (env[name] ?? "") !== "";
}

/** Those of the variables that are not set. */
export function unset(machine: Machine, names: readonly string[]): string[] {
  return names.filter((name) => !isSet(machine, name));
}

/**
 * Whether the engine was told to use a running provider in place of its plugin (the engine's own variable, a list of
 * `name:port`). Whoever attached it sees to how it signs in: nothing is asked of the machine then.
 */
export function isAttached({ env }: Machine, plugin: string): boolean {
  return (env.PULUMI_DEBUG_PROVIDERS ?? "").split(",").some((entry) => entry.trim().startsWith(`${plugin}:`));
}

function isOnPath(command: string, env: Machine["env"]): boolean {
  const endings = process.platform === "win32" ? (env.PATHEXT ?? ".EXE;.CMD").split(";") : [""];
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return folders.some((folder) =>
    endings.some((ending) => isExecutable(join(folder, `${command}${ending}`))),
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Linux shows the firmware's table of names as files; they hold no secret. */
function maker(): string {
  return ["sys_vendor", "product_name", "bios_version"]
    .map((name) => {
      try {
        return readFileSync(`/sys/class/dmi/id/${name}`, "utf8").trim();
      } catch {
        return "";
      }
    })
    .join(" ")
    .trim();
}
