import { duration } from "./html.ts";
import { type Receipt, type Report, tally } from "./model.ts";
import { receiptWords, verdict } from "./page.ts";

/** Where things are after a drill. */
export interface Whereabouts {
  readonly evidence: string;
  /** A sandbox cluster that was left running, and what removes it. */
  readonly kept: { readonly removedBy: string } | undefined;
  /** The stack's own folder, where it is still there. */
  readonly work: string | undefined;
  /** Somebody asked to stop. */
  readonly interrupted: boolean;
}

const marks = { passed: "ok  ", failed: "FAIL", skipped: "--  " } as const;

/** The last screen of a drill: a line a step, what failed, where to look. At most some 30 lines of 100 characters. */
export function renderSummary(report: Report, where: Whereabouts): string {
  const longest = Math.max(...report.steps.map((step) => step.name.length), 10);
  const lines = report.steps.map((step) => {
    const held =
      step.checks.length === 0
        ? ""
        : ` [${step.checks.filter((check) => check.ok).length}/${step.checks.length}]`;
    const time = step.status === "skipped" ? "" : duration(step.ms);
    const room = Math.max(20, 100 - longest - 20);
    const detail = step.detail.length > room ? `${step.detail.slice(0, room - 1)}…` : step.detail;
    return `  ${marks[step.status]} ${step.name.padEnd(longest)} ${time.padStart(11)}  ${detail}${held}`;
  });
  const broken = report.steps.filter((step) => step.status === "failed");
  const failures = broken.flatMap((step) => [
    "",
    `  ${step.name}: ${step.detail}`,
    ...step.checks.filter((check) => !check.ok).map((check) => `    not so: ${check.name} (${check.detail})`),
    ...(step.lookInto ?? []).map((hint) => `    look: ${hint}`),
  ]);
  const { failed } = tally(report.steps);
  return [
    "",
    `Portolan drill of ${report.app}${report.full ? " (full)" : ""}: ${verdict(report)}, ${duration(report.ms)}`,
    ...lines,
    ...failures,
    ...stays(report.receipt),
    "",
    `  report: ${where.evidence}/report.html`,
    ...(where.kept ? [`  The cluster is kept; \`${where.kept.removedBy}\` removes it with all in it.`] : []),
    ...(where.work === undefined
      ? []
      : [`  The stack's folder is kept: ${where.work}; \`make clean\` removes it.`]),
    ...(where.interrupted ? ["  It was stopped by Ctrl-C."] : []),
    ...(report.target.simulatedPods
      ? [
          "  PODS WERE SIMULATED (not root): nothing was served, and the smoke checks and faults were skipped.",
        ]
      : []),
    failed === 0 && report.ok ? allHeld(report.receipt) : "  Not all of it held.",
    "",
  ].join("\n");
}

function allHeld(receipt: Receipt | null): string {
  const but = stays(receipt).length > 0 ? " but what is listed above" : "";
  return `  All of it held, and nothing was left behind${but}.`;
}

/** What somebody may meet later, or pay for: told whole, however long. */
function stays(receipt: Receipt | null): string[] {
  const list = (title: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : ["", `  ${title}:`, ...lines.map((line) => `    - ${line}`)];
  return receipt === null
    ? []
    : [...list(receiptWords.retained, receipt.retained), ...list(receiptWords.kept, receipt.kept)];
}
