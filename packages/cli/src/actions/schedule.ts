import type { GradualOptions, RecoveryStep } from "@prune/core";
import type { RunFlags } from "../commands/run.ts";
import { errorLotteryUntrained, errorRewindFlag, errorScheduleSteps } from "../errors.ts";
import type { Io } from "../io.ts";
import { openModel } from "./open-model.ts";

/** How a run goes in steps. */
export type Gradual = Pick<GradualOptions, "schedule" | "rewind">;

/** The steps that the flags ask for, once what the weights are rewound to was opened; undefined: one. */
export function stepsFor(
  flags: RunFlags,
  recover: readonly RecoveryStep[],
): { readonly open: (io: Io) => Promise<Gradual> } | undefined {
  const { schedule = "one-shot", steps, rewind } = flags;
  const shape = schedule === "lottery" ? "exponential" : schedule;
  if (rewind !== undefined && schedule !== "lottery") throw errorRewindFlag();
  if ((shape === "one-shot") !== (steps === undefined)) throw errorScheduleSteps(flags.schedule);
  if (shape === "one-shot" || steps === undefined) return undefined;
  const gradual = { schedule: { shape, steps } } as const;
  if (schedule !== "lottery") return { open: () => Promise.resolve(gradual) };
  if (!recover.some(({ wants }) => wants === "training")) throw errorLotteryUntrained();
  return {
    open: async (io) => ({
      ...gradual,
      rewind: rewind === undefined ? "original" : await openModel(rewind, flags, io),
    }),
  };
}
