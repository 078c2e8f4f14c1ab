import type { OptionSchema, OptionSchemas, Plugin } from "@prune/core";
import type { ConnectionOptions } from "@prune/pruner-connection";
import { checkOptions } from "./check-options.ts";
import { errorNoTokenList, errorUnusedLoss } from "./errors.ts";
import { createRegistry, type PrunerOptions, type Registry, type TypeFlag } from "./registry.ts";

// What the toolkit brings, declared as plug-ins are. Packages load when something of theirs is asked for.

const oneOf = (words: readonly string[], description: string, first?: string): OptionSchema => ({
  type: "string",
  enum: words,
  description,
  ...(first === undefined ? {} : { default: first }),
});

const magnitude: Plugin = {
  name: "@prune/scorer-magnitude",
  contract: 1,
  scorers: {
    l1: {
      summary: "Σ|w| of all weights that leave with a unit",
      source: "Li et al. 2017, arXiv:1608.08710, sec. 3.1; Fang et al. 2023, arXiv:2301.12900",
      make: async () => (await import("@prune/scorer-magnitude")).l1(),
    },
    l2: {
      summary: "norm of all weights that leave with a unit",
      source: "Fang et al. 2023, arXiv:2301.12900, eq. 4",
      make: async () => (await import("@prune/scorer-magnitude")).l2(),
    },
    absolute: {
      summary: "mean |w| of all weights that leave with a unit",
      source: "Han et al. 2015, arXiv:1506.02626, sec. 3",
      make: async () => (await import("@prune/scorer-magnitude")).absolute(),
    },
    relative: {
      summary: "share of a total of |w|",
      source: "Molchanov et al. 2017, arXiv:1611.06440, sec. 2.2",
      options: { over: oneOf(["layer", "output", "group"], "whose total", "layer") },
      make: async (options) => (await import("@prune/scorer-magnitude")).relative(options),
    },
    weight: {
      summary: "Σ|w| of what flows into a unit",
      source: "Li et al. 2017, arXiv:1608.08710, sec. 3.1",
      make: async () => (await import("@prune/scorer-magnitude")).weight(),
    },
    "bn-scale": {
      summary: "|γ| of a channel's normalisation; the norm of its incoming weights where that was folded",
      source: "Liu et al. 2017, arXiv:1708.06519, sec. 3",
      make: async () => (await import("@prune/scorer-magnitude")).bnScale(),
    },
    lamp: {
      summary: "layer-adaptive magnitude",
      source: "Lee et al. 2021, arXiv:2010.07611, eq. 1",
      make: async () => (await import("@prune/scorer-magnitude")).lamp(),
    },
    fpgm: {
      summary: "distance from the other filters of its layer",
      source: "He et al. 2019, arXiv:1811.00250, sec. 3",
      make: async () => (await import("@prune/scorer-magnitude")).fpgm(),
    },
  },
};

const activation: Plugin = {
  name: "@prune/scorer-activation",
  contract: 1,
  scorers: {
    activation: {
      summary: "mean |y|",
      source: "Molchanov et al. 2017, arXiv:1611.06440, sec. 2.2",
      make: async () => (await import("@prune/scorer-activation")).activation(),
    },
    contribution: {
      summary: "the classic: Σ|w|·|y| of what flows into a unit",
      source: "Sun et al. 2023, arXiv:2306.11695, eq. 1, with the mean of |y| for its norm",
      options: { relative: oneOf(["layer", "output"], "as a share of whose total") },
      make: async (options) => (await import("@prune/scorer-activation")).contribution(options),
    },
    wanda: {
      summary: "‖W‖₂·‖X‖₂ of what a unit gives to others",
      source: "Sun et al. 2023, arXiv:2306.11695, eq. 1",
      make: async () => (await import("@prune/scorer-activation")).wanda(),
    },
    ria: {
      summary: "relative importance and activation",
      source: "Zhang et al. 2024, ICLR, sec. 3",
      options: { power: { type: "number", minimum: 0, default: 0.5, description: "power of the activation's norm" } },
      make: async (options) => (await import("@prune/scorer-activation")).ria(options),
    },
    apoz: {
      summary: "how often a unit is not zero",
      source: "Hu et al. 2016, arXiv:1607.03250, eq. 1",
      make: async () => (await import("@prune/scorer-activation")).apoz(),
    },
  },
};

const entropy: Plugin = {
  name: "@prune/scorer-entropy",
  contract: 1,
  scorers: {
    entropy: {
      summary: "entropy of what a unit yields, over samples",
      source: "Luo & Wu 2017, arXiv:1706.05791, sec. 3.2",
      options: {
        remove: oneOf(["lowest", "highest"], "which units go first", "lowest"),
        bins: { type: "integer", minimum: 2, default: 8, description: "bins of the histogram" },
        range: oneOf(["channel", "shared"], "what the bins divide", "shared"),
      },
      make: async (options) => (await import("@prune/scorer-entropy")).entropy(options),
    },
  },
};

const hessian: Plugin = {
  name: "@prune/scorer-hessian",
  contract: 1,
  scorers: {
    obd: {
      summary: "w²·H/2, with the diagonal of the Hessian",
      source: "LeCun, Denker and Solla 1990, eq. 5",
      options: { diagonal: oneOf(["layer", "fisher"], "of the layer's squared error, or of the loss", "layer") },
      make: async (options) => (await import("@prune/scorer-hessian")).obd(options),
    },
    obs: {
      summary: "w²/[H⁻¹], what a weight costs when all others make up for it; those that stay then do",
      source: "Hassibi and Stork 1993, eq. 5; Frantar and Alistarh 2023, arXiv:2301.00774, algorithm 1",
      options: {
        damping: { type: "number", minimum: 0, default: 0.01, description: "added to the diagonal, as a fraction of its mean" }, // prettier-ignore
        update: { type: "boolean", default: true, description: "whether what stays makes up for what leaves" },
        select: { type: "integer", minimum: 0, default: 10, description: "stages in which masks are chosen; 0: in one sweep" }, // prettier-ignore
        refine: { type: "integer", minimum: 0, default: 24, description: "steps towards least squares" },
      },
      make: async (options) => (await import("@prune/scorer-hessian")).obs(options),
    },
  },
};

const gradient: Plugin = {
  name: "@prune/scorer-gradient",
  contract: 1,
  scorers: {
    gradient: {
      summary: "|dL/dw|",
      source: "Mozer & Smolensky 1988, NIPS 1, sec. 2",
      make: async () => (await import("@prune/scorer-gradient")).gradient(),
    },
    taylor: {
      summary: "what the loss would change by, to first order",
      source: "Molchanov et al. 2019, arXiv:1906.10771, eq. 8 to 10; 2017, arXiv:1611.06440, eq. 8",
      options: { on: oneOf(["weights", "gate", "activations"], "what is taken away", "weights") },
      make: async (options) => (await import("@prune/scorer-gradient")).taylor(options),
    },
    snip: {
      summary: "|w·dL/dw|, connection sensitivity",
      source: "Lee et al. 2019, arXiv:1810.02340, eq. 6",
      make: async () => (await import("@prune/scorer-gradient")).snip(),
    },
    grasp: {
      summary: "what the flow of gradients would lose",
      source: "Wang et al. 2020, arXiv:2002.07376, eq. 8",
      make: async () => (await import("@prune/scorer-gradient")).grasp(),
    },
    fisher: {
      summary: "E[(Σ a·dL/da)²]/2 of a unit's activations; w²·E[(dL/dw)²]/2 of a weight",
      source: "Theis et al. 2018, arXiv:1801.05787, eq. 6 and 8",
      make: async () => (await import("@prune/scorer-gradient")).fisher(),
    },
    synflow: {
      summary: "flow of ones through the network of magnitudes: |w|·dR/d|w|",
      source: "Tanaka et al. 2020, arXiv:2006.05467, eq. 3 and algorithm 1",
      make: async () => (await import("@prune/scorer-gradient")).synflow(),
    },
  },
};

const random: Plugin = {
  name: "@prune/scorer-random",
  contract: 1,
  scorers: {
    random: {
      summary: "drawn; the baseline",
      options: { seed: { type: "integer", minimum: 0, description: "default: that of the run" } },
      make: async (options) => (await import("@prune/scorer-random")).random(options),
    },
  },
};

/** Pruners check their own options, which are flags of the command line. */
const pruners: readonly Plugin[] = [
  {
    name: "@prune/pruner-neuron",
    contract: 1,
    pruners: {
      neuron: {
        summary: "channels, hidden units and heads, removed for real",
        source: "Fang et al. 2023, arXiv:2301.12900",
        make: async (options) => (await import("@prune/pruner-neuron")).neuron(options),
      },
    },
  },
  {
    name: "@prune/pruner-connection",
    contract: 1,
    pruners: {
      connection: {
        summary: "single weights become zero, anywhere or by a pattern such as 2:4",
        source: "Han et al. 2015, arXiv:1506.02626; Evci et al. 2020, arXiv:1911.11134 (erk); Lee et al. 2021, arXiv:2010.07611 (lamp)", // prettier-ignore
        takes: takes("target", "sparsity", "scorer", "normalize", "allocation", "maxSparsity", "pattern", "over"),
        allocations: ["uniform", "global", "erk", "lamp"],
        make: async (options) =>
          (await import("@prune/pruner-connection")).connection(options as PrunerOptions as ConnectionOptions),
      },
    },
  },
  {
    name: "@prune/pruner-layer",
    contract: 1,
    pruners: {
      layer: {
        summary: "residual branches, blocks and layers, whole",
        source: "Men et al. 2024, arXiv:2403.03853 (rank influence)",
        takes: takes("target", "sparsity", "scorer", "rank", "blocks"),
        make: async (options) => (await import("@prune/pruner-layer")).layer(options),
      },
    },
  },
  {
    name: "@prune/pruner-vocabulary",
    contract: 1,
    pruners: {
      vocabulary: {
        summary: "tokens of a language model that a list leaves out; scores of the others stay as they are",
        source: "Abdaoui, Pradel and Sigel 2020, arXiv:2010.05609",
        takes: takes("keepTokens"),
        make: async ({ keepTokens }: PrunerOptions) => {
          if (keepTokens === undefined) throw errorNoTokenList();
          const keep = await (await import("./lib/token-list.ts")).readTokenList(keepTokens);
          return (await import("@prune/pruner-vocabulary")).vocabulary({ keep });
        },
      },
    },
  },
  {
    name: "@prune/pruner-weight",
    contract: 1,
    pruners: {
      weight: {
        summary: "what is zero, and the neurons that leaves dead; outputs stay as they are",
        takes: takes("heads", "epsilon", "percentile"),
        make: async (options) => (await import("@prune/pruner-weight")).weight(options),
      },
    },
  },
];

function takes(...flags: readonly TypeFlag[]): readonly TypeFlag[] {
  return flags;
}

/** Options of training in TensorFlow.js. */
const FIT: OptionSchemas = {
  epochs: { type: "integer", minimum: 1, default: 2, description: "passes over the data" },
  lr: { type: "number", exclusiveMinimum: 0, default: 1e-3, description: "learning rate" },
  batchSize: { type: "integer", minimum: 1, default: 64, description: "samples per step" },
  validation: { type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1, default: 0.1, description: "share held out" },
};

/** Options of the steps that train. */
const TRAINING: OptionSchemas = {
  ...FIT,
  patience: { type: "integer", minimum: 1, description: "stop after so many epochs without gain" },
  clipNorm: { type: "number", exclusiveMinimum: 0, description: "limit on the gradients' norm" },
  batchStatistics: { type: "boolean", default: true, description: "whether BatchNormalization goes by each batch" },
  dropout: { type: "boolean", default: false, description: "whether layers of dropout drop" },
};

const recovery: Plugin = {
  name: "@prune/recovery",
  contract: 1,
  recovery: {
    bias: {
      summary: "folds the mean of what was removed into biases",
      source: "An et al. 2024, arXiv:2312.11983",
      make: async () => (await import("@prune/recovery")).bias(),
    },
    bn: {
      summary: "estimates the statistics of BatchNormalization anew",
      make: async () => (await import("@prune/recovery")).bn(),
    },
    reconstruct: {
      summary: "fits each layer to what the original yields there, by least squares",
      source: "He et al. 2017, arXiv:1707.06168",
      options: {
        ridge: { type: "number", exclusiveMinimum: 0, default: 1e-4, description: "more for fewer samples" },
        memory: { type: "integer", minimum: 0, default: 2 ** 29, description: "bytes of activations kept between layers, of each of two networks" }, // prettier-ignore
      },
      make: async (options) => (await import("@prune/recovery")).reconstruct(options),
    },
    finetune: {
      summary: "trains on labels, and on what the original answers",
      source: "Hinton, Vinyals and Dean 2015, arXiv:1503.02531, sec. 2",
      options: {
        ...TRAINING,
        labelSmoothing: { type: "number", minimum: 0, exclusiveMaximum: 1, default: 0, description: "share of the target spread over all classes" }, // prettier-ignore
        teacher: { type: "number", minimum: 0, exclusiveMaximum: 1, default: 0.9, description: "share of the loss that the original's answers have" }, // prettier-ignore
        temperature: { type: "number", exclusiveMinimum: 0, default: 2, description: "softens both answers" },
        engine: oneOf(["onnx", "tfjs"], "what trains: the toolkit, or TensorFlow.js its own layers", "onnx"),
      },
      takesLoss: true,
      make: async ({ engine, ...options }, { loss }) => {
        if (engine !== "tfjs") return (await import("@prune/recovery")).finetune({ ...options, loss });
        if (loss) throw errorUnusedLoss(loss.name);
        const given = await checkOptions("finetune:engine=tfjs", options, FIT);
        return { ...(await (await import("./actions/tfjs.ts")).fitLayers(given)), name: "finetune" };
      },
    },
    distill: {
      summary: "trains to answer as the original does; needs no labels",
      source: "Hinton, Vinyals and Dean 2015, arXiv:1503.02531; Romero et al. 2015, arXiv:1412.6550 (features)",
      options: {
        ...TRAINING,
        loss: oneOf(["kl", "mse"], "what is learnt of the outputs; by default what fits them"),
        temperature: { type: "number", exclusiveMinimum: 0, default: 2, description: "softens both distributions of kl" }, // prettier-ignore
        features: { type: "number", minimum: 0, default: 0, description: "weight of what layers yield" },
      },
      make: async (options) => (await import("@prune/recovery")).distill(options),
    },
  },
};

const autodiff: Plugin = {
  name: "@prune/autodiff",
  contract: 1,
  evidence: {
    gradients: {
      summary: "gradients of the loss, of weights and of gates on units",
      takesLoss: true,
      make: async (_, { loss }) => (await import("@prune/autodiff")).gradients({ loss }),
    },
    flow: {
      summary: "the flow of ones through the network of magnitudes; needs no data",
      make: async () => (await import("@prune/autodiff")).synapticFlow(),
    },
  },
};

const cli: Plugin = {
  name: "@prune/cli",
  contract: 1,
  metrics: {
    accuracy: {
      summary: "fraction of samples whose class is found",
      make: async () => (await import("./lib/metrics.ts")).accuracyMetric,
    },
    divergence: {
      summary: "how far outputs are from the original's, Σ(a − b)² / Σa²; less is better, and no labels are needed",
      make: async () => (await import("./lib/divergence.ts")).divergenceMetric,
    },
    perplexity: {
      summary: "of a language model: how many tokens it hesitates between; lower is better",
      source: "Jelinek et al. 1977, JASA 62, S63",
      make: async () => (await import("./lib/perplexity.ts")).perplexity,
    },
  },
  readers: {
    npz: {
      summary: "arrays named after the model's inputs, and labels",
      source: "NumPy",
      extensions: [".npz"],
      make: async () => (await import("./lib/npz.ts")).npzReader,
    },
    npy: {
      summary: "one array, for a model with one input",
      source: "NumPy",
      extensions: [".npy"],
      make: async () => (await import("./lib/npy.ts")).npyReader,
    },
    images: {
      summary: "a folder of pictures, a sub-folder per class for labels",
      extensions: [],
      make: async () => (await import("./lib/image-folder.ts")).imageReader,
    },
  },
};

/** What the toolkit brings along. */
export const BUILT_INS: readonly Plugin[] = [
  magnitude,
  activation,
  entropy,
  hessian,
  gradient,
  random,
  ...pruners,
  recovery,
  autodiff,
  cli,
];

/** A registry with everything that the toolkit brings along. */
export function builtIns(): Registry {
  const registry = createRegistry();
  for (const plugin of BUILT_INS) registry.use(plugin);
  return registry;
}
