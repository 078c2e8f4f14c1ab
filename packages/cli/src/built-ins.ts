import type { Scorer } from "@prune/core";
import { checkOptions, createRegistry, type OptionRule, type Options, type Registry } from "./registry.ts";

const seed: OptionRule = {
  expected: "a whole number from 0",
  accepts: (value) => Number.isSafeInteger(value) && Number(value) >= 0,
};

/** A scorer of the toolkit: where it comes from, what options it takes, how it is made. Packages load when asked for. */
interface BuiltIn {
  readonly from: string;
  readonly rules?: Readonly<Record<string, OptionRule>>;
  readonly make: (options: Options) => Promise<Scorer>;
}

const SCORERS: Readonly<Record<string, BuiltIn>> = {
  l1: { from: "@prune/scorer-magnitude", make: async () => (await import("@prune/scorer-magnitude")).l1() },
  l2: { from: "@prune/scorer-magnitude", make: async () => (await import("@prune/scorer-magnitude")).l2() },
  absolute: { from: "@prune/scorer-magnitude", make: async () => (await import("@prune/scorer-magnitude")).absolute() },
  relative: {
    from: "@prune/scorer-magnitude",
    rules: { over: { expected: "layer or group", accepts: (value) => value === "layer" || value === "group" } },
    make: async (options) => (await import("@prune/scorer-magnitude")).relative(options),
  },
  random: {
    from: "@prune/scorer-random",
    rules: { seed },
    make: async (options) => (await import("@prune/scorer-random")).random(options),
  },
};

/** A registry with everything that the toolkit brings along. */
export function builtIns(): Registry {
  const registry = createRegistry();
  for (const [name, { from, rules = {}, make }] of Object.entries(SCORERS)) {
    registry.addScorer({ name, from, make: (options) => make(checkOptions(name, options, rules)) });
  }
  registry.addPruner({
    name: "neuron",
    from: "@prune/pruner-neuron",
    make: async (options) => (await import("@prune/pruner-neuron")).neuron(options),
  });
  return registry;
}
