import { Command } from "commander";
import {
  type DataFlags,
  type PluginFlags,
  type PrintFlags,
  type ProviderFlags,
  type RuntimeFlags,
  withDataFlags,
  withPluginFlags,
  withPrintFlags,
  withProviderFlags,
} from "../flags.ts";
import type { Io } from "../io.ts";
import { once, text } from "../parse.ts";

/** Flags of `prune compare`. */
export interface CompareFlags extends DataFlags, PluginFlags, ProviderFlags, RuntimeFlags, PrintFlags {
  readonly report?: string;
}

export function compareCommand(io: Io): Command {
  const command = new Command("compare")
    .description(
      "Put two models side by side: MACs, parameters, bytes, latency and, with data, accuracy and agreement.",
    )
    .argument("<a>", "an .onnx file, or a model.json")
    .argument("<b>", "another");
  command.option("--report <file>", "write all of it: a page (.html) or JSON (.json)", once("--report", text));
  withProviderFlags(withDataFlags(withPluginFlags(command)));
  return withPrintFlags(command).action(async (a: string, b: string, flags: CompareFlags) => {
    const { compare } = await import("../actions/compare.ts");
    await compare(a, b, flags, io);
  });
}
