import { readFile } from "node:fs/promises";
import { isPruneError, parsePlan, type Plan, PruneError } from "@prune/core";

/** Reads a plan. @throws {PruneError} `io-failed`, `bad-plan` */
export async function readPlan(path: string): Promise<Plan> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new PruneError("io-failed", `${path}: cannot be read: ${why}. Check the path.`, { cause });
  });
  try {
    return parsePlan(text);
  } catch (error) {
    throw isPruneError(error) ? new PruneError(error.code, `${path}: ${error.message}`, { cause: error }) : error;
  }
}
