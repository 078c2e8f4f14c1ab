#!/usr/bin/env node
import { main } from "./main.ts";

// Leaving through process.exit lets whoever is writing a file remove its temporary one.
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(130));
// A reader that has seen enough, as in `prune inspect model.onnx | head`, is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

process.exitCode = await main(process.argv.slice(2));
