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
export class EngineError extends Error {
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
  /** Ends whatever is being done: it fails with code "stopped". The next call starts anew, with no network open. */
  readonly stop: () => void;
}

/** A worker, and what ends every call that waits for it. */
interface Running {
  readonly engine: Remote<Engine>;
  readonly ended: Promise<never>;
  stop(): void;
}

function start(): Running {
  const worker = new Worker(new URL("./engine/worker.ts", import.meta.url), { type: "module", name: "engine" });
  let end: (error: EngineError) => void;
  const ended = new Promise<never>((_, reject) => {
    end = reject;
  });
  ended.catch(() => undefined); // told by the calls that wait
  worker.addEventListener("error", ({ message }) => {
    end(new EngineError("worker", `The worker stopped: ${message || "its file could not be loaded"}.`));
  });
  return {
    engine: wrap<Engine>(worker),
    ended,
    stop() {
      worker.terminate();
      end(new EngineError("stopped", "Stopped."));
    },
  };
}

export function createClient(): Client {
  let running: Running | undefined;
  const asked = async <T>(call: (engine: Remote<Engine>) => Promise<Answer<T>>): Promise<T> => {
    const { engine, ended } = (running ??= start());
    const answer = await Promise.race([call(engine), ended]);
    if (!answer.ok) throw new EngineError(answer.error.code, answer.error.message);
    return answer.value;
  };
  return {
    openShipped: (name, onProgress) => asked((engine) => engine.openShipped(name, proxy(onProgress))),
    openFiles: (files, onProgress) => asked((engine) => engine.openFiles(files, proxy(onProgress))),
    estimate: (settings, onProgress) => asked((engine) => engine.estimate(settings, proxy(onProgress))),
    importances: (settings, group) => asked((engine) => engine.importances(settings, group)),
    prune: (settings, onProgress) => asked((engine) => engine.prune(settings, proxy(onProgress))),
    stop() {
      running?.stop();
      running = undefined;
    },
  };
}
