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
import { once, text } from "../parse.ts";

/** Flags of `prune apply`. */
export interface ApplyFlags extends PlanFlags, PluginFlags, RuntimeFlags, PrintFlags {
  readonly output: string;
  readonly keepQuantization?: boolean;
  readonly report?: string;
  readonly sparseStorage?: boolean;
  readonly externalData?: boolean;
  readonly verify: boolean;
}

export function applyCommand(io: Io): Command {
  const command = new Command("apply")
    .description(
      "Replay a plan that `prune run --plan` wrote: the same cut, bit for bit, without what recovery did after it.",
    )
    .argument(
      "<model>",
      "the .onnx file or model.json that the plan was made for, or one that shares its weights (--made-for)",
    )
    .argument("<plan>", "the plan, a .json file")
    .requiredOption("-o, --output <file>", "where the pruned model goes", once("--output", text))
    .option(
      "--keep-quantization",
      "write quantised weights of a TensorFlow.js model in the type that they were stored in",
    )
    .option("--report <file>", "write what was done: a page (.html) or JSON (.json)", once("--report", text))
    .option("--sparse-storage", "store weights of which most are zero as sparse tensors, where that is smaller")
    .option(
      "--external-data",
      "put weights into a file of their own beside the .onnx file, as models above 2 GB do anyway",
    )
    .option("--no-verify", "do not run the result and compare it with the masked original");
  withRuntimeFlags(withPluginFlags(withPlanFlags(command)));
  return withPrintFlags(command).action(async (model: string, plan: string, flags: ApplyFlags) => {
    const { apply } = await import("../actions/apply.ts");
    await apply(model, plan, flags, io);
  });
}
