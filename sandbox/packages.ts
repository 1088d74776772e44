import { existsSync, readFileSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { delimiter } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";

/** What a package is for: the cluster's node, building images, the smoke tests, looking at the report. */
export type PackagePurpose = "cluster" | "images" | "smoke" | "browser";

interface SystemPackage {
  /** Its name in Debian and Ubuntu. */
  readonly name: string;
  readonly purpose: PackagePurpose;
  /** Programs it brings; all must be found for the package to count as there. */
  readonly programs?: readonly string[];
  /** Files it brings; one of them is enough. */
  readonly files?: readonly string[];
}

/** Where systems put the browser that the report is opened in. Ubuntu's package is a wrapper around another system. */
const browsers = [
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/usr/bin/chromium-browser",
  "/snap/bin/chromium",
];

/** The browser of this machine, of Chromium's kind; undefined where there is none. */
export function browserPath(exists: (file: string) => boolean = existsSync): string | undefined {
  return browsers.find(exists);
}

/** A tool that was installed by hand counts too: presence is a matter of files, not of the package database. */
const systemPackages: readonly SystemPackage[] = [
  { name: "containerd", purpose: "cluster", programs: ["containerd", "ctr"] },
  { name: "runc", purpose: "cluster", programs: ["runc"] },
  {
    name: "containernetworking-plugins",
    purpose: "cluster",
    files: ["/usr/lib/cni/ptp", "/opt/cni/bin/ptp", "/usr/libexec/cni/ptp"],
  },
  { name: "iproute2", purpose: "cluster", programs: ["ip"] },
  { name: "nftables", purpose: "cluster", programs: ["nft"] },
  { name: "mmdebstrap", purpose: "images", programs: ["mmdebstrap"] },
  // Ubuntu has it in its archive; without it Debian's packages cannot be verified there.
  {
    name: "debian-archive-keyring",
    purpose: "images",
    files: [
      "/usr/share/keyrings/debian-archive-keyring.gpg",
      "/usr/share/keyrings/debian-archive-keyring.pgp",
    ],
  },
  { name: "dcmtk", purpose: "smoke", programs: ["echoscu", "storescu"] },
  {
    name: "chromium",
    purpose: "browser",
    files: browsers,
  },
];

const purposes: readonly PackagePurpose[] = ["cluster", "images", "smoke", "browser"];

/** Folders searched for programs: root's own tools are often not on a user's PATH. */
function programFolders(): string[] {
  return [...(process.env.PATH ?? "").split(delimiter), "/usr/local/sbin", "/usr/sbin", "/sbin"];
}

function isThere(one: SystemPackage, exists: (file: string) => boolean): boolean {
  const programs = one.programs ?? [];
  const folders = programFolders();
  return (
    programs.every((program) => folders.some((folder) => exists(`${folder}/${program}`))) &&
    (one.files === undefined || one.files.some(exists))
  );
}

/** Names of the Debian packages that the given purposes need and this machine lacks. */
export function missingPackages(
  wanted: readonly PackagePurpose[] = purposes,
  exists: (file: string) => boolean = existsSync,
): string[] {
  return systemPackages
    .filter((one) => wanted.includes(one.purpose) && !isThere(one, exists))
    .map((one) => one.name);
}

/** Why packages cannot be installed here, or undefined when they can. */
export function installObstacle(
  osRelease: string,
  uid: number | undefined,
  names: readonly string[],
): string | undefined {
  const ids = osRelease
    .split("\n")
    .filter((line) => /^ID(_LIKE)?=/.test(line))
    .flatMap((line) =>
      line
        .replace(/^[^=]*=/, "")
        .replaceAll('"', "")
        .split(" "),
    );
  const list = names.join(" ");
  if (!ids.includes("debian") && !ids.includes("ubuntu")) {
    return (
      `Packages are installed on Debian and Ubuntu only; this is ${ids[0] ?? "something else"}. ` +
      `Install what these Debian packages hold yourself: ${list}.`
    );
  }
  if (uid !== 0) {
    return `Packages are installed as root only. Run: sudo apt-get install --no-install-recommends ${list}`;
  }
  return undefined;
}

/** How to install: what to ask, and where progress goes. */
export interface InstallOptions {
  /** Asked once with the names before anything happens; false leaves the machine as it is. */
  readonly confirm: (names: readonly string[]) => Promise<boolean>;
  readonly report: (line: string) => void;
}

/**
 * Installs Debian packages by apt-get without recommended ones, and removes none. No service is started: the
 * sandbox runs its own containerd, and one that already runs is left alone.
 *
 * @throws on other systems, without root, when refused, and when apt-get fails; each says what to do.
 */
export async function installPackages(names: readonly string[], options: InstallOptions): Promise<void> {
  if (names.length === 0) return;
  const release = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  const obstacle = installObstacle(release, process.getuid?.(), names);
  if (obstacle !== undefined) throw new Error(obstacle);
  options.report(`system packages to install: ${names.join(" ")}`);
  if (!(await options.confirm(names))) {
    throw new Error(
      `The sandbox needs the system packages ${names.join(" ")}, and installing them was refused.`,
    );
  }
  await aptGet(["update"], options.report);
  await withoutServiceStart(() =>
    aptGet(["install", "--yes", "--no-install-recommends", "--no-remove", ...names], options.report),
  );
  if (names.includes("containerd") && existsSync("/run/systemd/system")) {
    // Installed just now, so nobody relies on it at the next boot either.
    await execa("systemctl", ["disable", "containerd.service"], { reject: false });
  }
}

async function aptGet(args: readonly string[], report: (line: string) => void): Promise<void> {
  const child = execa("apt-get", [...args], {
    env: { DEBIAN_FRONTEND: "noninteractive" },
    stdin: "ignore",
    all: true,
    reject: false,
  });
  if (child.all !== undefined) {
    createInterface({ input: child.all }).on("line", (line) => {
      if (/^(Need to get|Setting up) /.test(line)) report(line.trim());
    });
  }
  const result = await child;
  if (!result.failed) return;
  const tail = result.all.trim().split("\n").slice(-8).join("\n");
  throw new Error(`apt-get ${args.join(" ")} failed:\n${tail}\nMend what it says, then run this again.`);
}

/** Debian asks /usr/sbin/policy-rc.d before it starts a service; 101 is its word for no. */
async function withoutServiceStart(work: () => Promise<void>): Promise<void> {
  const policy = "/usr/sbin/policy-rc.d";
  const text = "#!/bin/sh\n# Portolan's, for the time of one installation.\nexit 101\n";
  // One that a killed run left behind is ours to remove too.
  const own = !existsSync(policy) || readFileSync(policy, "utf8") === text;
  if (own) await writeFile(policy, text, { mode: 0o755 });
  try {
    await work();
  } finally {
    if (own) await rm(policy, { force: true });
  }
}
