import { existsSync } from "node:fs";
import { cp, mkdir, readFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as tf from "@tensorflow/tfjs-core";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fromLayersModel, loadWasm, saveTfjs } from "../src/node/index.ts";
import type { PageResult } from "./page-calls.ts";
import { fillWeights, folder } from "./prune.ts";
import { human } from "./shipped.ts";
import { small } from "./zoo.ts";

// A page, bundled as an application would be, in headless Chromium. Nothing is downloaded for it: where no browser is
// installed, the tests are skipped, and say so.

const KNOWN = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", "/opt/google/chrome/chrome"];
const browserPath = [process.env["CHROME_PATH"] ?? "", chromium.executablePath(), ...KNOWN].find((path) => path && existsSync(path)); // prettier-ignore
if (browserPath === undefined)
  console.warn("No Chromium was found, so that what happens in a page is not tested: install one, or set CHROME_PATH.");

const TYPES: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".wasm": "application/wasm" }; // prettier-ignore

function serve(root: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname.replace(/\/$/, "/index.html");
    void readFile(join(root, path)).then(
      (bytes) => response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream").end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

describe.skipIf(browserPath === undefined)("in headless Chromium", { timeout: 60_000 }, () => {
  let server: Server;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    const root = await folder();
    await build({
      root: fileURLToPath(new URL("page", import.meta.url)),
      build: { outDir: root, emptyOutDir: true, minify: false, assetsInlineLimit: 0, chunkSizeWarningLimit: 10_000 },
      resolve: { conditions: ["@prune/source", "module", "browser", "development|production"] },
      logLevel: "error",
      configFile: false,
    });
    await loadWasm();
    await tf.setBackend("wasm");
    await mkdir(join(root, "layers"));
    await saveTfjs(await fromLayersModel(fillWeights(small())), join(root, "layers/model.json"));
    const graph = human("emotion");
    await cp(dirname(graph), join(root, "graph"), { recursive: true, filter: (path) => path === dirname(graph) || /emotion\.(json|bin)$/.test(path) }); // prettier-ignore
    server = await serve(root);
    browser = await chromium.launch({
      executablePath: browserPath!,
      args: ["--no-sandbox", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
    });
    page = await browser.newPage();
    page.on("console", (message) => {
      if (message.type() === "error") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.waitForFunction(() => "page" in globalThis);
  }, 120_000);

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const checkResult = ({ macs, params, exact, difference, keptDifference, bytes }: PageResult): void => {
    expect(macs).toBeLessThanOrEqual(0.5);
    expect(params).toBeLessThan(0.9);
    expect(exact).toBe(true);
    expect(difference).toBeLessThan(1e-3);
    expect(keptDifference).toBeLessThan(1e-3);
    expect(bytes.after).toBeLessThan(bytes.before);
    expect(complaints).toEqual([]);
  };

  test.each(["wasm", "webgl"])("a LayersModel is loaded, pruned, run and kept, on %s", async (backend) => {
    checkResult(await page.evaluate((name) => globalThis.page.layersModel(name, "layers/model.json"), backend));
  });

  test("so is a GraphModel", async () => {
    checkResult(await page.evaluate(() => globalThis.page.graphModel("wasm", "graph/emotion.json")));
  });

  test("a pruned model is trained in the page", async () => {
    const { before, after } = await page.evaluate(() => globalThis.page.training("wasm", "layers/model.json"));
    expect(after).toBeLessThan(0.8 * before);
    expect(complaints).toEqual([]);
  });
});
