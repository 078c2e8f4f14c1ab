#!/usr/bin/env node
import nodeModule from "node:module";

// Some hundred small modules start faster where what V8 made of them is kept (from Node.js 22.1 on).
(nodeModule as { readonly enableCompileCache?: () => unknown }).enableCompileCache?.();
const { Interruption } = await import("./lib/interruption.ts");
const { main } = await import("./main.ts");

const interruption = new Interruption();
// Leaving through process.exit lets whoever is writing a file remove its temporary one.
process.on("SIGINT", () => {
  if (!interruption.raise()) process.exit(130);
});
process.on("SIGTERM", () => process.exit(130));
// A reader that has seen enough, as in `prune inspect model.onnx | head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

process.exitCode = await main(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr, interruption });
