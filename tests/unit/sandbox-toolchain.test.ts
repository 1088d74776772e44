import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { browserPath, installObstacle, missingPackages } from "../../sandbox/packages.ts";
import { cacheDir } from "../../sandbox/paths.ts";
import { buildArguments } from "../../sandbox/toolchain/build.ts";
import { families, familyOf, toolNames } from "../../sandbox/toolchain/families.ts";
import { minimumGo } from "../../sandbox/toolchain/go.ts";
import { diskRefusal } from "../../sandbox/toolchain/index.ts";
import { duration, size } from "../../sandbox/toolchain/progress.ts";
import { keyOf, moduleDir, moduleFiles } from "../../sandbox/toolchain/record.ts";
import { atLeast, sameMajor, withinOneMinor } from "../../sandbox/toolchain/versions.ts";

describe("the cache folder", () => {
  it.each([
    [{ XDG_CACHE_HOME: "/var/cache/me" }, "/var/cache/me/portolan"],
    [{ XDG_CACHE_HOME: "relative" }, /^\/.*\/\.cache\/portolan$/],
    [{}, /^\/.*\/\.cache\/portolan$/],
  ])("follows %o", (env, expected) => {
    expect(cacheDir(env)).toMatch(expected);
  });
});

describe("versions", () => {
  it.each([
    ["go1.26.8", "1.26.4", true],
    ["1.26.4", "1.26.4", true],
    ["1.9.9", "1.26.4", false],
    ["v2.0", "1.26.4", true],
    ["no version", "1.26.4", false],
  ])("%s is at least %s: %s", (version, wanted, expected) => {
    expect(atLeast(version, wanted)).toBe(expected);
  });

  it("takes an installed tool of the same major version that is not older", () => {
    expect(sameMajor("v3.260.1", "3.259.0")).toBe(true);
    expect(sameMajor("v3.100.0", "3.259.0")).toBe(false);
    expect(sameMajor("v4.0.0", "3.259.0")).toBe(false);
  });

  it("takes a kubectl one minor version off, either way", () => {
    const off = (version: string) => withinOneMinor(`Client Version: ${version}`, "1.36.3");
    expect(["v1.34.0", "v1.35.9", "v1.36.0", "v1.37.1", "v1.38.0"].map(off)).toEqual([
      false,
      true,
      true,
      true,
      false,
    ]);
  });
});

describe("families", () => {
  it("name each tool once", () => {
    expect(new Set(toolNames).size).toBe(families.flatMap((family) => Object.keys(family.tools)).length);
  });

  it.each(families.map((family) => [family.name, family] as const))(
    "%s pins the version it says",
    (_, family) => {
      const goMod = readFileSync(join(moduleDir(family.name), "go.mod"), "utf8");
      if (family.name !== "pause") expect(goMod).toContain(` v${family.version}`);
      const asked = /^go (\S+)$/m.exec(goMod)?.[1] ?? "";
      expect(atLeast(minimumGo, asked), `go.mod asks for Go ${asked}, minimumGo is ${minimumGo}`).toBe(true);
    },
  );

  it("build without paths, version control and debug tables", () => {
    const args = buildArguments(familyOf("kubectl"));
    expect(args).toEqual(expect.arrayContaining(["-trimpath", "-mod=readonly", "-buildvcs=false"]));
    expect(args[args.indexOf("-ldflags") + 1]).toMatch(
      /^-s -w .*-X k8s\.io\/component-base\/version\.gitVersion=v1\.36\.3/,
    );
  });
});

describe("the key of a built tool", () => {
  const family = familyOf("helm");
  const files = moduleFiles(moduleDir(family.name));
  const key = keyOf(family, "helm", files);

  it("stays the same for the same input", () => {
    expect(keyOf(family, "helm", moduleFiles(moduleDir(family.name)))).toBe(key);
  });

  it("changes with module files, flags, tags and the tool", () => {
    const [first, ...rest] = files;
    const edited = [[first?.[0] ?? "", `${first?.[1]} `] as const, ...rest];
    const others = [
      keyOf(family, "helm", edited),
      keyOf({ ...family, tags: ["x"] }, "helm", files),
      keyOf({ ...family, stamps: {} }, "helm", files),
      keyOf(family, "helm3", files),
    ];
    expect(new Set([key, ...others]).size).toBe(5);
  });
});

describe("system packages", () => {
  it("are missing when none of their files is there", () => {
    expect(missingPackages(["cluster"], () => false)).toEqual([
      "containerd",
      "runc",
      "containernetworking-plugins",
      "iproute2",
      "nftables",
    ]);
  });

  it("count as there when installed by hand", () => {
    const there = ["/usr/sbin/nft", "/usr/sbin/ip", "/usr/sbin/runc", "/opt/cni/bin/ptp"];
    expect(missingPackages(["cluster"], (file) => there.includes(file))).toEqual(["containerd"]);
  });

  it("need all programs of a package", () => {
    expect(missingPackages(["smoke"], (file) => file.endsWith("/storescu"))).toEqual(["dcmtk"]);
  });

  it.each([
    ["ID=debian\n", 0, undefined],
    ['ID=ubuntu\nID_LIKE="debian"\n', 0, undefined],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', 0, undefined],
    ["ID=debian\n", 1000, "Run: sudo apt-get install --no-install-recommends nftables"],
    ["ID=fedora\n", 0, "this is fedora. Install what these Debian packages hold yourself: nftables."],
    ["", 0, "this is something else"],
  ])("on %j as user %d: %s", (release, uid, expected) => {
    const obstacle = installObstacle(release, uid, ["nftables"]);
    if (expected === undefined) expect(obstacle).toBeUndefined();
    else expect(obstacle).toContain(expected);
  });
});

describe("progress", () => {
  it.each([
    [420, "0.4 s"],
    [9_949, "9.9 s"],
    [12_400, "12 s"],
    [187_000, "3:07 min"],
    [3_600_000, "60:00 min"],
  ])("%d ms reads %s", (milliseconds, expected) => {
    expect(duration(milliseconds)).toBe(expected);
  });

  it.each([
    [1_425_570, "1.4 MB"],
    [1_060_000_000, "1.06 GB"],
  ])("%d bytes read %s", (bytes, expected) => {
    expect(size(bytes)).toBe(expected);
  });
});

it("a build is not begun on a disk that is too full, and says what it needs, has, and the ways out", () => {
  expect(diskRefusal(5e9, "/cache/build")).toBe(
    "Building the sandbox's tools takes up to 16.00 GB of disk while it runs, and 5.00 GB are free for /cache/build. " +
      "Free some, or set XDG_CACHE_HOME to a folder on a larger disk. Afterwards about 1 GB stays.",
  );
  expect(diskRefusal(20e9, "/cache/build")).toBeUndefined();
});

it("names the browser that is there, Debian's first", () => {
  expect(browserPath((file) => file.includes("chrom"))).toBe("/usr/bin/chromium");
  expect(browserPath((file) => file === "/usr/bin/google-chrome")).toBe("/usr/bin/google-chrome");
  expect(browserPath(() => false)).toBeUndefined();
});
