import { Command } from "commander";
import {
  type PlanFlags,
  type PrintFlags,
  type PluginFlags,
  type RuntimeFlags,
  withPrintFlags,
  withPlanFlags,
  withPluginFlags,
  withRuntimeFlags,
} from "../flags.ts";
import type { Io } from "../io.ts";
import { once, positive } from "../parse.ts";

/** Flags of `prune verify`. */
export interface VerifyFlags extends PlanFlags, PluginFlags, RuntimeFlags, PrintFlags {
  readonly tolerance?: number;
}

export function verifyCommand(io: Io): Command {
  const command = new Command("verify")
    .description("Check that a pruned model computes what its original does with the removed parts set to zero.")
    .argument(
      "<original>",
      "the .onnx file or model.json that the plan was made for, or one that shares its weights (--made-for)",
    )
    .argument("<pruned>", "the pruned model")
    .argument("<plan>", "the plan, a .json file")
    .option("--tolerance <x>", "largest relative difference accepted (default: 1e-4)", once("--tolerance", positive));
  withRuntimeFlags(withPluginFlags(withPlanFlags(command)));
  return withPrintFlags(command).action(async (original: string, pruned: string, plan: string, flags: VerifyFlags) => {
    const { verify } = await import("../actions/verify.ts");
    await verify(original, pruned, plan, flags, io);
  });
}
