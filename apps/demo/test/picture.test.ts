import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { chromiumPath, launch, serve } from "./browser.ts";

const target = fileURLToPath(new URL("../page.png", import.meta.url));

// Made by hand, when the page looks different: PICTURE=1 npx vitest run apps/demo/test/picture.test.ts
test.runIf(process.env["PICTURE"] && chromiumPath)("the picture in the README", { timeout: 300_000 }, async () => {
  const server = await serve();
  const browser = await launch(chromiumPath!);
  const page = await browser.newPage({ viewport: { width: 1280, height: 1150 } });
  try {
    await page.goto(server.url);
    await page.locator("button.primary:enabled").click();
    await page.locator(".results").waitFor({ timeout: 280_000 });
    await page.getByRole("button", { name: /^G1 / }).click();
    await page.evaluate("scrollTo(0, 0)");
    await page.screenshot({ path: target });
    expect(await page.locator(".results tbody tr").count()).toBe(3);
  } finally {
    await browser.close();
    await server.close();
  }
});
