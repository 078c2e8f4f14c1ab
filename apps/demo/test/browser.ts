import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { preview } from "vite";

const web = fileURLToPath(new URL("../web", import.meta.url));

/** Where Debian, others, and Playwright itself put Chromium. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", chromium.executablePath()];

/** Chromium's path; undefined on a machine without it. */
export const chromiumPath: string | undefined = PLACES.find((path) => existsSync(path));

export function launch(executablePath: string): Promise<Browser> {
  // Whoever tests as root, in a container, cannot have the sandbox.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

/** The built page on a port of its own. */
export async function serve(
  headers?: Readonly<Record<string, string>>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  if (!existsSync(`${web}/dist/index.html`))
    throw new Error("The page is not built: run pnpm -F @prune/demo build:web.");
  const server = await preview({
    root: web,
    configFile: `${web}/vite.config.ts`,
    logLevel: "error",
    preview: { port: 0, ...(headers ? { headers } : {}) },
  });
  return { url: server.resolvedUrls!.local[0]!, close: () => server.close() };
}

/** What a page did that it should not have. */
export interface Watch {
  /** Errors and warnings on the console, and errors that nothing caught. */
  readonly complaints: string[];
  /** Addresses that are none of the page's own. */
  readonly foreign: string[];
}

export function watch(page: Page, url: string): Watch {
  const seen: Watch = { complaints: [], foreign: [] };
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) seen.complaints.push(message.text());
  });
  page.on("pageerror", ({ message }) => seen.complaints.push(message));
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !request.url().startsWith("blob:")) seen.foreign.push(request.url());
  });
  return seen;
}

/** Records how long tasks of the main thread take, in `globalThis.longTasks`: those of at least 50 ms. */
export const RECORD_LONG_TASKS = `
  globalThis.longTasks = [];
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.longTasks.push(Math.round(duration));
  }).observe({ type: "longtask" });
`;

/** Violations of accessibility rules that are serious or worse: which rule, and where. */
export async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return page.evaluate<string[]>(`axe.run().then(({ violations }) => violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => id + ": " + html.slice(0, 200))))`);
}
