import { errorOptionValue, errorUnknownOption } from "./errors.ts";
import type { Options } from "./registry.ts";

/** An option that a built-in scorer takes. */
export interface OptionRule {
  /** What it must be, for the message that says it is not. */
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

/** The options, after a check against what a built-in takes. */
export function checkOptions(name: string, given: Options, rules: Readonly<Record<string, OptionRule>>): Options {
  for (const [key, value] of Object.entries(given)) {
    const rule = Object.hasOwn(rules, key) ? rules[key] : undefined;
    if (!rule) throw errorUnknownOption(name, key, Object.keys(rules));
    if (!rule.accepts(value)) throw errorOptionValue(name, key, rule.expected, value);
  }
  return given;
}

export const wholeNumberFrom = (least: number): OptionRule => ({
  expected: `a whole number from ${least}`,
  accepts: (value) => Number.isSafeInteger(value) && Number(value) >= least,
});

export const numberFromZero: OptionRule = {
  expected: "a number from 0",
  accepts: (value) => typeof value === "number" && Number.isFinite(value) && value >= 0,
};

export const positive: OptionRule = {
  expected: "a number above 0",
  accepts: (value) => typeof value === "number" && value > 0 && Number.isFinite(value),
};

export const yesOrNo: OptionRule = {
  expected: "true or false",
  accepts: (value) => typeof value === "boolean",
};

export const fraction: OptionRule = {
  expected: "a number above 0 and below 1",
  accepts: (value) => typeof value === "number" && value > 0 && value < 1,
};

/** One of a few words. */
export function words(...list: readonly string[]): OptionRule {
  return {
    expected: `one of ${list.join(", ")}`,
    accepts: (value) => typeof value === "string" && list.includes(value),
  };
}
