// Runs cases that the parent names, and tells it how each ended. Ends with the parent.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { makeCase } from "./cases.mjs";

const [, , dir] = process.argv;

/** What the toolkit makes of a case: "done", the code of its error, or what should not have happened. */
async function outcomeOf({ work, output }) {
  try {
    await work();
    return existsSync(output) ? { code: "done" } : { fault: "saved nothing" };
  } catch (error) {
    const code = error?.name === "UsageError" ? "usage" : error?.name === "PruneError" && error.code;
    if (!code) return { fault: error?.stack ?? String(error) };
    if (existsSync(output)) return { fault: `left a file behind: ${error.message}` };
    return { code, message: error.message };
  }
}

async function runCase(n) {
  const made = await makeCase(n, join(dir, "case"));
  process.send({ n, kind: made.kind, ...(await outcomeOf(made)), rss: process.memoryUsage.rss() });
}

process.on("message", ({ n }) => void runCase(n));
process.on("unhandledRejection", (error) => process.send({ stray: error?.stack ?? String(error) }));
process.send({ ready: true });
