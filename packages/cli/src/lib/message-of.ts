import type { PruneError } from "@prune/core";
import { UsageError } from "../errors.ts";

/** What a person is told of an error, on one line. */
export function messageOf(error: unknown): string {
  if (error instanceof UsageError || isPruneError(error)) return oneLine(error.message);
  const text = oneLine(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  return `unexpected failure, ${text} This is a defect: please report it with what PRUNE_DEBUG=1 prints.`;
}

const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, " ");

/** As in core, which is not loaded for an error in usage. */
export function isPruneError(error: unknown): error is PruneError {
  return error instanceof Error && error.name === "PruneError" && "code" in error;
}
