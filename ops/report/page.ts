import { duration, fold, size, table, text } from "./html.ts";
import { type Check, type ClusterEvidence, type Receipt, type Report, type Step, tally } from "./model.ts";
import { style } from "./style.ts";
import { svg } from "./topology.ts";

/** The page's verdict in a sentence, also the last line of the summary on the screen. */
export function verdict(report: Report): string {
  const { passed, failed } = tally(report.steps);
  const broken = report.steps.find((step) => step.status === "failed");
  const counts = `${passed} passed, ${failed} failed`;
  return broken === undefined ? counts : `${counts}: ${broken.name}`;
}

/** `report.html`: one file with no asset outside itself. Pure: the same report gives the same page. */
export function renderReport(report: Report): string {
  const title = `Portolan drill: ${report.app}, ${report.ok ? "all well" : "failed"}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,">
<title>${text(title)}</title>
<style>${style}</style>
</head>
<body>
<main>
${top(report)}
${steps(report.steps)}
${report.cluster === null ? "" : picture(report.cluster)}
${tenants(report)}
${receipt(report.receipt)}
${report.cluster === null ? "" : cluster(report.cluster)}
${versions(report)}
</main>
</body>
</html>
`;
}

function section(title: string, body: string): string {
  return `<section><h2>${text(title)}</h2>\n${body}\n</section>`;
}

function top(report: Report): string {
  const { passed, failed } = tally(report.steps);
  const fact = (value: string, label: string) =>
    `<div><b>${text(value)}</b><span>${text(label)}</span></div>`;
  const notice = report.target.simulatedPods
    ? '<p class="notice">Pods were simulated on this machine, so the smoke checks were skipped.</p>'
    : "";
  return `<header class="${report.ok ? "good" : "bad"}">
<h1>${text(report.app)}: from nothing to served and back to nothing</h1>
<p>${text(verdict(report))} · ${text(report.startedAt)} · ${text(report.target.what)}</p>
${notice}
<div class="facts">${[
    fact(String(passed), "held"),
    fact(String(failed), "failed"),
    fact(duration(report.ms), "in all"),
    fact(String(report.tenants.length), "tenants"),
    fact(report.full ? "full" : "short", "form"),
    fact(report.receipt === null ? "–" : String(report.receipt.left.length), "left behind"),
  ].join("")}</div>
</header>`;
}

function pill(status: Step["status"]): string {
  return `<span class="pill ${status}">${status}</span>`;
}

function checks(list: readonly Check[]): string {
  const rows = list.map((check) => [
    pill(check.ok ? "passed" : "failed"),
    text(check.name),
    text(check.detail),
    `<span class="n">${duration(check.ms)}</span>`,
  ]);
  return `<div class="checks">${table(["", "What was checked", "What was seen", "Time"], rows)}</div>`;
}

function steps(list: readonly Step[]): string {
  const longest = Math.max(1, ...list.map((step) => step.ms));
  const rows = list.map((step) => {
    const head =
      `<span class="step">${pill(step.status)}<span>${text(step.name)}</span>` +
      `<span class="n">${duration(step.ms)}</span>` +
      `<span class="bar"><i style="width:${((100 * step.ms) / longest).toFixed(1)}%"></i></span>` +
      `<span class="detail">${text(step.detail)}</span></span>`;
    const hints = (step.lookInto ?? []).map((line) => `<pre>${text(line)}</pre>`).join("");
    const inside = (step.checks.length === 0 ? "" : checks(step.checks)) + hints;
    if (inside === "") return `<div class="plain">${head}</div>`;
    return `<details${step.status === "failed" ? " open" : ""}><summary>${head}</summary>${inside}</details>`;
  });
  return section("Steps", rows.join("\n"));
}

function picture(evidence: ClusterEvidence): string {
  const kinds = ["client", "route", "service", "workload", "claim"];
  const legend = kinds
    .map((kind) => `<span><i style="background:var(--${kind})"></i>${kind}</span>`)
    .join("");
  return section(
    "Topology",
    `${svg(evidence.topology, "wide")}${svg(evidence.topology, "tall")}<div class="legend">${legend}</div>`,
  );
}

function tenants(report: Report): string {
  const rows = report.tenants.map((tenant) => [
    text(tenant.slug),
    `<code>${text(tenant.url)}</code>`,
    text(tenant.namespace),
    text(`${tenant.release} · revision ${tenant.revision}`),
    text(tenant.chart),
    `<code>${text(tenant.database)}</code>`,
  ]);
  return section("Tenants", table(["Tenant", "Address", "Namespace", "Release", "Chart", "Database"], rows));
}

/** Headings of a receipt, on the page and on the screen. */
export const receiptWords = {
  retained: "What stays in such a cloud, by the stack's own outputs",
  kept: "What the simulated cloud still keeps",
} as const;

function receipt(found: Receipt | null): string {
  if (found === null)
    return section("Receipt", '<p class="none">Not taken: the drill did not get to destroy.</p>');
  const list = (title: string, items: readonly string[]) =>
    items.length > 0 ? `<h3>${text(title)}</h3><pre>${text(items.join("\n"))}</pre>` : "";
  const line = `${found.before} objects before, ${found.after} after; ${found.left.length} left behind, ${found.missing.length} missing.`;
  return section(
    "Receipt",
    [
      `<p class="none">${text(line)}</p>`,
      list("Left behind", found.left),
      list("Gone, though not the drill's", found.missing),
      list(receiptWords.retained, found.retained),
      list(receiptWords.kept, found.kept),
    ].join(""),
  );
}

function cluster(evidence: ClusterEvidence): string {
  const pods = evidence.pods.map((pod) => [
    `<code>${text(pod.name)}</code>`,
    text(pod.namespace),
    text(pod.phase),
    text(pod.ready),
    String(pod.restarts),
    `<code>${pod.images.map(text).join("<br>")}</code>`,
  ]);
  const jobs = evidence.jobs.map((job) => [
    `<code>${text(job.name)}</code>`,
    text(job.namespace),
    text(job.status),
  ]);
  const events = evidence.events.map((event) => [
    `<span class="n">${text(event.at.slice(11, 19))}</span>`,
    text(event.namespace),
    `<span class="pill ${event.type === "Normal" ? "passed" : "skipped"}">${text(event.reason)}</span>`,
    `<code>${text(event.object)}</code>`,
    text(event.message),
  ]);
  const images = evidence.images.map((image) => [
    `<code>${text(image.ref)}</code>`,
    `<code>${text(image.digest)}</code>`,
    image.bytes === 0 ? "–" : size(image.bytes),
  ]);
  return [
    section("Pods", table(["Pod", "Namespace", "Phase", "Ready", "Restarts", "Images"], pods)),
    section("Jobs", table(["Job", "Namespace", "Status"], jobs)),
    section("Images", table(["Image", "Digest", "Archive"], images)),
    section(
      "Events",
      `<details><summary>${events.length} events</summary>${table(["At", "Namespace", "Reason", "Object", "Message"], events)}</details>`,
    ),
    section("Describes", evidence.describes.map((item) => fold(item.title, item.text)).join("\n")),
    section("Logs", evidence.logs.map((item) => fold(item.title, item.text)).join("\n")),
  ].join("\n");
}

function versions(report: Report): string {
  const rows = Object.entries(report.versions).map(([name, version]) => [
    text(name),
    `<code>${text(version)}</code>`,
  ]);
  return section("Versions", table(["What", "Version"], rows));
}
