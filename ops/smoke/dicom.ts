import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect } from "../checks.ts";

/** A DICOM peer over TLS. */
export interface Peer {
  readonly address: string;
  readonly port: number;
  /** File with the authority's certificate, PEM. */
  readonly caFile: string;
  /** The title that is called. */
  readonly aet: string;
}

// TCP_NODELAY on this end too: each image otherwise waits for delayed acknowledgements.
const env = { TCP_NODELAY: "1" };

async function dcmtk(tool: string, args: readonly string[]): Promise<string> {
  const result = await execa(tool, args, { env, reject: false, all: true, timeout: 60_000, stdin: "ignore" });
  if (result.exitCode === 0) return result.all ?? "";
  if (result.code === "ENOENT") throw new Error(`${tool} is not installed: apt-get install dcmtk`);
  throw new Error(
    `${tool} ended with ${result.exitCode ?? result.signal ?? "a time-out"}: ${lastLines(result.all ?? "")}`,
  );
}

function lastLines(text: string): string {
  return text.trim().split("\n").slice(-4).join(" / ");
}

function tls(peer: Peer): string[] {
  return ["+tla", "+cf", peer.caFile];
}

/** C-ECHO. Throws with dcmtk's own words when refused. */
export function echo(peer: Peer): Promise<string> {
  return dcmtk("echoscu", [...tls(peer), "-to", "10", "-aec", peer.aet, peer.address, String(peer.port)]);
}

/** C-STORE of one file, in the transfer syntax it has. */
export function store(peer: Peer, file: string): Promise<string> {
  return dcmtk("storescu", [
    ...tls(peer),
    "-R",
    "-to",
    "10",
    "-aec",
    peer.aet,
    peer.address,
    String(peer.port),
    file,
  ]);
}

/** The value of an element, such as `StudyInstanceUID`. */
export async function element(file: string, name: string): Promise<string> {
  const out = await dcmtk("dcmdump", ["+P", name, file]);
  const value = out.match(/\[([^\]]*)\]/)?.[1];
  expect(value !== undefined, `${file} has no ${name}`);
  return value;
}

/** SHA-256 of a file's pixel data as dcmdump writes it out, and how many bytes it has. `work` is a folder of its own. */
export async function pixels(file: string, work: string): Promise<{ hash: string; bytes: number }> {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  await dcmtk("dcmdump", ["+W", work, "-M", file]);
  const raw = readdirSync(work)
    .sort()
    .map((name) => readFileSync(join(work, name)));
  const data = Buffer.concat(raw);
  expect(data.length > 0, `${file} has no pixel data`);
  return { hash: createHash("sha256").update(data).digest("hex"), bytes: data.length };
}
