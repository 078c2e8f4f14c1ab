import { isPruneError, type PruneError } from "@prune/core";

/** The PruneError that a function throws; any other outcome is passed on. */
export function failureOf(action: () => unknown): Pick<PruneError, "code" | "message"> {
  try {
    action();
  } catch (error) {
    if (isPruneError(error)) return { code: error.code, message: error.message };
    throw error;
  }
  throw new Error("expected a PruneError, and nothing was thrown");
}

/** The PruneError that a promise ends in. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Pick<PruneError, "code" | "message">> {
  const outcome = await promise.then(
    () => () => undefined,
    (error: unknown) => () => {
      throw error;
    },
  );
  return failureOf(outcome);
}
