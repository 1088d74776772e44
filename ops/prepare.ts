import { createInterface } from "node:readline/promises";
import { execa } from "execa";
import type { CloudName } from "../sandbox/clouds/core/backend.ts";
import { writeHandle } from "../sandbox/cluster/handle.ts";
import {
  type ClusterHandle,
  checkMachine,
  clusterStatus,
  clusterTools,
  describeProblem,
  importImages,
  readHandle,
  startCluster,
  useCluster,
} from "../sandbox/cluster/index.ts";
import { installControllers } from "../sandbox/controllers/index.ts";
import { ensureImages, type ImageName, imageRef, imageTools } from "../sandbox/images/index.ts";
import { installPackages, missingPackages } from "../sandbox/packages.ts";
import { ensureCrds, ensureTools, type ToolName, toolPath } from "../sandbox/toolchain/index.ts";
import { stopping } from "./interrupt.ts";
import { duration, size } from "./report/html.ts";
import type { Settings } from "./settings.ts";
import { isAsked, type Outcome, type StepSpec } from "./steps.ts";

/** What preparing learns; filled by its steps. */
export interface Prepared {
  cluster: ClusterHandle | undefined;
  /** Image references by the vocabulary's names. */
  images: Record<string, string>;
  archives: Record<string, number>;
  /** The cluster was there before, or nobody looked yet: somebody else's to stop. */
  wasRunning: boolean;
}

/** What is known before the first step. */
export function newPrepared(): Prepared {
  return { cluster: undefined, images: {}, archives: {}, wasRunning: true };
}

/** The tools that a run of the commands needs beside the cluster's own and the images'. */
const clientTools: readonly ToolName[] = ["pulumi", "helm3", "kubectl"];

/** Images that stacks name; `edge` and `pause` are the cluster's own affair. */
const stackImages: readonly ImageName[] = ["postgres", "redis", "s3", "orthanc", "probe"];

/** What a simulated cloud adds: its own agent and disks, and what empties a cluster before the network goes. */
const cloudImages: readonly ImageName[] = ["drain", "cloud", "local-path-provisioner"];

/** What one of them adds: the program that holds its buckets, where that is not S3's. */
const bucketImages: Readonly<Partial<Record<CloudName, readonly ImageName[]>>> = { gcp: ["gcs"] };

/** What a command needs beside what every stack does. */
export interface Further {
  /** Tools beside those that the cluster and the engine run. */
  readonly tools?: readonly ToolName[];
  readonly cloud?: CloudName | undefined;
  /** Simulated nodes, also for root. */
  readonly simulated?: boolean;
}

function imagesOf({ cloud }: Further): readonly ImageName[] {
  return cloud === undefined ? stackImages : [...stackImages, ...cloudImages, ...(bucketImages[cloud] ?? [])];
}

/** Whether a cluster of the user's own was named. */
export function isOwnCluster(settings: Settings): boolean {
  return settings.CONTEXT !== undefined;
}

/** Python's pip fetches the DICOM test images; it is one package more where it is missing. */
async function missingEverything(): Promise<string[]> {
  const pip = await execa("python3", ["-m", "pip", "--version"], { reject: false, stdin: "ignore" });
  return [...missingPackages(), ...(pip.exitCode === 0 ? [] : ["python3-pip"])];
}

async function confirmed(names: readonly string[]): Promise<boolean> {
  if (!isAsked()) return true;
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await ask.question(`Install these system packages: ${names.join(" ")}? [Y/n] `);
  ask.close();
  return /^(|y|yes)$/i.test(answer.trim());
}

/** Before the list on the screen begins, since a question and moving lines do not go together. */
export async function settlePackages(
  settings: Settings,
  say: (line: string) => void,
  further: Further = {},
): Promise<void> {
  if (isOwnCluster(settings) || isSimulated(further)) return;
  const names = await missingEverything();
  if (names.length === 0) return;
  await installPackages(names, { confirm: confirmed, report: say });
}

async function machine(): Promise<Outcome> {
  const problems = checkMachine();
  if (problems.length > 0) throw new Error(problems.map(describeProblem).join("; "));
  return { detail: "fit for a sandbox" };
}

/** All that this run needs, in one go: programs of one family share most of what is compiled. */
async function tools(settings: Settings, further: Further, report: (line: string) => void): Promise<Outcome> {
  const sandbox = isOwnCluster(settings)
    ? []
    : [...clusterTools(isSimulated(further)), ...(isSimulated(further) ? [] : imageTools(imagesOf(further)))];
  const names = [...new Set([...clientTools, ...sandbox, ...(further.tools ?? [])])];
  const absent = names.filter((name) => toolPath(name) === undefined);
  await ensureTools(names, report);
  await ensureCrds(report);
  return { detail: absent.length === 0 ? "all there" : `built ${absent.join(", ")}` };
}

/** Without root there is no node that could run an image. */
function isSimulated({ simulated }: Further): boolean {
  return simulated ?? process.getuid?.() !== 0;
}

async function images(
  prepared: Prepared,
  further: Further,
  report: (line: string) => void,
): Promise<Outcome> {
  const names = imagesOf(further);
  if (isSimulated(further)) {
    for (const name of names) prepared.images[name] = imageRef(name);
    return { detail: "none needed: pods are simulated" };
  }
  const built = await ensureImages(names, report);
  for (const image of built) {
    prepared.images[image.name] = image.ref;
    prepared.archives[image.ref] = image.bytes;
  }
  const bytes = built.reduce((sum, image) => sum + image.bytes, 0);
  return { detail: `${built.length} images, ${size(bytes)}` };
}

async function cluster(
  name: string,
  prepared: Prepared,
  further: Further,
  report: (line: string) => void,
): Promise<Outcome> {
  const begin = performance.now();
  const running = (await clusterStatus(name)).state === "ready";
  prepared.wasRunning = running;
  const handle = await startCluster({ name, report, simulated: isSimulated(further), signal: stopping });
  prepared.cluster = handle;
  const ready = performance.now() - begin;
  const archives = handle.simulated ? [] : await ensureImages(imagesOf(further));
  const [imported] = await Promise.all([
    importImages(handle, archives, report),
    addControllers(handle, report),
  ]);
  const how = running ? "was running" : `ready in ${duration(ready)}`;
  return {
    detail: `${how}, ${imported.length} images imported${handle.simulated ? ", PODS ARE SIMULATED" : ""}`,
  };
}

/** Edge, certificates and network policies; their process joins those that the handle knows. */
async function addControllers(handle: ClusterHandle, report: (line: string) => void): Promise<void> {
  const started = await installControllers(handle, report);
  const known = readHandle(handle.name);
  const fresh = started.filter((process) => !known?.pids.some((pid) => pid.pid === process.pid));
  if (known !== undefined && fresh.length > 0) writeHandle({ ...known, pids: [...known.pids, ...fresh] });
}

/** The steps that make a cluster to work on: the sandbox's, or the user's own as it is. */
export function prepareSteps(settings: Settings, prepared: Prepared, further: Further = {}): StepSpec[] {
  if (settings.CONTEXT !== undefined) {
    const context = settings.CONTEXT;
    return [
      { name: "Tools", run: ({ report }) => tools(settings, further, report) },
      {
        name: `Cluster of context ${context}`,
        run: async () => {
          const kubeconfig = settings.KUBECONFIG ?? `${process.env.HOME ?? ""}/.kube/config`;
          prepared.cluster = useCluster({ kubeconfig, context });
          return { detail: "the user's own, used as it is" };
        },
      },
    ];
  }
  return [
    { name: "Machine", run: machine },
    { name: "Tools", run: ({ report }) => tools(settings, further, report) },
    { name: "Images", run: ({ report }) => images(prepared, further, report) },
    {
      name: "Cluster",
      run: ({ report }) => cluster(settings.SANDBOX, prepared, further, report),
      hints: () => ["node ops/main.ts sandbox status", "make doctor"],
    },
  ];
}
