import { InvalidArgumentError, type Command } from "commander";
import { errorLatencyTarget, errorNotANumber, errorTarget, errorTwice } from "./errors.ts";

/** Reads the value of a flag; throws an error that says what it must be. */
type Parse<T> = (text: string) => T;

/** A flag that may be given once: a second one is an error, since one of the two would be ignored. */
export function once<T>(flag: string, parse: Parse<T>): (text: string, earlier: T | undefined) => T {
  return (text, earlier) => {
    if (earlier !== undefined) throw asInvalid(errorTwice(flag));
    return checked(parse, text);
  };
}

/** A flag that may be given many times. */
export function many<T>(parse: Parse<T>): (text: string, earlier: readonly T[] | undefined) => readonly T[] {
  return (text, earlier = []) => [...earlier, checked(parse, text)];
}

/** A flag `NAME=N` that may be given many times, once for each name. */
export function sizes(flag: string): (text: string, earlier: Sizes | undefined) => Sizes {
  return (text, earlier = {}) => {
    const [name, size] = checked(pair, text);
    if (name in earlier) throw asInvalid(errorTwice(`${flag} ${name}`));
    return { ...earlier, [name]: size };
  };
}

/** Numbers by name. */
export type Sizes = Readonly<Record<string, number>>;

function checked<T>(parse: Parse<T>, text: string): T {
  try {
    return parse(text);
  } catch (error) {
    throw asInvalid(error);
  }
}

/** Commander puts the flag and what was given in front of the message. */
function asInvalid(error: unknown): InvalidArgumentError {
  return new InvalidArgumentError(error instanceof Error ? error.message : String(error));
}

export const text: Parse<string> = (value) => {
  if (!value) throw errorNotANumber("given");
  return value;
};

/** A decimal number. */
export const number: Parse<number> = (value) => {
  const n = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value.trim()) ? Number(value) : NaN;
  if (!Number.isFinite(n)) throw errorNotANumber("a number");
  return n;
};

/** A whole number from `least`. */
export function whole(least: number): Parse<number> {
  return (value) => {
    const n = /^\d+$/.test(value.trim()) ? Number(value) : NaN;
    if (!(Number.isSafeInteger(n) && n >= least)) throw errorNotANumber(`a whole number from ${least}`);
    return n;
  };
}

/** A fraction removed: from 0, below 1. */
export const sparsity: Parse<number> = (value) => {
  const n = number(value);
  if (!(n >= 0 && n < 1)) throw errorNotANumber("the fraction removed, from 0 and below 1");
  return n;
};

/** A fraction between 0 and 1, neither of them. */
export const between: Parse<number> = (value) => {
  const n = number(value);
  if (!(n > 0 && n < 1)) throw errorNotANumber("a fraction between 0 and 1");
  return n;
};

/** A multiple that widths are rounded to. */
export const rounding: Parse<number | "auto"> = (value) => (value === "auto" ? "auto" : whole(1)(value));

/** A factor: a number or a quotient such as 1/255. */
export const factor: Parse<number> = (value) => {
  const [top = "", bottom = "1", ...rest] = value.split("/");
  const n = rest.length ? NaN : number(top) / number(bottom);
  if (!Number.isFinite(n) || n === 0) throw errorNotANumber("a number such as 1/255");
  return n;
};

/** Numbers with commas between them, one per channel or one for all. */
export const numbers: Parse<readonly number[]> = (value) => value.split(",").map(number);

/** Names with commas between them. */
export const names: Parse<readonly string[]> = (value) => {
  const list = value.split(",").map((name) => name.trim());
  if (list.includes("")) throw errorNotANumber("a list of names with commas between them");
  return list;
};

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Parse<T> {
  return (value) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw errorNotANumber(`one of ${words.join(", ")}`);
    return found;
  };
}

/** A budget, such as macs=0.5. */
export interface BudgetOption {
  readonly name: "macs" | "params" | "bytes";
  readonly ratio: number;
}

export const budget: Parse<BudgetOption> = (value) => {
  const [, name, ratio] = /^(\w+)=(.*)$/s.exec(value) ?? [];
  if (name === "latency") throw errorLatencyTarget();
  if (name !== "macs" && name !== "params" && name !== "bytes") throw errorTarget(value);
  const n = number(ratio ?? "");
  if (!(n > 0 && n <= 1)) throw errorTarget(value);
  return { name, ratio: n };
};

const pair: Parse<readonly [string, number]> = (value) => {
  const at = value.lastIndexOf("=");
  if (at < 1) throw errorNotANumber("NAME=N");
  return [value.slice(0, at), whole(1)(value.slice(at + 1))];
};

/** Flags of every command that runs a model. */
export interface RuntimeFlags {
  readonly threads?: number;
  readonly dim?: Sizes;
}

export function withRuntimeFlags(command: Command): Command {
  return command
    .option("--threads <n>", "threads within an operator (default: one per core)", once("--threads", whole(1)))
    .option(
      "--dim <name=n>",
      "size of a dynamic dimension (repeatable; default: batch 1, pixels 64, others 16)",
      sizes("--dim"),
    );
}

/** Flags of every command that runs a model where its user will. */
export interface ProviderFlags {
  readonly ep?: readonly string[];
}

export function withProviderFlags(command: Command): Command {
  return command.option(
    "--ep <list>",
    "execution providers, best first, e.g. cuda,cpu (default: cpu)",
    once("--ep", names),
  );
}

/** Flags of every command that takes labelled data. */
export interface DataFlags {
  readonly eval?: string;
  readonly scale?: number;
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

export function withDataFlags(command: Command): Command {
  return command
    .option(
      "--eval <data>",
      "measure accuracy (agreement without labels) on an .npz or .npy file",
      once("--eval", text),
    )
    .option(
      "--scale <x>",
      "multiply data by this first, e.g. 1/255 (default: 1/255 for uint8, else 1)",
      once("--scale", factor),
    )
    .option("--mean <list>", "then subtract this, per channel", once("--mean", numbers))
    .option("--std <list>", "then divide by this, per channel", once("--std", numbers));
}

/** Flags for what is printed. */
export interface PrintFlags {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

export function withPrintFlags(command: Command): Command {
  return command
    .option("--quiet", "print nothing but errors")
    .option("--json", "print one JSON document and nothing else");
}
