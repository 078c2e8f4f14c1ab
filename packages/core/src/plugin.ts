import type { DataReader } from "./data-reader.ts";
import type { EvidenceProvider } from "./evidence/evidence.ts";
import type { Loss } from "./loss.ts";
import type { Metric } from "./metric.ts";
import type { OptionSchemas, OptionValues } from "./option-schema.ts";
import type { OpHandler } from "./ops/define-op.ts";
import type { Pruner } from "./pruner.ts";
import type { RecoveryStep } from "./recovery.ts";
import type { Scorer } from "./scorer.ts";

/** The version of the plug-in contract: what a {@link Plugin} holds, and what it makes. */
export const PLUGIN_CONTRACT = 1;

/** What was chosen elsewhere, for what a plug-in makes. */
export interface MakeContext {
  /** What is to be minimised, or differentiated (`--loss`). Default: the maker's own. */
  readonly loss?: Loss | undefined;
}

/** One thing that a plug-in offers, under the name that it is listed and asked for by. */
export interface Offer<Made> {
  /** What it is, in a line. */
  readonly summary: string;
  /** The paper, or whatever else it is from. */
  readonly source?: string;
  /** The options that it takes; others are refused before it is made. Default: none. */
  readonly options?: OptionSchemas;
  /** Makes it. What it makes goes by the name it is offered under. It must not change anything outside. */
  readonly make: (options: OptionValues, context: MakeContext) => Made | Promise<Made>;
}

/** A type of pruning. Besides its own options, which follow its name, its maker gets those that `takes` names. */
export interface PrunerOffer extends Offer<Pruner> {
  /**
   * Flags of `prune run` that it goes by, such as "target", "scorer" or "roundTo"; others are refused. Default: those
   * that a pruner takes which ranks units and leaves it to core how many of them fit a target.
   */
  readonly takes?: readonly string[];
  /** Values of `--allocation` that it knows, where it takes that. Default: those that core shares units out by. */
  readonly allocations?: readonly string[];
}

/** Something that may be told what to minimise or differentiate. */
export interface LossyOffer<Made> extends Offer<Made> {
  /** Whether it goes by `--loss`. Default false. */
  readonly takesLoss?: boolean;
}

/** A format of data. */
export interface ReaderOffer extends Offer<DataReader> {
  /** The files that it reads, by how their names end, in lower case, such as ".csv"; none: those that `--reader` names. */
  readonly extensions: readonly string[];
}

/** What a package adds to the toolkit. Every entry is optional; a name may be taken once, whoever offers it. */
export interface Plugin {
  /** Who offers it: the package's name. */
  readonly name: string;
  /** The version of the contract that it was written for. */
  readonly contract: typeof PLUGIN_CONTRACT;
  /** `--scorer NAME` */
  readonly scorers?: Readonly<Record<string, Offer<Scorer>>>;
  /** `--type NAME` */
  readonly pruners?: Readonly<Record<string, PrunerOffer>>;
  /** `--recover NAME` */
  readonly recovery?: Readonly<Record<string, LossyOffer<RecoveryStep>>>;
  /** Kinds of evidence that scorers may need, by kind. They take no options: nothing on the command line names them. */
  readonly evidence?: Readonly<Record<string, LossyOffer<EvidenceProvider>>>;
  /** `--loss NAME` */
  readonly losses?: Readonly<Record<string, Offer<Loss>>>;
  /** `--metric NAME` */
  readonly metrics?: Readonly<Record<string, Offer<Metric>>>;
  /** Formats of `--calib` and `--eval`: by how file names end, or `--reader NAME`. */
  readonly readers?: Readonly<Record<string, ReaderOffer>>;
  /** Rules of operators; they win over core's own. */
  readonly operators?: readonly OpHandler[];
}

/** Declares a plug-in; a plain identity that gives the object its type. Export it under the name `plugin`. */
export function definePlugin(plugin: Plugin): Plugin {
  return plugin;
}
