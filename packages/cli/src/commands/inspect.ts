import { Command } from "commander";
import {
  type AnalysisFlags,
  type PluginFlags,
  type PrintFlags,
  type RuntimeFlags,
  withAnalysisFlags,
  withPluginFlags,
  withPrintFlags,
  withRuntimeFlags,
} from "../flags.ts";
import type { Io } from "../io.ts";

/** Flags of `prune inspect`. */
export interface InspectFlags extends AnalysisFlags, PluginFlags, RuntimeFlags, PrintFlags {}

export function inspectCommand(io: Io): Command {
  const command = new Command("inspect")
    .description("Show every layer, what is pruned together with it, and what keeps it whole; MACs and parameters.")
    .argument("<model>", "an .onnx file, or the model.json of TensorFlow.js");
  withRuntimeFlags(withPluginFlags(withAnalysisFlags(command)));
  return withPrintFlags(command).action(async (model: string, flags: InspectFlags) => {
    const { inspect } = await import("../actions/inspect.ts");
    await inspect(model, flags, io);
  });
}
