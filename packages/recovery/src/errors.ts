import { PruneError } from "@prune/core";

export const errorBadRidge = (got: number): PruneError =>
  new PruneError("bad-option", `Option ridge must be a number above 0, got ${got}. The default is 1e-4.`);

export const errorBadOption = (name: string, expected: string, got: unknown): PruneError =>
  new PruneError("bad-option", `Option ${name} must be ${expected}, got ${String(got)}.`);

export const errorFewSamples = (step: string, least: number, got: number): PruneError =>
  new PruneError(
    "bad-data",
    `Recovery step "${step}" needs at least ${least} samples, to train on and to hold out a batch; its data has ${got}.`,
  );
