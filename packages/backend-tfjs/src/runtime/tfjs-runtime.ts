import { isPruneError, type Runtime } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { errorBackend, errorOpen } from "../errors.ts";
import { TfjsSession } from "./session.ts";

export interface TfjsRuntimeOptions {
  /** TensorFlow.js backend that computes: "wasm", "webgl", "webgpu" or "cpu". Default: the one that is current. */
  readonly backend?: string | undefined;
  /** Loads what registers the backend; called once, before the first session. */
  readonly load?: (() => Promise<void>) | undefined;
}

/** Backends that compute on the CPU, best first. */
const ON_CPU = ["wasm", "cpu"];

/** Runs graphs with TensorFlow.js, whatever format they came from. */
export function tfjsRuntime({ backend, load }: TfjsRuntimeOptions = {}): Runtime & { inUse(): string | undefined } {
  let loaded: Promise<void> | undefined;
  let used: string | undefined;
  return {
    name: "tfjs",
    inUse: () => used,
    async open(graph, { cpu = false } = {}) {
      await (loaded ??= load?.() ?? Promise.resolve());
      if (backend === undefined) await tf.ready();
      const wanted = backend ?? tf.getBackend();
      const name = cpu && !ON_CPU.includes(wanted) ? (ON_CPU.find(isRegistered) ?? wanted) : wanted;
      const activate = (): Promise<void> => use(name);
      await activate();
      if (!cpu) used = name;
      try {
        return new TfjsSession(graph, activate);
      } catch (error) {
        throw isPruneError(error) ? error : errorOpen(error);
      }
    },
  };
}

const isRegistered = (name: string): boolean => tf.findBackendFactory(name) !== null;

/** Makes a backend the current one; which one that is, is a setting of the whole process. */
async function use(name: string): Promise<void> {
  if (tf.getBackend() === name) return;
  let cause: unknown;
  const set = await tf.setBackend(name).catch((error: unknown) => {
    cause = error;
    return false;
  });
  if (!set) throw errorBackend(name, cause);
}
