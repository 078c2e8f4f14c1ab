// Makes report.png, the picture in README.md, of the top of a report: node scripts/make-picture.mjs REPORT.html
// The report is that of the command in README.md. Needs Chromium.
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [report] = process.argv.slice(2);
if (report === undefined) throw new Error("Give the page of a report.");

const browser = await chromium.launch({
  executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
});
try {
  const page = await browser.newPage({ viewport: { width: 1180, height: 1180 }, colorScheme: "light" });
  await page.goto(pathToFileURL(report).href);
  await page.screenshot({ path: fileURLToPath(new URL("../report.png", import.meta.url)) });
} finally {
  await browser.close();
}
