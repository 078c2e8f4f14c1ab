import { isPruneError, type RunValues, type Session } from "@prune/core";
import { errorRuntime } from "../errors.ts";
import type { Ort, OrtSession, OrtTensor } from "./ort.ts";
import { fromOrtTensor, toOrtTensor } from "./tensors.ts";

/** Core's view of a session of ONNX Runtime. */
export function sessionOver(ort: Ort, session: OrtSession, provider: string): Session {
  return {
    async run(feeds, fetches = session.outputNames) {
      try {
        const given: Record<string, OrtTensor> = {};
        for (const [name, tensor] of Object.entries(feeds)) given[name] = toOrtTensor(ort, name, tensor);
        const results = await session.run(given as Readonly<Record<string, never>>, fetches);
        const values: Record<string, RunValues[string]> = {};
        for (const name of fetches) values[name] = fromOrtTensor(name, results[name]);
        return values;
      } catch (error) {
        throw isPruneError(error) ? error : errorRuntime("run the graph", error, provider);
      }
    },
    release: () => session.release(),
  };
}
