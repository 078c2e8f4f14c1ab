import { describeNode, type Node, PruneError } from "@prune/core";

export const errorNoGradient = (node: Node): PruneError =>
  new PruneError(
    "unsupported",
    `${describeNode(node)} has no gradient rule (in this form), and weights whose gradients are asked for lie behind it. Choose what needs no gradients (--recover reconstruct in place of finetune, --scorer obs in place of taylor), leave those weights out (trainable), or bring a rule for ${node.opType} (operators, a plug-in).`,
    { node: node.name },
  );

export const errorOldOpset = (opset: number): PruneError =>
  new PruneError(
    "unsupported",
    `Training needs a model of opset 7 or newer, this one has opset ${opset}. Convert it to a newer opset first.`,
  );

export const errorNoWeights = (): PruneError =>
  new PruneError(
    "bad-option",
    "No weight is left to train: none of the chosen tensors is a float tensor that the loss depends on. Check the option trainable.",
  );

export const errorUnknownValue = (name: string, what: string): PruneError =>
  new PruneError(
    "bad-option",
    `There is no ${what} called "${name}" in the graph. Use a name that "prune inspect" lists.`,
  );

export const errorLossShape = (loss: string, expected: string, got: readonly number[]): PruneError =>
  new PruneError("bad-data", `Loss "${loss}" expects ${expected}, got shape [${got.join(", ")}].`);

export const errorNoLabels = (loss: string): PruneError =>
  new PruneError(
    "bad-data",
    `Loss "${loss}" needs labels, and the data has none. Pass data.labels, or use a distillation loss.`,
  );

export const errorNoTeacher = (loss: string): PruneError =>
  new PruneError("bad-option", `Loss "${loss}" needs a teacher: pass the original model with the option teacher.`);

export const errorBadData = (message: string): PruneError => new PruneError("bad-data", message);

export const errorBadOption = (name: string, expected: string, got: unknown): PruneError =>
  new PruneError("bad-option", `Option ${name} must be ${expected}, got ${String(got)}.`);

export const errorDiverged = (step: number, loss: number): PruneError =>
  new PruneError(
    "runtime-failed",
    `The loss became ${loss} at step ${step}: training diverged. Lower the learning rate, or set clipNorm${step === 1 ? "; at the first step, look for NaN in the data as well" : ""}.`,
  );

export const errorCheckpoint = (message: string): PruneError =>
  new PruneError(
    "bad-option",
    `The checkpoint does not fit: ${message}. Resume with the model and options it was made with.`,
  );

export const errorFlowTooLarge = (tensor: string): PruneError =>
  new PruneError(
    "unsupported",
    `The synaptic flow through "${tensor}" is beyond what float32 holds. Choose a scorer that reads weights alone, such as l2.`,
  );

export const errorNothingToRegularize = (penalty: string, why: string): PruneError =>
  new PruneError("bad-option", `There is nothing for ${penalty} to act on: ${why}. Choose another regulariser.`);

export const errorIdsInTraining = (input: string): PruneError =>
  new PruneError(
    "bad-data",
    `Tokens of "${input}" are counted anew since the vocabulary was pruned, and labels may mean tokens that are gone. Save the model, and train it on data in its own ids.`,
  );
