/** What kind of failure a {@link PruneError} is. Callers match on this, never on the message. */
export type PruneErrorCode =
  | "bad-model" // the file or graph is malformed
  | "bad-option" // an option has a value that cannot work
  | "bad-plan" // a plan does not fit the model, or is malformed
  | "bad-data" // calibration or evaluation data does not fit the model
  | "nothing-to-prune" // no group can shrink
  | "target-unreachable" // the target lies below what can be reached
  | "verification-failed" // the pruned model does not compute what the masked original computes
  | "missing-dependency" // an optional package is not installed
  | "provider-unavailable" // an execution provider cannot be used on this machine
  | "runtime-failed" // the runtime refused to load or run a graph
  | "io-failed" // reading or writing failed
  | "unsupported"; // well-formed, but outside what this version handles

/** The one error type of the toolkit: says where, what was expected, what came and what to do. */
export class PruneError extends Error {
  override readonly name = "PruneError";
  readonly code: PruneErrorCode;
  /** Name of the node the error is about, when there is one. */
  readonly node: string | undefined;

  constructor(code: PruneErrorCode, message: string, options: { node?: string | undefined; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.node = options.node;
  }
}

/** Whether a value is a {@link PruneError}; works across copies of this package, unlike `instanceof`. */
export function isPruneError(error: unknown): error is PruneError {
  return error instanceof Error && error.name === "PruneError" && "code" in error;
}
