import { InvalidArgumentError } from "commander";
import { errorValue, errorTarget, errorTwice } from "./errors.ts";

/** Reads the value of a flag; throws an error that says what it must be. */
type Parse<T> = (text: string) => T;

/** A flag that may be given once: a second one is an error, since one of the two would be ignored. */
export function once<T>(flag: string, parse: Parse<T>): (text: string, earlier: T | undefined) => T {
  return (text, earlier) => {
    if (earlier !== undefined) throw asInvalid(errorTwice(flag));
    return checked(parse, text);
  };
}

/** Marks what reads a flag that may be given many times. */
const REPEATABLE = Symbol("repeatable");

/** Whether a flag may be given many times, by what reads it. */
export const isRepeatable = (read: object | undefined): boolean => read !== undefined && REPEATABLE in read;

/** A flag that may be given many times. */
export function many<T>(parse: Parse<T>): (text: string, earlier: readonly T[] | undefined) => readonly T[] {
  const read = (text: string, earlier: readonly T[] = []): readonly T[] => [...earlier, checked(parse, text)];
  return Object.assign(read, { [REPEATABLE]: true });
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
  if (!value) throw errorValue("given");
  return value;
};

/** A decimal number. */
const number: Parse<number> = (value) => {
  const n = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value.trim()) ? Number(value) : NaN;
  if (!Number.isFinite(n)) throw errorValue("a number");
  return n;
};

export const aboveZero: Parse<number> = (value) => {
  const n = number(value);
  if (!(n > 0)) throw errorValue("a number above 0");
  return n;
};

/** A whole number from `least`. */
export function whole(least: number): Parse<number> {
  return (value) => {
    const n = /^\d+$/.test(value.trim()) ? Number(value) : NaN;
    if (!(Number.isSafeInteger(n) && n >= least)) throw errorValue(`a whole number from ${least}`);
    return n;
  };
}

/** A fraction removed: from 0, below 1. */
export const sparsity: Parse<number> = (value) => {
  const n = number(value);
  if (!(n >= 0 && n < 1)) throw errorValue("the fraction removed, from 0 and below 1");
  return n;
};

/** A number above 0. */
export const positive: Parse<number> = (value) => {
  const n = number(value);
  if (!(n > 0)) throw errorValue("a number above 0");
  return n;
};

/** A fraction between 0 and 1, neither of them. */
export const between: Parse<number> = (value) => {
  const n = number(value);
  if (!(n > 0 && n < 1)) throw errorValue("a fraction between 0 and 1");
  return n;
};

/** A number from 0. */
export const magnitude: Parse<number> = (value) => {
  const n = number(value);
  if (n < 0) throw errorValue("a number from 0");
  return n;
};

/** A share in percent, neither nothing nor all. */
export const percentage: Parse<number> = (value) => {
  const n = number(value);
  if (!(n > 0 && n < 100)) throw errorValue("a number above 0 and below 100");
  return n;
};

/** A drop of a fraction such as accuracy: percentage points, or the same as a number. */
export const drop: Parse<number> = (value) => {
  const points = /^(.*)%$/s.exec(value.trim())?.[1];
  const n = points === undefined ? number(value) : number(points) / 100;
  if (!(n >= 0 && n < 1)) throw errorValue("percentage points such as 1%, or the same as a fraction, 0.01");
  return n;
};

/** A multiple that widths are rounded to. */
export const rounding: Parse<number | "auto"> = (value) => (value === "auto" ? "auto" : whole(1)(value));

/** A factor: a number or a quotient such as 1/255. */
export const factor: Parse<number> = (value) => {
  const [top = "", bottom = "1", ...rest] = value.split("/");
  const n = rest.length ? NaN : number(top) / number(bottom);
  if (!Number.isFinite(n) || n === 0) throw errorValue("a number such as 1/255");
  return n;
};

/** Numbers with commas between them, one per channel or one for all. */
export const numbers: Parse<readonly number[]> = (value) => value.split(",").map(number);

/** Fractions between 0 and 1 with commas between them. */
export const fractions: Parse<readonly number[]> = (value) => value.split(",").map(between);

/** Numbers, none of them zero. */
export const divisors: Parse<readonly number[]> = (value) => {
  const list = numbers(value);
  if (list.includes(0)) throw errorValue("numbers other than 0");
  return list;
};

/** Names with commas between them. */
export const names: Parse<readonly string[]> = (value) => {
  const list = value.split(",").map((name) => name.trim());
  if (list.includes("")) throw errorValue("a list of names with commas between them");
  return list;
};

/** One of a few words. */
export function oneOf<const T extends string>(...words: readonly T[]): Parse<T> {
  return (value) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw errorValue(`one of ${words.join(", ")}`);
    return found;
  };
}

/** A budget, such as macs=0.5. */
export interface BudgetOption {
  readonly name: "macs" | "params" | "bytes" | "latency";
  readonly ratio: number;
}

export const budget: Parse<BudgetOption> = (value) => {
  const [, name, ratio] = /^(\w+)=(.*)$/s.exec(value) ?? [];
  if (name !== "macs" && name !== "params" && name !== "bytes" && name !== "latency") throw errorTarget(value);
  const n = number(ratio ?? "");
  if (!(n > 0 && n <= 1)) throw errorTarget(value);
  return { name, ratio: n };
};

const pair: Parse<readonly [string, number]> = (value) => {
  const at = value.lastIndexOf("=");
  if (at < 1) throw errorValue("NAME=N");
  return [value.slice(0, at), whole(1)(value.slice(at + 1))];
};
