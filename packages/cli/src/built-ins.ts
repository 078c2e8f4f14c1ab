import type { Scorer } from "@prune/core";
import { checkOptions, type OptionRule, wholeNumber, words } from "./option-rule.ts";
import { createRegistry, type Options, type Registry } from "./registry.ts";

/** A scorer of the toolkit: where it comes from, what options it takes, how it is made. Packages load when asked for. */
interface BuiltIn {
  readonly from: string;
  readonly rules?: Readonly<Record<string, OptionRule>>;
  readonly make: (options: Options) => Promise<Scorer>;
}

const MAGNITUDE = "@prune/scorer-magnitude";

const SCORERS: Readonly<Record<string, BuiltIn>> = {
  l1: { from: MAGNITUDE, make: async () => (await import("@prune/scorer-magnitude")).l1() },
  l2: { from: MAGNITUDE, make: async () => (await import("@prune/scorer-magnitude")).l2() },
  absolute: { from: MAGNITUDE, make: async () => (await import("@prune/scorer-magnitude")).absolute() },
  relative: {
    from: MAGNITUDE,
    rules: { over: words("layer", "group") },
    make: async (options) => (await import("@prune/scorer-magnitude")).relative(options),
  },
  random: {
    from: "@prune/scorer-random",
    rules: { seed: wholeNumber },
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
