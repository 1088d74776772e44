import { join } from "node:path";
import { execa } from "execa";
import { buildDir } from "../paths.ts";
import { atLeast } from "./versions.ts";

/** The highest `go` line in the modules, patch included: Go refuses a module that asks for more than it is. */
export const minimumGo = "1.26.4";

/** Flags of every build. `-modcacherw` lets the module cache be removed like any folder. */
export const buildFlags = ["-mod=readonly", "-trimpath", "-modcacherw", "-buildvcs=false"] as const;

/**
 * Environment of every Go command: caches of its own, so that removing them afterwards touches nobody's, and
 * nothing of the user's Go settings but the module proxy and checksum database.
 */
export function goEnvironment(): Record<string, string> {
  return {
    GOMODCACHE: join(buildDir(), "gomodcache"),
    GOCACHE: join(buildDir(), "gocache"),
    GOTMPDIR: join(buildDir(), "tmp"),
    GOTOOLCHAIN: "local",
    GOWORK: "off",
    GOFLAGS: "",
    CGO_ENABLED: "0",
  };
}

/** The installed Go's version, for example `1.26.8`; undefined when there is no `go` on PATH. */
export async function goVersion(): Promise<string | undefined> {
  const result = await execa("go", ["env", "GOVERSION"], { env: goEnvironment(), reject: false });
  if (result.failed) return undefined;
  return /^go(\d+\.\d+(?:\.\d+)?)/.exec(result.stdout)?.[1];
}

/** The version of a Go that can build the tools, or an error with the remedy. */
export async function requireGo(): Promise<string> {
  const version = await goVersion();
  const remedy = `Install Go ${minimumGo} or newer, put its bin folder on PATH, and run this again.`;
  if (version === undefined) {
    throw new Error(`The sandbox's tools are built with Go, and no "go" was found on PATH. ${remedy}`);
  }
  if (!atLeast(version, minimumGo)) {
    throw new Error(
      `Go on PATH is ${version}, and the sandbox's tools need ${minimumGo} or newer. ${remedy}`,
    );
  }
  return version;
}
