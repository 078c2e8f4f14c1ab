import { Command } from "commander";
import type { Io } from "../io.ts";
import {
  between,
  budget,
  type BudgetOption,
  type DataFlags,
  many,
  once,
  oneOf,
  type PrintFlags,
  type ProviderFlags,
  rounding,
  type RuntimeFlags,
  sparsity,
  text,
  whole,
  withDataFlags,
  withPrintFlags,
  withProviderFlags,
  withRuntimeFlags,
} from "../options.ts";

/** Flags of `prune run`. */
export interface RunFlags extends RuntimeFlags, ProviderFlags, DataFlags, PrintFlags {
  readonly output: string;
  readonly type?: string;
  readonly scorer?: string;
  readonly plugin?: readonly string[];
  readonly target?: BudgetOption;
  readonly sparsity?: number;
  readonly allocation?: "uniform" | "global";
  readonly ignore?: readonly string[];
  readonly roundTo?: number | "auto";
  readonly minChannels?: number;
  readonly maxSparsity?: number;
  readonly width?: boolean;
  readonly heads?: "whole" | "dim" | "both" | "keep";
  readonly measure?: boolean;
  readonly seed?: number;
  readonly plan?: string;
  readonly report?: string;
  readonly allowNoop?: boolean;
  readonly verify: boolean;
}

export function runCommand(io: Io): Command {
  const command = new Command("run")
    .description("Prune a model: find what belongs together, score it, cut it, prove the cut, and write the result.")
    .argument("<model>", "an .onnx file")
    .requiredOption("-o, --output <file>", "where the pruned model goes", once("--output", text))
    .option(
      "--target <budget>",
      "what is left, as result / original: macs=0.5, params=0.5 or bytes=0.5",
      once("--target", budget),
    )
    .option(
      "--sparsity <x>",
      "instead of --target: the fraction that every group loses, e.g. 0.5",
      once("--sparsity", sparsity),
    )
    .option("--type <name>", "what is removed: neuron (default)", once("--type", text))
    .option(
      "--scorer <name[:k=v,…]>",
      "how importance is judged: l2 (default), l1, random:seed=3, …",
      once("--scorer", text),
    )
    .option("--plugin <package>", "load scorers, pruners and operators from a package or file (repeatable)", many(text))
    .option(
      "--allocation <how>",
      "how the target is shared out: uniform (default), global",
      once("--allocation", oneOf("uniform", "global")),
    )
    .option("--ignore <glob>", "layers or weights whose outputs stay whole, by name (repeatable)", many(text))
    .option(
      "--round-to <n>",
      "widths become multiples of n; auto (default) picks widths that run fast",
      once("--round-to", rounding),
    )
    .option(
      "--min-channels <n>",
      "channels that every group keeps (default: 4, heads: 1)",
      once("--min-channels", whole(1)),
    )
    .option("--max-sparsity <x>", "the most that a group loses (default: 0.9)", once("--max-sparsity", between))
    .option("--width", "also cut what is not exact, such as the width of a residual stream under LayerNorm")
    .option(
      "--heads <what>",
      "what attention loses: whole heads (default), dim, both, keep",
      once("--heads", oneOf("whole", "dim", "both", "keep")),
    )
    .option("--measure", "measure latency before and after");
  withDataFlags(command)
    .option("--seed <n>", "seed of everything random (default: 0)", once("--seed", whole(0)))
    .option("--plan <file>", "write what was decided, as JSON that `prune apply` replays", once("--plan", text))
    .option("--report <file.json>", "write what was done, as JSON", once("--report", text));
  withRuntimeFlags(withProviderFlags(command))
    .option("--allow-noop", "accept a result in which nothing was removed")
    .option("--no-verify", "do not run the result and compare it with the masked original");
  return withPrintFlags(command).action(async (model: string, flags: RunFlags) => {
    const { run } = await import("../actions/run.ts");
    await run(model, flags, io);
  });
}
