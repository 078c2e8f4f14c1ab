// What a thread or a process of a sweep runs: does one job after the other.
import { parentPort, workerData } from "node:worker_threads";
import type { FullReport } from "@prune/report";
import type { Attempt, Job } from "@prune/sweep";
import { messageOf } from "../../lib/message-of.ts";
import { type LoadedSweep, loadSweep } from "./load-sweep.ts";
import { perform } from "./perform.ts";
import type { FromWorker, Start, ToWorker } from "./runner.ts";

const { start, say, end } = parentPort ? ofThread(parentPort) : ofProcess();
const loading = loadSweep(start.file);
loading.catch(() => undefined); // the first job tells

async function hear(message: ToWorker): Promise<void> {
  if (message === "end") return end();
  say({ attempt: await attemptAt(message) });
}

async function attemptAt(job: Job): Promise<Attempt<FullReport>> {
  let sweep: LoadedSweep;
  try {
    sweep = await loading;
  } catch (error) {
    return { failure: { reason: messageOf(error), isFinal: true } };
  }
  return perform(sweep, job, start.output, {
    progress: (text) => say({ progress: text }),
    note: (text) => say({ note: text }),
  });
}

/** What a worker is told, and how it answers. */
interface Side {
  readonly start: Start;
  readonly say: (message: FromWorker) => void;
  readonly end: () => void;
}

function ofThread(port: NonNullable<typeof parentPort>): Side {
  port.on("message", (message: ToWorker) => void hear(message));
  return { start: workerData as Start, say: (message) => port.postMessage(message), end: () => port.close() };
}

function ofProcess(): Side {
  process.on("message", (message) => void hear(message as ToWorker));
  // Ctrl-C reaches all processes of a terminal, but what it means for jobs under way is the sweep's business.
  process.on("SIGINT", () => undefined);
  // Nobody is left to tell. A runtime at work would not survive an orderly end.
  const orphaned = (): void => void process.kill(process.pid, "SIGKILL");
  process.on("disconnect", orphaned);
  return {
    start: JSON.parse(process.argv[2]!) as Start,
    say: (message) => void process.send!(message),
    end: () => {
      process.off("disconnect", orphaned);
      process.disconnect();
    },
  };
}
