import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

/** Where Debian, others, and Playwright itself put Chromium. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome", chromium.executablePath()];

/** Chromium's path; undefined on a machine without it. */
export const chromiumPath: string | undefined = PLACES.find((path) => existsSync(path));

export function launch(executablePath: string): Promise<Browser> {
  // Whoever tests as root, in a container, cannot have the sandbox.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}
