// Wall time and peak memory of `prune run` in units of loading and running the model once: interleaved medians of five.
// Prints a table, and writes it to results.md.
//   node benchmarks/prune-run/run.mjs MODEL.onnx…          (needs GNU time for the memory)
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { table } from "../table.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "prune-run-"));
const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];

/** Runs a command to its end: seconds, and the peak in MiB. */
function measure(args) {
  const peak = join(dir, "peak");
  const start = performance.now();
  const { status, stderr } = spawnSync("/usr/bin/time", ["-q", "-f", "%M", "-o", peak, process.execPath, ...args], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${args.join(" ")} failed: ${stderr}`);
  return { seconds: (performance.now() - start) / 1000, mib: Number(readFileSync(peak, "utf8")) / 1024 };
}

const results = table(here("results.md"), ["model", "load and run once", "prune run", "time ratio", "memory ratio"]);
try {
  for (const model of process.argv.slice(2)) {
    const [units, runs] = [[], []];
    for (let i = 0; i < 5; i++) {
      units.push(measure([here("once.mjs"), model]));
      runs.push(
        measure([
          here("../../packages/cli/dist/bin.js"),
          "run",
          model,
          "-o",
          join(dir, "out.onnx"),
          "--target",
          "macs=0.5",
          "--threads",
          "2",
          "--quiet",
        ]),
      );
    }
    const [unit, run] = [units, runs].map((list) => ({
      seconds: median(list.map((r) => r.seconds)),
      mib: median(list.map((r) => r.mib)),
    }));
    const text = ({ seconds, mib }) => `${seconds.toFixed(2)} s, ${mib.toFixed(0)} MiB`;
    results.add([
      basename(model),
      text(unit),
      text(run),
      (run.seconds / unit.seconds).toFixed(2),
      (run.mib / unit.mib).toFixed(2),
    ]);
  }
  results.write(
    "Medians of 5 interleaved runs, 2 threads, verification included; seconds are wall time, MiB the peak.",
  );
} finally {
  rmSync(dir, { recursive: true });
}
