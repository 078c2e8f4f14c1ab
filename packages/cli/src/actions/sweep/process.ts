import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { SCRIPT, type Ears, type FromWorker, type Start, type Worker } from "./runner.ts";

/** A process that does jobs: what ends it, such as a crash of the runtime or want of memory, ends nothing else. */
export function openProcess(slot: number, start: Start, { hear, broken }: Ears): Worker {
  const child = fork(fileURLToPath(SCRIPT), [JSON.stringify(start)], { serialization: "advanced" });
  child.on("error", broken);
  child.on("exit", (code, signal) => broken(new Error(`it ended with ${signal ?? code}`)));
  child.on("message", (message) => hear(message as FromWorker));
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  return {
    where: `process ${slot + 1}`,
    tell: (message) => void child.send(message, (error) => error && broken(error)),
    gone,
  };
}
