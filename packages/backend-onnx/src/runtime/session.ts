import { isPruneError, type RunValues, type Session, type Steps } from "@prune/core";
import { errorRuntime } from "../errors.ts";
import type { Ort, OrtSession, OrtTensor } from "./ort.ts";
import { stepsOver } from "./steps.ts";
import { fromOrtTensor, toOrtTensor } from "./tensors.ts";

/** Core's view of a session of ONNX Runtime. */
export function sessionOver(ort: Ort, session: OrtSession, provider: string): Session {
  const given = (feeds: RunValues): Record<string, OrtTensor> =>
    Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, toOrtTensor(ort, name, tensor)]));
  const taken = (results: Readonly<Record<string, unknown>>, names: readonly string[]): RunValues =>
    Object.fromEntries(names.map((name) => [name, fromOrtTensor(name, results[name])]));
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw isPruneError(error) ? error : errorRuntime("run the graph", error, provider);
    }
  };
  return {
    run: (feeds, fetches = session.outputNames) =>
      guarded(async () => taken(await session.run(given(feeds) as Readonly<Record<string, never>>, fetches), fetches)),
    steps: (initial, next) =>
      guarded(async (): Promise<Steps> => {
        const steps = session.steps
          ? await session.steps(given(initial), next)
          : stepsOver(ort, session, given(initial), next);
        return {
          run: (feeds, fetches) => guarded(async () => taken(await steps.run(given(feeds), fetches), fetches)),
          state: () => guarded(async () => taken(await steps.state(), Object.keys(initial))),
        };
      }),
    release: () => session.release(),
  };
}
