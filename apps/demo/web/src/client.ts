import { proxy, type Remote, wrap } from "comlink";
import type {
  Answer,
  Engine,
  Estimate,
  Importances,
  NamedFile,
  NetworkView,
  OnProgress,
  Outcome,
} from "./engine/api.ts";
import type { Settings } from "./settings.ts";

/** Something that the worker could not do, in words for a person. */
class EngineError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.name = "EngineError";
    this.code = code;
  }
}

/** The worker, as the page calls it: errors are thrown, and progress is heard. */
export interface Client {
  openShipped(name: string, onProgress: OnProgress): Promise<NetworkView>;
  openFiles(files: readonly NamedFile[], onProgress: OnProgress): Promise<NetworkView>;
  estimate(settings: Settings, onProgress: OnProgress): Promise<Estimate>;
  importances(settings: Settings, group: string): Promise<Importances>;
  prune(settings: Settings, onProgress: OnProgress): Promise<Outcome>;
}

export function createClient(): Client {
  const worker = new Worker(new URL("./engine/worker.ts", import.meta.url), { type: "module", name: "engine" });
  const engine: Remote<Engine> = wrap<Engine>(worker);
  const failed = new Promise<never>((_, reject) => {
    worker.addEventListener("error", ({ message }) => {
      reject(new EngineError("worker", `The worker stopped: ${message || "its file could not be loaded"}.`));
    });
  });
  failed.catch(() => undefined); // told by the call that waits for it
  const asked = async <T>(call: Promise<Answer<T>>): Promise<T> => {
    const answer = await Promise.race([call, failed]);
    if (!answer.ok) throw new EngineError(answer.error.code, answer.error.message);
    return answer.value;
  };
  return {
    openShipped: (name, onProgress) => asked(engine.openShipped(name, proxy(onProgress))),
    openFiles: (files, onProgress) => asked(engine.openFiles(files, proxy(onProgress))),
    estimate: (settings, onProgress) => asked(engine.estimate(settings, proxy(onProgress))),
    importances: (settings, group) => asked(engine.importances(settings, group)),
    prune: (settings, onProgress) => asked(engine.prune(settings, proxy(onProgress))),
  };
}
