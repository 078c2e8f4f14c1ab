import { builtIns } from "@prune/cli/portable";
import { isPruneError } from "@prune/core";
import type { Answer, Engine } from "./api.ts";
import { carryOut } from "./carry-out.ts";
import { decide, estimateOf, importancesOf } from "./decide.ts";
import { fetchBytes, imageStore } from "./images.ts";
import { type AllImages, openSubject, type Subject, viewOf } from "./subject.ts";

/** Everything that is done for the page, whose address is `base`. One network is open at a time. */
export function createEngine(base: string): Engine {
  const registry = builtIns();
  const store = imageStore(base);
  const inTurn = queue();
  let current: Subject | undefined;
  const subject = (): Subject => {
    if (!current) throw new Error("Choose a network first.");
    return current;
  };
  const images = async (): Promise<AllImages> => {
    const [evaluation, calibration] = await Promise.all([store("evaluation"), store("calibration")]);
    return { evaluation, calibration };
  };
  const answer = <T>(work: () => Promise<T>): Promise<Answer<T>> => inTurn(() => answerOf(work));
  const openFiles: Engine["openFiles"] = (files, onProgress) =>
    answer(async () => {
      current = await openSubject(files, images(), onProgress);
      return viewOf(current, registry);
    });
  return {
    openFiles,
    openShipped: async (name, onProgress) => {
      const bytes = await answer(() => fetchBytes(new URL(`models/${name}`, base)));
      return bytes.ok ? openFiles([{ name, bytes: bytes.value }], onProgress) : bytes;
    },
    estimate: (settings, onProgress) =>
      answer(async () => estimateOf(await decide(subject(), registry, settings, onProgress))),
    importances: (settings, group) =>
      answer(async () => importancesOf(await decide(subject(), registry, settings, () => undefined), group)),
    prune: (settings, onProgress) =>
      answer(async () => {
        onProgress("Deciding what leaves");
        const choice = await decide(subject(), registry, settings, onProgress);
        return carryOut(subject(), choice, settings, await store("evaluation"), onProgress);
      }),
  };
}

/** Does one job after another: the runtimes are not made for two at a time. */
function queue(): <T>(job: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (job) => {
    const mine = last.then(job);
    last = mine.catch(() => undefined);
    return mine;
  };
}

/** What came of some work, in a form that leaves the worker whole. */
async function answerOf<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, error: { code: isPruneError(error) ? error.code : "unexpected", message } };
  }
}
