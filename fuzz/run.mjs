// Damaged models, one after another, through load, prune and save. Whatever a file holds, the toolkit must end with a
// result or with an error that has a code: no crash, no hang, memory under a bound.
//
//   node fuzz/run.mjs [--cases 20000] [--from 0] [--step 1] [--case N] [--limit 30]
//
// Every case is made from its number alone, and every twentieth one is of the same kind: --step 20
// stays with one kind. --case runs one and says all about it. --limit is how long a case may take,
// in seconds: more on a machine that is busy with other things. Exit code 1 when anything is found.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** The most memory that the process may hold, in bytes. */
const MAX_MEMORY = 1.5 * 2 ** 30;
/** Cases that one process runs. */
const BATCH = 500;

const { values: flags } = parseArgs({
  options: {
    cases: { type: "string", default: "20000" },
    from: { type: "string", default: "0" },
    step: { type: "string", default: "1" },
    case: { type: "string" },
    limit: { type: "string", default: "30" },
  },
});
const first = Number(flags.case ?? flags.from);
const count = flags.case === undefined ? Number(flags.cases) : 1;

const dir = mkdtempSync(join(tmpdir(), "prune-fuzz-"));
/** Kind of file → how its cases ended → how often. */
const counts = new Map();
const findings = [];
let peak = 0;

/** A process that runs cases; `run` settles when the case ended, in whatever way. */
async function startWorker() {
  const child = fork(fileURLToPath(new URL("worker.mjs", import.meta.url)), [dir], {
    execArgv: ["--max-old-space-size=1024"],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  let stderr = "";
  child.stderr.on("data", (part) => (stderr = (stderr + part).slice(-2000)));
  const heard = (limit = Number(flags.limit)) =>
    new Promise((resolve) => {
      const timer = setTimeout(() => end({ fault: `still busy after ${limit} s`, dead: true }), 1000 * limit);
      const end = (message) => {
        clearTimeout(timer);
        child.off("message", end).off("exit", exited);
        resolve(message);
      };
      const exited = (code, signal) => end({ fault: `process ended: ${signal ?? code}\n${stderr}`, dead: true });
      child.on("message", end).on("exit", exited);
    });
  const { ready, fault } = await heard(300);
  if (!ready) throw new Error(fault);
  return {
    run(n) {
      const outcome = heard();
      child.send({ n });
      return outcome;
    },
    stop: () => child.kill("SIGKILL"),
  };
}

let worker;
try {
  for (let i = 0; i < count; i++) {
    const n = first + i * Number(flags.step);
    if (i % BATCH === 0) worker?.stop();
    if (!worker || i % BATCH === 0) worker = await startWorker();
    const { kind = "", code, message, fault, stray, rss = 0, dead } = await worker.run(n);
    peak = Math.max(peak, rss);
    const wrong = fault ?? (stray && `not caught: ${stray}`) ?? (rss > MAX_MEMORY && `holds ${rss} bytes`);
    if (wrong) findings.push({ n, wrong });
    if (wrong) console.log(`case ${n}: ${wrong}\n`);
    else if (flags.case) console.log(`${code}: ${message ?? ""}`);
    const ends = counts.get(kind) ?? counts.set(kind, new Map()).get(kind);
    ends.set(wrong ? "FOUND" : code, (ends.get(wrong ? "FOUND" : code) ?? 0) + 1);
    if (dead || stray || (wrong && rss > MAX_MEMORY)) {
      worker.stop();
      worker = undefined;
    }
  }
} finally {
  worker?.stop();
  rmSync(dir, { recursive: true, force: true });
}
for (const [kind, ends] of counts) {
  console.log(kind || "not known, since the process ended");
  for (const [code, count] of [...ends].sort((a, b) => b[1] - a[1]))
    console.log(`${String(count).padStart(7)}  ${code}`);
}
console.log(`${count} cases, ${findings.length} findings, peak ${Math.round(peak / 2 ** 20)} MiB`);
process.exitCode = findings.length ? 1 : 0;
