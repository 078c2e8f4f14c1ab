// The thread side of thread-runner.ts: does one job after the other.
import { parentPort, workerData } from "node:worker_threads";
import type { Job } from "@prune/sweep";
import { loadSweep } from "./load-sweep.ts";
import { perform } from "./perform.ts";
import type { FromThread, ThreadData } from "./thread-runner.ts";

const { file, output } = workerData as ThreadData;
const port = parentPort!;
const say = (message: FromThread): void => port.postMessage(message);
const loading = loadSweep(file);
loading.catch(() => undefined); // the first job tells

port.on("message", (job: Job | "end") => {
  if (job === "end") port.close();
  else void work(job);
});

async function work(job: Job): Promise<void> {
  const sweep = await loading;
  const attempt = await perform(sweep, job, output, {
    progress: (text) => say({ progress: text }),
    note: (text) => say({ note: text }),
  });
  say({ attempt });
}
