import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { reportHtml } from "../src/report-html.ts";
import type { AnyReport } from "../src/types.ts";
import { chromiumPath, launch } from "./browser.ts";
import { sample, sampleSweep } from "./sample.ts";

if (chromiumPath === undefined)
  console.warn("The page's tests are skipped: there is no Chromium. Install it with apt-get install chromium.");

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LONG = "a-name-that-never-ends-".repeat(12);
const HOSTILE = `</script></title></style></svg>"><img src="https://example.org/x.png" onerror="alert(1)">`;

const { files, before, after, layers, groups, graph, latency } = sample("conv");
const REPORTS: Readonly<Record<string, AnyReport>> = {
  run: sample("conv"),
  sweep: sampleSweep("n"),
  "a sweep of long names": sampleSweep(LONG),
  "a sweep of hostile names": sampleSweep(HOSTILE),
  "long names": sample(LONG),
  "hostile names": sample(HOSTILE),
  "comparison": { format: "prune-comparison/1", files: [files.before, files.after], costs: [before, after], layers, groups, graph, latency: latency! }, // prettier-ignore
  sensitivity: {
    format: "prune-sensitivity/1",
    file: files.before,
    data: "test.npz",
    samples: 100,
    metric: "accuracy",
    scorer: "l2",
    baseline: 0.9,
    groups: [0.2, 0.8].map((value, i) => ({ group: `g${i}`, kind: "channels", size: 8, points: [{ removed: 4, sparsity: 0.5, value }] })), // prettier-ignore
  },
};

describe.skipIf(chromiumPath === undefined)("in a browser", { timeout: 60_000 }, () => {
  let folder: string;
  let browser: Browser;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "prune-report-"));
    browser = await launch(chromiumPath!);
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Opens a page; what it complains of, or asks for beside itself, is in `seen`. */
  async function open(report: AnyReport, width: number, colorScheme: "light" | "dark"): Promise<{ page: Page; seen: string[] }> {
    const path = join(folder, "report.html");
    writeFileSync(path, reportHtml(report));
    const url = pathToFileURL(path).href;
    const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme });
    const seen: string[] = [];
    page.on("console", (message) => seen.push(message.text()));
    page.on("pageerror", (error) => seen.push(error.message));
    page.on("dialog", (dialog) => seen.push(dialog.message()));
    page.on("request", (request) => request.url() !== url && seen.push(request.url()));
    await page.goto(url);
    return { page, seen };
  } // prettier-ignore

  // Each by every width and scheme, and every combination for the largest.
  const screens = [
    [1280, "light"],
    [390, "dark"],
    [1280, "dark"],
    [390, "light"],
  ] as const;
  const cases = Object.keys(REPORTS).flatMap((name, i) =>
    screens.slice(0, i === 0 ? 4 : 2).map((screen) => [name, ...screen] as const),
  );

  test.each(cases)("%s, %i pixels wide, %s: nothing for axe to find, nothing sticks out", async (name, width, scheme) => {
    const { page, seen } = await open(REPORTS[name]!, width, scheme);
    await page.evaluate("for (const part of document.querySelectorAll('details')) part.open = true");
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    await page.evaluate(axe);
    const found: unknown = await page.evaluate(
      "axe.run().then(({ violations }) => violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ': ' + html.slice(0, 200))))",
    );
    expect(found).toEqual([]);
    expect(seen).toEqual([]);
    await page.close();
  }); // prettier-ignore

  test("a keyboard finds the way: past the contents, and into everything that opens or scrolls", async () => {
    const { page } = await open(REPORTS["run"]!, 390, "light");
    const focused = (what: string): Promise<string> => page.evaluate(`document.activeElement.${what}`);
    await page.keyboard.press("Tab");
    expect(await focused("textContent")).toBe("Skip to the report");
    await page.keyboard.press("Enter");
    expect(await focused("id")).toBe("main");
    await page.keyboard.press("Tab");
    expect(await focused("tagName")).toBe("SUMMARY");
    await page.keyboard.press("Enter");
    expect(await focused("parentElement.open")).toBe(true);
    await page.close();
  });

  test("names that a model brings make no elements and ask for nothing, even without the policy", async () => {
    const path = join(folder, "hostile.html");
    writeFileSync(path, reportHtml(REPORTS["hostile names"]!).replace(/<meta http-equiv[^>]*>/, ""));
    const page = await browser.newPage();
    const seen: string[] = [];
    page.on("dialog", (dialog) => seen.push(dialog.message()));
    page.on("request", (request) => !request.url().startsWith("file:") && seen.push(request.url()));
    await page.goto(pathToFileURL(path).href);
    expect(await page.evaluate("document.querySelectorAll('img, script').length")).toBe(0);
    expect(await page.title()).toContain('onerror="alert(1)">before.onnx');
    expect(seen).toEqual([]);
    writeFileSync(path, reportHtml(REPORTS["a sweep of hostile names"]!).replace(/<meta http-equiv[^>]*>/, ""));
    await page.goto(pathToFileURL(path).href);
    expect(await page.evaluate("document.querySelectorAll('img').length + document.querySelectorAll('script').length")).toBe(1); // prettier-ignore
    expect(seen).toEqual([]);
    await page.close();
  });

  test("jobs of a sweep are sorted and filtered by keyboard, and points of pictures with them", async () => {
    const { page, seen } = await open(REPORTS["sweep"]!, 1280, "light");
    const names = (): Promise<string[]> => page.evaluate("[...document.querySelectorAll('.jobs tbody tr:not([hidden])')].map((row) => row.cells[0].firstChild.textContent.slice(0, 2) + row.cells[1].textContent)"); // prettier-ignore
    const points = (): Promise<number> => page.evaluate("[...document.querySelectorAll('#front .chart [data-row]')].filter((p) => getComputedStyle(p).display !== 'none').length"); // prettier-ignore
    const sorted = (): Promise<string> => page.evaluate("document.querySelectorAll('.jobs th[scope=col]')[1].getAttribute('aria-sort')"); // prettier-ignore
    expect(await names()).toEqual(["nl89.00%", "nl80.00%", "nl85.00%", "nl50.00%", "nl", "nl"]);
    expect([await points(), await sorted()]).toEqual([8, "none"]);

    await page.getByRole("button", { name: "Accuracy" }).focus();
    await page.keyboard.press("Enter");
    expect([await sorted(), ...(await names())]).toEqual(["ascending", "nl50.00%", "nl80.00%", "nl85.00%", "nl89.00%", "nl", "nl"]); // prettier-ignore
    await page.keyboard.press("Space");
    expect([await sorted(), ...(await names())]).toEqual(["descending", "nl89.00%", "nl85.00%", "nl80.00%", "nl50.00%", "nl", "nl"]); // prettier-ignore

    await page.getByLabel("scorer").selectOption("nl1");
    expect([await names(), await points()]).toEqual([["nl89.00%", "nl85.00%", "nl"], 4]);
    expect(await page.getByRole("status").textContent()).toBe("3 of 6 shown");
    await page.getByLabel("scorer").selectOption("");
    await page.getByLabel("only those on a front").check();
    expect([await names(), await points()]).toEqual([["nl89.00%", "nl85.00%", "nl50.00%"], 6]);
    expect(seen).toEqual([]);
    await page.close();
  });

  test("without scripts, a sweep shows all jobs in the order of the grid, and nothing that would do nothing", async () => {
    const path = join(folder, "no-script.html");
    writeFileSync(path, reportHtml(REPORTS["sweep"]!));
    const context = await browser.newContext({ javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(pathToFileURL(path).href);
    expect(await page.locator(".jobs tbody tr").count()).toBe(6);
    expect(await page.locator("button, .filters:visible").count()).toBe(0);
    await context.close();
  });

  test("the policy lets the page's own script run, and no other", async () => {
    const path = join(folder, "policy.html");
    writeFileSync(path, reportHtml(REPORTS["sweep"]!).replace("</main>", "<script>document.title = 'mine'</script></main>")); // prettier-ignore
    const page = await browser.newPage();
    await page.goto(pathToFileURL(path).href);
    expect(await page.title()).toBe("ngrid · Sweep");
    expect(await page.getByRole("status").textContent()).toBe("6 of 6 shown");
    await page.close();
  });
});
