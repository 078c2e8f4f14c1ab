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
