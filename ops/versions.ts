import { execa } from "execa";
import { type ToolName, toolPath } from "../sandbox/toolchain/index.ts";

/** How each tool is asked for its version, and where it says it. */
const asked: Readonly<Partial<Record<ToolName, readonly string[]>>> = {
  pulumi: ["version"],
  helm: ["version", "--short"],
  helm3: ["version", "--short"],
  "kube-apiserver": ["--version"],
  kubelet: ["--version"],
  etcd: ["--version"],
  coredns: ["-version"],
};

const system: readonly (readonly [string, readonly string[]])[] = [
  ["containerd", ["--version"]],
  ["runc", ["--version"]],
  ["storescu", ["--version"]],
];

async function firstLine(program: string, args: readonly string[]): Promise<string | undefined> {
  const result = await execa(program, args, { reject: false, timeout: 10_000, stdin: "ignore", all: true });
  return result.exitCode === 0
    ? result.all
        ?.split("\n")
        .find((line) => line.trim() !== "")
        ?.trim()
    : undefined;
}

/** Versions of what a drill ran with; what is not there is left out. */
export async function versions(): Promise<Record<string, string>> {
  const tools = Object.entries(asked).map(async ([name, args]) => {
    const path = isTool(name) ? toolPath(name) : undefined;
    return [name, path === undefined ? undefined : await firstLine(path, args)] as const;
  });
  const others = system.map(async ([name, args]) => [name, await firstLine(name, args)] as const);
  const found = await Promise.all([...tools, ...others]);
  const entries = found.flatMap(([name, version]) =>
    version === undefined ? [] : [[name, version] as const],
  );
  return { node: process.version, ...Object.fromEntries(entries) };
}

function isTool(name: string): name is ToolName {
  return name in asked;
}
