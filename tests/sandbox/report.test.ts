import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { renderReport } from "../../ops/report/page.ts";
import { browserPath } from "../../sandbox/packages.ts";
import { sample } from "./report-sample.ts";

const executable = browserPath() ?? "";
// Without these a headless Chromium looks up its maker's hosts at each start.
const flags = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Runs where a Chromium is installed; `make drill` and `make doctor` name the package. */
describe.runIf(executable !== "")("the report in a real browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "portolan-report-"));
  const file = join(folder, "report.html");
  let browser: Browser;

  beforeAll(async () => {
    writeFileSync(file, renderReport(sample));
    browser = await chromium.launch({ executablePath: executable, args: flags });
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(
    width: number,
    colorScheme: "light" | "dark",
    look: (page: Page, problems: string[]) => Promise<void>,
  ) {
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const problems: string[] = [];
    page.on("console", (message) => problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:") && !request.url().startsWith("data:"))
        problems.push(request.url());
    });
    await page.goto(pathToFileURL(file).href);
    const keep = process.env.PORTOLAN_SCREENSHOTS;
    if (keep)
      await page.screenshot({ path: join(keep, `report-${width}-${colorScheme}.png`), fullPage: true });
    await look(page, problems);
    await page.close();
  }

  for (const width of [390, 1280]) {
    for (const scheme of ["light", "dark"] as const) {
      it(`opens at ${width} px in ${scheme} without an error, a request or a sideways scroll`, async () => {
        await open(width, scheme, async (page, problems) => {
          const overflow = await page.evaluate("document.documentElement.scrollWidth - window.innerWidth");
          expect(overflow).toBeLessThanOrEqual(0);
          expect(problems).toEqual([]);
        });
      });
    }
  }

  it("draws the picture that fits the screen, with a box for everything in it", async () => {
    for (const [width, kind] of [
      [1280, "wide"],
      [390, "tall"],
    ] as const) {
      await open(width, "light", async (page) => {
        const box = await page.locator(`svg.topology.${kind}`).boundingBox();
        expect(box?.width).toBeGreaterThan(300);
        expect(box?.height).toBeGreaterThan(200);
        const boxes = page.locator(`svg.topology.${kind} g.box`);
        expect(await boxes.count()).toBe(sample.cluster?.topology.nodes.length);
        const text = await boxes.first().locator(".label").boundingBox();
        expect(text?.height).toBeGreaterThan(8);
      });
    }
  });

  it("shows what failed, and treats markup from the cluster as text", async () => {
    await open(1280, "light", async (page) => {
      expect(await page.getByText("pixel data read back <b>equal</b>").isVisible()).toBe(true);
      expect(await page.locator("script").count()).toBe(0);
    });
  });
});
