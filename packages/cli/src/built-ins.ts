import type { EvidenceProvider, Pruner, RecoveryStep, Scorer } from "@prune/core";
import type { ConnectionOptions } from "@prune/pruner-connection";
import type { NeuronOptions } from "@prune/pruner-neuron";
import {
  checkOptions,
  fraction,
  numberFromZero,
  type OptionRule,
  positive,
  wholeNumberFrom,
  words,
  yesOrNo,
} from "./option-rule.ts";
import {
  type ALLOCATIONS,
  createRegistry,
  type Options,
  type PrunerOptions,
  type Registry,
  type TypeFlag,
} from "./registry.ts";

/** A part of the toolkit: where it comes from, what options it takes, how it is made. Packages load when asked for. */
interface BuiltIn<Made> {
  readonly from: string;
  readonly rules?: Readonly<Record<string, OptionRule>>;
  readonly make: (options: Options) => Promise<Made>;
}

const MAGNITUDE = "@prune/scorer-magnitude";
const ACTIVATION = "@prune/scorer-activation";
const HESSIAN = "@prune/scorer-hessian";
const GRADIENT = "@prune/scorer-gradient";

const SCORERS: Readonly<Record<string, BuiltIn<Scorer>>> = {
  l1: { from: MAGNITUDE, make: async () => (await import("@prune/scorer-magnitude")).l1() },
  l2: { from: MAGNITUDE, make: async () => (await import("@prune/scorer-magnitude")).l2() },
  absolute: { from: MAGNITUDE, make: async () => (await import("@prune/scorer-magnitude")).absolute() },
  relative: {
    from: MAGNITUDE,
    rules: { over: words("layer", "output", "group") },
    make: async (options) => (await import("@prune/scorer-magnitude")).relative(options),
  },
  weight: { from: MAGNITUDE, make: async () => (await import("@prune/scorer-magnitude")).weight() },
  "bn-scale": { from: MAGNITUDE, make: async () => (await import("@prune/scorer-magnitude")).bnScale() },
  lamp: { from: MAGNITUDE, make: async () => (await import("@prune/scorer-magnitude")).lamp() },
  fpgm: { from: MAGNITUDE, make: async () => (await import("@prune/scorer-magnitude")).fpgm() },
  activation: { from: ACTIVATION, make: async () => (await import("@prune/scorer-activation")).activation() },
  contribution: {
    from: ACTIVATION,
    rules: { relative: words("layer", "output") },
    make: async (options) => (await import("@prune/scorer-activation")).contribution(options),
  },
  wanda: { from: ACTIVATION, make: async () => (await import("@prune/scorer-activation")).wanda() },
  ria: {
    from: ACTIVATION,
    rules: { power: numberFromZero },
    make: async (options) => (await import("@prune/scorer-activation")).ria(options),
  },
  apoz: { from: ACTIVATION, make: async () => (await import("@prune/scorer-activation")).apoz() },
  entropy: {
    from: "@prune/scorer-entropy",
    rules: { remove: words("lowest", "highest"), bins: wholeNumberFrom(2), range: words("channel", "shared") },
    make: async (options) => (await import("@prune/scorer-entropy")).entropy(options),
  },
  obd: {
    from: HESSIAN,
    rules: { diagonal: words("layer", "fisher") },
    make: async (options) => (await import("@prune/scorer-hessian")).obd(options),
  },
  obs: {
    from: HESSIAN,
    rules: { damping: numberFromZero, update: yesOrNo, select: wholeNumberFrom(0), refine: wholeNumberFrom(0) },
    make: async (options) => (await import("@prune/scorer-hessian")).obs(options),
  },
  gradient: { from: GRADIENT, make: async () => (await import("@prune/scorer-gradient")).gradient() },
  taylor: {
    from: GRADIENT,
    rules: { on: words("weights", "gate", "activations") },
    make: async (options) => (await import("@prune/scorer-gradient")).taylor(options),
  },
  snip: { from: GRADIENT, make: async () => (await import("@prune/scorer-gradient")).snip() },
  grasp: { from: GRADIENT, make: async () => (await import("@prune/scorer-gradient")).grasp() },
  fisher: { from: GRADIENT, make: async () => (await import("@prune/scorer-gradient")).fisher() },
  random: {
    from: "@prune/scorer-random",
    rules: { seed: wholeNumberFrom(0) },
    make: async (options) => (await import("@prune/scorer-random")).random(options),
  },
};

/** Pruners check their own options, which are flags of the command line; `allocations` are those that it lets through. */
const PRUNERS: Readonly<
  Record<
    string,
    {
      readonly from: string;
      readonly takes?: readonly TypeFlag[];
      readonly allocations?: readonly (typeof ALLOCATIONS)[number][];
      readonly make: (o: PrunerOptions) => Promise<Pruner>;
    }
  >
> = {
  neuron: {
    from: "@prune/pruner-neuron",
    make: async (options) => (await import("@prune/pruner-neuron")).neuron(options as NeuronOptions),
  },
  connection: {
    from: "@prune/pruner-connection",
    takes: ["target", "sparsity", "scorer", "normalize", "allocation", "maxSparsity", "pattern", "over"],
    allocations: ["uniform", "global", "erk", "lamp"],
    make: async (options) => (await import("@prune/pruner-connection")).connection(options as ConnectionOptions),
  },
  layer: {
    from: "@prune/pruner-layer",
    takes: ["target", "sparsity", "scorer", "rank", "blocks"],
    make: async (options) => (await import("@prune/pruner-layer")).layer(options),
  },
  weight: {
    from: "@prune/pruner-weight",
    takes: ["heads", "epsilon", "percentile"],
    make: async (options) => (await import("@prune/pruner-weight")).weight(options),
  },
};

const RECOVERY = "@prune/recovery";

/** Options of the steps that train. */
const TRAINING: Readonly<Record<string, OptionRule>> = {
  epochs: wholeNumberFrom(1),
  lr: positive,
  batchSize: wholeNumberFrom(1),
  validation: fraction,
  patience: wholeNumberFrom(1),
  clipNorm: positive,
};

const RECOVERIES: Readonly<Record<string, BuiltIn<RecoveryStep>>> = {
  bias: { from: RECOVERY, make: async () => (await import("@prune/recovery")).bias() },
  bn: { from: RECOVERY, make: async () => (await import("@prune/recovery")).bn() },
  reconstruct: {
    from: RECOVERY,
    rules: { ridge: positive },
    make: async (options) => (await import("@prune/recovery")).reconstruct(options),
  },
  finetune: {
    from: RECOVERY,
    rules: { ...TRAINING, labelSmoothing: numberFromZero },
    make: async (options) => (await import("@prune/recovery")).finetune(options),
  },
  distill: {
    from: RECOVERY,
    rules: { ...TRAINING, loss: words("kl", "mse"), temperature: positive, features: numberFromZero },
    make: async (options) => (await import("@prune/recovery")).distill(options),
  },
};

const PROVIDERS: Readonly<Record<string, BuiltIn<EvidenceProvider>>> = {
  gradients: { from: "@prune/autodiff", make: async () => (await import("@prune/autodiff")).gradients() },
};

/** A registry with everything that the toolkit brings along. */
export function builtIns(): Registry {
  const registry = createRegistry();
  const checked = <Made>([name, { from, rules = {}, make }]: [string, BuiltIn<Made>]) => ({
    name,
    from,
    make: (options: Options) => make(checkOptions(name, options, rules)),
  });
  for (const entry of Object.entries(SCORERS)) registry.addScorer(checked(entry));
  for (const [name, entry] of Object.entries(PRUNERS)) registry.addPruner({ name, ...entry });
  for (const entry of Object.entries(RECOVERIES))
    registry.addRecovery({ ...checked(entry), options: Object.keys(entry[1].rules ?? {}) });
  for (const entry of Object.entries(PROVIDERS)) registry.addEvidence(checked(entry));
  return registry;
}
