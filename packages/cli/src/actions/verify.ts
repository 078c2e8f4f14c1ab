import { verifyPruned } from "@prune/core";
import { proofLine } from "@prune/report/text";
import type { VerifyFlags } from "../commands/verify.ts";
import type { Io } from "../io.ts";
import { progressOn } from "../lib/progress.ts";
import { openModel } from "./open-model.ts";
import { readPlan } from "./read-plan.ts";
import { registryFor } from "./registry-for.ts";

/** Checks a pruned model file against its original and the plan. */
export async function verify(
  original: string,
  pruned: string,
  planPath: string,
  flags: VerifyFlags,
  io: Io,
): Promise<void> {
  const operators = (await registryFor(flags)).operators;
  const plan = await readPlan(planPath);
  const progress = progressOn(io, flags.quiet);
  progress.show("verify");
  try {
    const [before, after] = [await openModel(original, flags, io), await openModel(pruned, flags, io)];
    const verification = await verifyPruned(before, after, plan, {
      force: flags.force === true,
      madeFor: flags.madeFor === undefined ? undefined : await openModel(flags.madeFor, flags, io),
      operators,
      dims: flags.dim ?? {},
      ...(flags.tolerance === undefined ? {} : { tolerance: flags.tolerance }),
    });
    progress.clear();
    if (flags.json) io.stdout.write(`${JSON.stringify({ format: "prune-verification/1", ...verification })}\n`);
    else if (!flags.quiet) io.stdout.write(`${proofLine(verification)}\n`);
  } finally {
    progress.clear();
  }
}
