/** What is pruned. */
export type PruningType = "neuron" | "layer" | "connection" | "weight";

/** What the slider sets: a share of the original that stays, or one that goes. */
export type Measure = "macs" | "params" | "bytes" | "sparsity" | "percentile";

/** What a person chose. */
export interface Settings {
  readonly type: PruningType;
  readonly scorer: string;
  readonly measure: Measure;
  /** In percent. */
  readonly amount: number;
  /** Whether layers are fitted again, without labels. */
  readonly recover: boolean;
  /** Test images that accuracy is measured on. */
  readonly images: number;
}

/** How many test images there are to choose from; the page has as many as the largest. */
export const IMAGE_COUNTS: readonly number[] = [200, 500, 1000];

interface TypeText {
  readonly title: string;
  readonly says: string;
  readonly measures: readonly Measure[];
}

export const TYPES: Readonly<Record<PruningType, TypeText>> = {
  neuron: {
    title: "Neurons",
    says: "Whole channels, hidden units and attention heads leave. The network gets smaller and faster everywhere.",
    measures: ["macs", "params", "bytes", "sparsity"],
  },
  layer: {
    title: "Layers",
    says: "Whole layers and residual blocks leave, the least important first.",
    measures: ["macs", "params", "bytes"],
  },
  connection: {
    title: "Connections",
    says: "Single weights become zero. Shapes stay: it is the compressed file that shrinks.",
    measures: ["sparsity", "params"],
  },
  weight: {
    title: "Weights",
    says: "The smallest weights become zero, and neurons that this leaves dead leave the network.",
    measures: ["percentile"],
  },
};

export const MEASURES: Readonly<Record<Measure, { readonly keeps: boolean; readonly label: string }>> = {
  macs: { keeps: true, label: "MACs to keep" },
  params: { keeps: true, label: "Parameters to keep" },
  bytes: { keeps: true, label: "Bytes to keep" },
  sparsity: { keeps: false, label: "Share to remove everywhere" },
  percentile: { keeps: false, label: "Weights to set to zero" },
};

/** Scorers by name, in the order of the list. What each needs, the toolkit knows. */
export const SCORERS: Readonly<Record<string, string>> = {
  l2: "L2 norm of weights",
  l1: "L1 norm of weights",
  absolute: "Absolute value of weights",
  relative: "Absolute value, relative to its layer",
  lamp: "LAMP: relative to what is larger",
  fpgm: "FPGM: distance from the median filter",
  "bn-scale": "Scale of batch normalisation",
  activation: "Mean absolute activation",
  contribution: "Weight × activation",
  wanda: "Wanda: weight × input norm",
  apoz: "APoZ: share of zero activations",
  entropy: "Entropy of activations",
  taylor: "Taylor: weight × gradient",
  fisher: "Fisher information",
  obd: "OBD: optimal brain damage",
  obs: "OBS: optimal brain surgeon",
  random: "Random: the baseline to beat",
};

export const DEFAULTS: Settings = {
  type: "neuron",
  scorer: "l2",
  measure: "macs",
  amount: 50,
  recover: true,
  images: 500,
};

/** A fraction as targets have it. */
export const fraction = ({ amount }: Settings): number => Math.round(amount * 10) / 1000;

/** Settings after a change, with what no longer goes together put right. */
export function changed(settings: Settings, change: Partial<Settings>, scorers: readonly string[]): Settings {
  const next = { ...settings, ...change };
  const { measures } = TYPES[next.type];
  const measure = measures.includes(next.measure) ? next.measure : measures[0]!;
  const flips = MEASURES[measure].keeps !== MEASURES[settings.measure].keeps && change.amount === undefined;
  return {
    ...next,
    measure,
    amount: flips ? 100 - next.amount : next.amount,
    scorer: scorers.includes(next.scorer) ? next.scorer : (scorers[0] ?? next.scorer),
  };
}
