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
  | "plugin-failed" // code of a plug-in, or of a configuration, threw something else than this
  | "runtime-failed" // the runtime refused to load or run a graph
  | "io-failed" // reading or writing failed
  | "unsupported"; // well-formed, but outside what this version handles

/** The one error type of the toolkit: says where, what was expected, what came and what to do. */
export class PruneError extends Error {
  override readonly name = "PruneError";
  readonly code: PruneErrorCode;
  /** Name of the node the error is about, when there is one. */
  readonly node: string | undefined;
  /** Of a target that cannot be reached, the figure that can, where it is known. */
  readonly closest: number | undefined;

  constructor(
    code: PruneErrorCode,
    message: string,
    options: { node?: string | undefined; closest?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.node = options.node;
    this.closest = options.closest;
  }
}

/** Whether a value is a {@link PruneError}; works across copies of this package, unlike `instanceof`. */
export function isPruneError(error: unknown): error is PruneError {
  return error instanceof Error && error.name === "PruneError" && "code" in error;
}

export const errorUnknownInputType = (input: string, dtype: string): PruneError =>
  new PruneError(
    "unsupported",
    `Input "${input}" has type ${dtype}, for which no sample value can be made. Convert the input to a numeric type.`,
  );

/** @param tried sizes of dynamic dimensions, a text per attempt */
export const errorNoSizes = (tried: readonly string[], cause: unknown): PruneError => {
  const said = cause instanceof Error ? cause.message : String(cause);
  return new PruneError(
    "runtime-failed",
    `The model runs at none of the sizes that were tried for its dynamic dimensions (${tried.join("; ")}). At the first: ${said} State sizes at which it runs (dims, --dim NAME=N).`,
    { cause },
  );
};

export const errorNoRank = (input: string, cause: unknown): PruneError =>
  new PruneError(
    "bad-model",
    `Input "${input}" states no shape, not even how many dimensions it has, and the model does not run on a single number. Export it with the shape of its inputs; sizes may be dynamic. (${cause instanceof Error ? cause.message : String(cause)})`,
    { cause },
  );

export const errorInputTooLarge = (input: string, dims: readonly number[], limit: number): PruneError =>
  new PruneError(
    "unsupported",
    `Input "${input}" has ${dims.join(" x ")} elements; sample values are made for at most ${limit}. Give dynamic dimensions smaller sizes, or check the model's inputs.`,
  );

export const errorBadSparsity = (got: number): PruneError =>
  new PruneError("bad-option", `Sparsity must be at least 0 and below 1 (the fraction removed), got ${got}.`);

export const errorBadTarget = (got: readonly string[]): PruneError =>
  new PruneError(
    "bad-option",
    `A target is one of macs, params, bytes, latency (result / original, above 0 and at most 1) or sparsity (fraction removed); got ${got.join(", ") || "nothing"}.`,
  );

export const errorTakesNoTarget = (pruner: string): PruneError =>
  new PruneError("bad-option", `Pruner "${pruner}" goes by what it finds, and takes no target: leave it out.`);

export const errorBadSchedule = (what: string): PruneError =>
  new PruneError("bad-option", `A schedule has steps towards its target: ${what}.`);

export const errorRewind = (
  tensor: string,
  wanted: readonly number[] | undefined,
  got: readonly number[] | undefined,
): PruneError => {
  const shape = (dims: readonly number[] | undefined): string => (dims ? `of shape [${dims.join(", ")}]` : "missing");
  return new PruneError(
    "bad-option",
    `What is to be rewound to does not fit the model: tensor "${tensor}" is ${shape(wanted)} in the model and ${shape(got)} there. Give the same network at an earlier moment of its training, exported in the same way.`,
  );
};

export const errorRewindUntrained = (): PruneError =>
  new PruneError(
    "bad-option",
    "Weights that are rewound must be trained again: give a recovery step that trains (recover: [finetune()], --recover finetune).",
  );

export const errorTargetUnreachable = (budget: string, asked: number, closest: number, blocked: string): PruneError =>
  new PruneError(
    "target-unreachable",
    `Target ${budget}=${asked} cannot be reached; the closest is ${budget}=${closest.toFixed(4)}. ${blocked}`,
    { closest },
  );

export const errorNoRuntime = (): PruneError =>
  new PruneError("bad-option", "A latency is measured by running the network: give the context's runtime.");

export const errorNoLatency = (pruner: string): PruneError =>
  new PruneError(
    "bad-option",
    `Pruner "${pruner}" takes no latency for a target; give it macs, params, bytes or sparsity.`,
  );

export const errorNothingToPrune = (why: string): PruneError =>
  new PruneError(
    "nothing-to-prune",
    `Nothing was pruned: ${why}. Allow this with allowNoop (--allow-noop), or look at "prune inspect".`,
  );

export const errorVerification = (message: string, node?: string): PruneError =>
  new PruneError(
    "verification-failed",
    `The pruned model does not compute what the original computes with the removed parts set to zero: ${message}.`,
    { node },
  );

/** A proof that failed of what was only just cut. */
export const errorDefect = ({ code, message, node, cause }: PruneError): PruneError =>
  new PruneError(code, `${message} Nothing was written. This is a defect: please report it with the model.`, {
    node,
    cause,
  });

/** A proof that failed of a model that somebody gives. `recovered` are the steps that gave its weights new values. */
export const errorNotOfPlan = ({ code, message, node, cause }: PruneError, recovered: readonly string[]): PruneError =>
  new PruneError(
    code,
    `${message} ${
      recovered.length
        ? `After the cut, ${recovered.join(" and ")} gave its weights new values, which a plan does not hold: prune apply makes and proves what the cut alone leaves, and prune compare --eval DATA says what the rest is worth.`
        : "It was made from another model or by another plan, or its weights were changed since: prune apply makes it anew."
    }`,
    { node, cause },
  );

export const errorOtherShape = (what: string, planned: string, got: string): PruneError =>
  new PruneError(
    "bad-plan",
    `The pruned model was not made by this plan: ${what} is ${got} in it, and ${planned} by the plan. Give the file that was written together with the plan, or make it anew with prune apply.`,
  );

export const errorBadPlan = (message: string): PruneError => new PruneError("bad-plan", message);

export const errorScore = (scorer: string, group: string, problem: string): PruneError =>
  new PruneError(
    "bad-option",
    `Scorer "${scorer}" gave ${problem} for group "${group}". A scorer returns one finite number per unit.`,
  );

export const errorWeightsNotFinite = (scorer: string, group: string, tensor: string): PruneError =>
  new PruneError(
    "bad-model",
    `Scorer "${scorer}" cannot judge group "${group}": its weights "${tensor}" hold numbers that are not finite. Export the network again, or keep the layer whole (ignore, --ignore).`,
  );

export const errorScoreOfData = (scorer: string, group: string): PruneError =>
  new PruneError(
    "bad-data",
    `Scorer "${scorer}" gave a score that is not finite for group "${group}", whose weights are finite. Look for NaN and infinity in the calibration data, and in what the network makes of it.`,
  );

export const errorDecision = (pruner: string, problem: string): PruneError =>
  new PruneError(
    "bad-option",
    `Pruner "${pruner}" decided ${problem}. A decision is { removed }, a map from groups to a number per unit: 1 leaves, 0 stays.`,
  );

export const errorBadOption = (name: string, expected: string, got: unknown): PruneError =>
  new PruneError("bad-option", `Option ${name} must be ${expected}, got ${String(got)}.`);

export const errorNoEvidence = (kind: string): PruneError =>
  new PruneError(
    "bad-option",
    `Evidence "${kind}" was not gathered. A scorer or recovery step names what it reads under "needs", and calibration data must be given (calibration, --calib).`,
  );

export const errorNeedsCalibration = (who: string, kinds: readonly string[]): PruneError =>
  new PruneError("bad-option", `${who} needs ${kinds.join(" and ")}: give calibration data (calibration, --calib).`);

export const errorNeedsProvider = (who: string, kind: string): PruneError =>
  new PruneError("bad-option", `${who} needs ${kind}, for which no provider was given (evidence: […]).`);

export const errorNoStatistics = (value: string): PruneError =>
  new PruneError(
    "unsupported",
    `No statistics were gathered of "${value}": it is read and yielded by no layer with weights.`,
  );

export const errorCannotScore = (scorer: string, what: string): PruneError =>
  new PruneError(
    "bad-option",
    `Scorer "${scorer}" does not score ${what}. Choose another scorer, or another type of pruning.`,
  );

export const errorNothingToScore = (scorer: string, group: string): PruneError =>
  new PruneError(
    "unsupported",
    `Scorer "${scorer}" has nothing to say of group "${group}": none of its weights is of the kind that it judges. Ignore the group, or choose a scorer that reads weights alone, such as l2.`,
  );

export const errorNeedsLabels = (step: string): PruneError =>
  new PruneError(
    "bad-data",
    `Recovery step "${step}" needs labels, which its data does not have: give data with labels, or distill, which needs none.`,
  );

export const errorNoted = (name: string, got: unknown): PruneError =>
  new PruneError(
    "bad-data",
    `The journal holds ${JSON.stringify(got)} under "${name}", which no run notes there. Delete the journal, and start anew.`,
  );

export const errorNothingWithin = (
  baseline: number,
  maxDrop: number,
  measured: readonly string[],
  interrupted: boolean,
): PruneError => {
  const shown = (value: number): string => String(Number(value.toFixed(4)));
  const list = `${measured.length ? `measured were ${measured.join(", ")}` : "none was measured"}${interrupted ? " before the interruption" : ""}`;
  return new PruneError(
    "target-unreachable",
    `No smaller network is worth ${shown(baseline - maxDrop)}, which is the ${shown(baseline)} of the original less a drop of ${shown(maxDrop)}: ${list}. Allow a larger drop, or recover more of it.`,
  );
};

export const errorTokenGone = (input: string, id: number): PruneError =>
  new PruneError(
    "bad-data",
    `Input "${input}" holds token ${id}, which is not in the pruned vocabulary. Leave samples with it out, or keep the token.`,
  );
