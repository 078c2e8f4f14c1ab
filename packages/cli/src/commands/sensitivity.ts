import { Command } from "commander";
import {
  type AnalysisFlags,
  type CalibrationFlags,
  type DataFlags,
  type PluginFlags,
  type PrintFlags,
  type ProviderFlags,
  type RuntimeFlags,
  withAnalysisFlags,
  withCalibrationFlags,
  withDataFlags,
  withPluginFlags,
  withPrintFlags,
  withProviderFlags,
} from "../flags.ts";
import type { Io } from "../io.ts";
import { fractions, once, text, whole } from "../parse.ts";

/** Flags of `prune sensitivity`. */
export interface SensitivityFlags
  extends AnalysisFlags, CalibrationFlags, PluginFlags, RuntimeFlags, ProviderFlags, DataFlags, PrintFlags {
  readonly scorer?: string;
  readonly ratios?: readonly number[];
  readonly samples?: number;
  readonly seed?: number;
  readonly report?: string;
  readonly journal?: string;
}

export function sensitivityCommand(io: Io): Command {
  const command = new Command("sensitivity")
    .description("Measure accuracy (or, without labels, agreement) against sparsity, one group at a time.")
    .argument("<model>", "an .onnx file, or the model.json of TensorFlow.js")
    .optionsGroup("What is measured:")
    .option("--ratios <list>", "fractions that a group loses (default: 0.25,0.5,0.75,0.9)", once("--ratios", fractions))
    .option("--samples <n>", "how many samples of --eval, from the first (default: all)", once("--samples", whole(1)))
    .option("--scorer <name[:k=v,…]>", "how importance is judged (default: l2)", once("--scorer", text))
    .option("--seed <n>", "seed of everything random (default: 0)", once("--seed", whole(0)))
    .option("--report <file>", "write the curves: a page (.html) or JSON (.json)", once("--report", text))
    .option(
      "--journal <file>",
      "note every measurement there; the same command goes on from it after an interruption",
      once("--journal", text),
    );
  withCalibrationFlags(withAnalysisFlags(withPluginFlags(command)));
  withProviderFlags(withDataFlags(command));
  return withPrintFlags(command).action(async (model: string, flags: SensitivityFlags) => {
    const { measureSensitivity } = await import("../actions/sensitivity.ts");
    await measureSensitivity(model, flags, io);
  });
}
