// Damaged models, one after another, through load, prune and save. Whatever a file holds, the toolkit must end with a
// result or with an error that has a code: no crash, no hang, memory under a bound.
//
//   node fuzz/run.mjs [--cases 20000] [--from 0] [--case N]
//
// Every case is made from its number alone. --case runs one and says all about it. Exit code 1 when anything is found.
import { fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

/** The longest that a case may take, in ms, and the most memory that the process may hold, in bytes. */
const MAX_TIME = 30_000;
const MAX_MEMORY = 1.5 * 2 ** 30;
/** Cases that one process runs. */
const BATCH = 500;

const { values: flags } = parseArgs({
  options: {
    cases: { type: "string", default: "20000" },
    from: { type: "string", default: "0" },
    case: { type: "string" },
  },
});
const first = Number(flags.case ?? flags.from);
const last = flags.case === undefined ? first + Number(flags.cases) : first + 1;

const dir = mkdtempSync(join(tmpdir(), "prune-fuzz-"));
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
  const heard = () =>
    new Promise((resolve) => {
      const timer = setTimeout(() => end({ fault: `still busy after ${MAX_TIME / 1000} s`, dead: true }), MAX_TIME);
      const end = (message) => {
        clearTimeout(timer);
        child.off("message", end).off("exit", exited);
        resolve(message);
      };
      const exited = (code, signal) => end({ fault: `process ended: ${signal ?? code}\n${stderr}`, dead: true });
      child.on("message", end).on("exit", exited);
    });
  const { ready, fault } = await heard();
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
  for (let n = first; n < last; n++) {
    if ((n - first) % BATCH === 0) worker?.stop();
    if (!worker || (n - first) % BATCH === 0) worker = await startWorker();
    const { code, message, fault, stray, rss = 0, dead } = await worker.run(n);
    peak = Math.max(peak, rss);
    const wrong = fault ?? (stray && `not caught: ${stray}`) ?? (rss > MAX_MEMORY && `holds ${rss} bytes`);
    if (wrong) findings.push({ n, wrong });
    if (wrong) console.log(`case ${n}: ${wrong}\n`);
    else if (flags.case) console.log(`${code}: ${message ?? ""}`);
    counts.set(wrong ? "FOUND" : code, (counts.get(wrong ? "FOUND" : code) ?? 0) + 1);
    if (dead || stray || (wrong && rss > MAX_MEMORY)) {
      worker.stop();
      worker = undefined;
    }
  }
} finally {
  worker?.stop();
  rmSync(dir, { recursive: true, force: true });
}
for (const [code, count] of [...counts].sort((a, b) => b[1] - a[1]))
  console.log(`${String(count).padStart(7)}  ${code}`);
console.log(`${last - first} cases, ${findings.length} findings, peak ${Math.round(peak / 2 ** 20)} MiB`);
process.exitCode = findings.length ? 1 : 0;
