import type { Aggregation, Normalization } from "@prune/core";
import { Command, Option } from "commander";
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
import {
  aboveZero,
  between,
  budget,
  drop,
  type BudgetOption,
  magnitude,
  once,
  oneOf,
  percentage,
  rounding,
  sparsity,
  text,
  whole,
} from "../parse.ts";

import { ALLOCATIONS } from "../registry.ts";

// As in core, which is not loaded to read flags.
const AGGREGATIONS = ["sum", "mean", "max", "first", "root-sum-square"] as const satisfies readonly Aggregation[];
const NORMALIZATIONS = [
  "none",
  ...(["mean", "max", "sum", "root-sum-square", "standard"] as const),
] as const satisfies readonly Normalization[];

/** Flags of `prune run`. */
export interface RunFlags
  extends AnalysisFlags, CalibrationFlags, PluginFlags, RuntimeFlags, ProviderFlags, DataFlags, PrintFlags {
  readonly output: string;
  readonly keepQuantization?: boolean;
  readonly target?: BudgetOption;
  readonly sparsity?: number;
  readonly maxDrop?: number;
  readonly search?: "macs" | "params" | "bytes";
  readonly journal?: string;
  readonly allocation?: (typeof ALLOCATIONS)[number];
  readonly pattern?: string;
  readonly over?: "row" | "layer";
  readonly sparseStorage?: boolean;
  readonly externalData?: boolean;
  readonly type?: string;
  readonly scorer?: string;
  readonly aggregate?: Aggregation;
  readonly normalize?: Normalization;
  readonly schedule?: "one-shot" | "linear" | "cubic" | "exponential" | "lottery";
  readonly steps?: number;
  readonly rewind?: string;
  readonly regularize?: string;
  readonly saveTrained?: string;
  readonly recover?: string;
  readonly loss?: string;
  readonly epochs?: number;
  readonly lr?: number;
  readonly checkpoint?: string;
  readonly seed?: number;
  readonly roundTo?: number | "auto";
  readonly minChannels?: number;
  readonly maxSparsity?: number;
  readonly epsilon?: number;
  readonly percentile?: number;
  readonly rank?: "sum" | "mean" | "influence";
  readonly blocks?: "whole" | "branch";
  readonly keepTokens?: string;
  readonly allowNoop?: boolean;
  readonly verify: boolean;
  readonly measure?: boolean;
  readonly plan?: string;
  readonly report?: string;
}

export function runCommand(io: Io): Command {
  const command = new Command("run")
    .description("Prune a model: find what belongs together, score it, cut it, prove the cut, and write the result.")
    .argument("<model>", "an .onnx file, or the model.json of TensorFlow.js")
    .optionsGroup("Files:")
    .requiredOption("-o, --output <file>", "where the pruned model goes", once("--output", text))
    .option(
      "--keep-quantization",
      "write quantised weights of a TensorFlow.js model in the type that they were stored in",
    )
    .option("--sparse-storage", "store weights of which most are zero as sparse tensors, where that is smaller")
    .option(
      "--external-data",
      "put weights into a file of their own beside the .onnx file, as models above 2 GB do anyway",
    )
    .option("--plan <file>", "write what was decided, as JSON that `prune apply` replays", once("--plan", text))
    .option("--report <file>", "write what was done: a page (.html) or JSON (.json)", once("--report", text))
    .optionsGroup("How much:")
    .option(
      "--target <budget>",
      "what is left, result / original: macs=0.5, params=0.5, bytes=0.5, or latency=0.5 as measured here",
      once("--target", budget),
    )
    .addOption(
      new Option("--sparsity <x>", "instead of --target: the fraction that every group loses, e.g. 0.5")
        .argParser(once("--sparsity", sparsity))
        .conflicts("target"),
    )
    .addOption(
      new Option(
        "--max-drop <points>",
        "instead of --target: the smallest model whose accuracy (or, without labels, agreement) on --eval is at most this many percentage points below the original's, e.g. 1% or 0.01: 92.4% may become 91.4%. --eval then takes part in a choice: an honest figure of the result needs other data",
      )
        .argParser(once("--max-drop", drop))
        .conflicts(["target", "sparsity"]),
    )
    .option(
      "--search <budget>",
      "what --max-drop makes small: macs (default; params with --type connection), params or bytes",
      once("--search", oneOf("macs", "params", "bytes")),
    )
    .option(
      "--journal <file>",
      "with --max-drop: note every model tried there; the same command goes on from it after an interruption",
      once("--journal", text),
    )
    .option(
      "--allocation <how>",
      "how that is shared out: uniform (default), global, isomorphic or sensitivity (needs --calib); erk or lamp with --type connection",
      once("--allocation", oneOf(...ALLOCATIONS)),
    )
    .option(
      "--schedule <shape>",
      "prune and recover step by step: linear, cubic (most in the first steps) or exponential (the same share of what is left in each); lottery: exponential, and weights go back to --rewind before they are trained again; default: one-shot",
      once("--schedule", oneOf("one-shot", "linear", "cubic", "exponential", "lottery")),
    )
    .option("--steps <n>", "number of steps of --schedule", once("--steps", whole(1)))
    .option(
      "--rewind <model>",
      "with --schedule lottery: the same network at an earlier moment of its training (default: <model> itself)",
      once("--rewind", text),
    )
    .option(
      "--round-to <n>",
      "widths become multiples of n, or stay where there is none below; auto (default): widths that run fast",
      once("--round-to", rounding),
    )
    .option(
      "--min-channels <n>",
      "channels that every group keeps (default: 4, heads 1)",
      once("--min-channels", whole(1)),
    )
    .option("--max-sparsity <x>", "the most that a group loses (default: 0.9)", once("--max-sparsity", between))
    .option("--allow-noop", "accept a result in which nothing was removed")
    .optionsGroup("How it is chosen:")
    .option(
      "--type <name[:k=v,…]>",
      "what is removed: neuron (default); connection: single weights become zero; layer: blocks whole; weight: what is zero, and the neurons that leaves dead; vocabulary: tokens that --keep-tokens does not list",
      once("--type", text),
    )
    .option(
      "--scorer <name[:k=v,…]>",
      "how importance is judged: l2 (default) or another that `prune scorers` lists, e.g. entropy:remove=highest; some need --calib",
      once("--scorer", text),
    )
    .option(
      "--aggregate <how>",
      "how importances in several weights become one: sum, mean, max, first, root-sum-square (default: the scorer's own)",
      once("--aggregate", oneOf(...AGGREGATIONS)),
    )
    .option(
      "--normalize <how>",
      "how a group's importances are scaled: none (default), mean, max, sum, root-sum-square, standard",
      once("--normalize", oneOf(...NORMALIZATIONS)),
    )
    .option(
      "--pattern <form>",
      "with --type connection: unstructured (default), N:M such as 2:4, or tiles of outputs x inputs such as 4x1",
      once("--pattern", text),
    )
    .option(
      "--over <whom>",
      "with --type connection: the weights of a layer compete (default: layer), or those of each of its outputs (row)",
      once("--over", oneOf("row", "layer")),
    )
    .option(
      "--rank <how>",
      "what a block is judged by: sum or mean of its weights' importances, or influence on what passes it (default with --calib; else mean)",
      once("--rank", oneOf("sum", "mean", "influence")),
    )
    .option(
      "--blocks <size>",
      "what leaves with --type layer: whole blocks where they repeat (default: whole), or branch by branch",
      once("--blocks", oneOf("whole", "branch")),
    )
    .addOption(
      new Option("--epsilon <x>", "with --type weight: the largest magnitude that counts as zero (default: 0)")
        .argParser(once("--epsilon", magnitude))
        .conflicts("percentile"),
    )
    .option(
      "--percentile <p>",
      "instead of --epsilon: the share of all weights that becomes zero, smallest first, in percent",
      once("--percentile", percentage),
    )
    .option(
      "--keep-tokens <file>",
      "with --type vocabulary: the ids of the tokens that stay, one per line; they are counted anew, and small.tokens.txt, beside small.onnx, lists the old id of each",
      once("--keep-tokens", text),
    )
    .option("--seed <n>", "seed of everything random (default: 0)", once("--seed", whole(0)));
  withCalibrationFlags(withAnalysisFlags(withPluginFlags(command)))
    .option(
      "--regularize <name[:k=v,…]>",
      "train the model before the cut, with a penalty that makes units small: group-lasso:strength=1e-4 on their weights, bn-scale on the scales of normalisation",
      once("--regularize", text),
    )
    .option(
      "--save-trained <file>",
      "where the model goes as --regularize trained it; a plan is for that file",
      once("--save-trained", text),
    )
    .option(
      "--recover <steps>",
      "what gives accuracy back after the cut, in order, with commas between: bias, bn, reconstruct:ridge=1e-4; finetune trains on labels, distill without (default: bn,reconstruct with --calib); none turns it off",
      once("--recover", text),
    )
    .option(
      "--loss <name[:k=v,…]>",
      "what finetune minimises and gradients are of, as a plug-in brings it (default: cross-entropy)",
      once("--loss", text),
    )
    .option(
      "--epochs <n>",
      "passes of finetune, distill and --regularize over the data (default: 2)",
      once("--epochs", whole(1)),
    )
    .option("--lr <x>", "learning rate of finetune, distill and --regularize (default: 1e-3)", once("--lr", aboveZero))
    .option(
      "--checkpoint <file>",
      "keep the state of finetune and distill there, epoch by epoch; the same command goes on from it",
      once("--checkpoint", text),
    )
    .optionsGroup("What is checked and measured:")
    .option("--no-verify", "do not run the result and compare it with the masked original")
    .option("--measure", "measure latency before and after");
  withProviderFlags(withDataFlags(command));
  return withPrintFlags(command).action(async (model: string, flags: RunFlags) => {
    const { run } = await import("../actions/run.ts");
    await run(model, flags, io);
  });
}
