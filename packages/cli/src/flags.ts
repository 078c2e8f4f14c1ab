import type { Plugin } from "@prune/core";
import { type Command, Option } from "commander";
import type { DataFunction, EvaluateFunction } from "./config.ts";
import { divisors, factor, many, names, numbers, once, oneOf, type Sizes, sizes, text, whole } from "./parse.ts";

/** Flags of every command that finds out what can be cut. */
export interface AnalysisFlags {
  readonly ignore?: readonly string[];
  readonly width?: boolean;
  readonly heads?: "whole" | "dim" | "both" | "keep";
}

export function withAnalysisFlags(command: Command): Command {
  return command
    .optionsGroup("What may be cut:")
    .option(
      "--ignore <glob>",
      "layers or weights whose outputs stay whole, and caches that do, by name (repeatable)",
      many(text),
    )
    .option("--width", "also cut what is not exact, such as the width of a residual stream under LayerNorm")
    .option(
      "--heads <what>",
      "what attention loses: whole heads (default), dim, both, keep",
      once("--heads", oneOf("whole", "dim", "both", "keep")),
    );
}

/** Flags of every command that takes a plan. */
export interface PlanFlags {
  readonly force?: boolean;
  readonly madeFor?: string;
}

export function withPlanFlags(command: Command): Command {
  return command
    .option(
      "--made-for <model>",
      "the file that the plan was made for, where the model is another with the same weights, such as later steps of a decoder whose first step is a file of its own",
      once("--made-for", text),
    )
    .option("--force", "accept a plan that was made for another file");
}

/** Packages that add to what the toolkit knows. */
export interface PluginFlags {
  /** Packages and files; a configuration may hold plug-ins as they are. */
  readonly plugin?: readonly (string | Plugin)[];
  /** The folder that they are looked up from. No flag; default: the one that the command runs in. */
  readonly pluginsFrom?: string;
}

export function withPluginFlags(command: Command): Command {
  return command.option(
    "--plugin <package>",
    "add what a package or file brings: scorers, pruners, operators, data readers, … (repeatable)",
    many<string | Plugin>(text),
  );
}

/** Flags of every command that runs a model. */
export interface RuntimeFlags {
  readonly threads?: number;
  readonly dim?: Sizes;
}

export function withRuntimeFlags(command: Command): Command {
  return command
    .optionsGroup("How models are run:")
    .option("--threads <n>", "threads within an operator (default: one per core)", once("--threads", whole(1)))
    .option(
      "--dim <name=n>",
      "size of a dynamic dimension, by its name or, without one, as input[axis] (repeatable; default: batch 1, pixels 64, others 16, or what the model runs at)",
      sizes("--dim"),
    );
}

/** Flags of every command that runs a model where its user will. */
export interface ProviderFlags {
  readonly ep?: readonly string[];
}

export function withProviderFlags(command: Command): Command {
  return withRuntimeFlags(command).option(
    "--ep <list>",
    "execution providers, best first, e.g. cuda,cpu (default: cpu)",
    once("--ep", names),
  );
}

/** Flags of every command that gathers statistics. */
export interface CalibrationFlags {
  readonly calib?: string;
  readonly calibSamples?: number;
}

export function withCalibrationFlags(command: Command): Command {
  return command
    .optionsGroup("What it learns from:")
    .option(
      "--calib <data>",
      "samples to gather statistics from and to train on, for scorers and recovery that need them, in the formats of --eval; never its data",
      once("--calib", text),
    )
    .option(
      "--calib-samples <n>",
      "how many of them statistics are gathered from, from the first (default: 1000); training takes all",
      once("--calib-samples", whole(1)),
    );
}

/** What a configuration brings besides values of flags. */
interface UserCode {
  /** Samples by the name that `eval` or `calib` has instead of a path. */
  readonly sources?: Readonly<Record<string, DataFunction>>;
  readonly evaluate?: EvaluateFunction;
}

/** Flags of every command that takes data. */
export interface DataFlags extends UserCode {
  readonly eval?: string;
  readonly metric?: string;
  readonly reader?: string;
  readonly scale?: number;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

export function withDataFlags(command: Command): Command {
  return command
    .option(
      "--eval <data>",
      "measure accuracy, or without labels agreement, on an .npz or .npy file, a folder of pictures, or what a reader reads",
      once("--eval", text),
    )
    .option(
      "--metric <name[:k=v,…]>",
      "measure this instead: divergence, perplexity, or what a plug-in brings (prune metrics lists them)",
      once("--metric", text),
    )
    .option(
      "--reader <name[:k=v,…]>",
      "what reads data (default: by how the file's name ends; prune readers lists them)",
      once("--reader", text),
    )
    .option(
      "--scale <x>",
      "multiply the data by this, e.g. 1/255 (default: 1/255 for uint8, else 1)",
      once("--scale", factor),
    )
    .option("--mean <list>", "then subtract this, per channel", once("--mean", numbers))
    .option("--std <list>", "then divide by this, per channel", once("--std", divisors));
}

/** Flags for what is printed. */
export interface PrintFlags {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export function withPrintFlags(command: Command): Command {
  return command
    .optionsGroup("What is printed:")
    .option("--quiet", "print nothing but errors")
    .addOption(new Option("--json", "print one JSON document and nothing else").conflicts("quiet"));
}
