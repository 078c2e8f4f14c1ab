import type {
  DataReader,
  EvidenceProvider,
  LevelOptions,
  Loss,
  LossyOffer,
  MakeContext,
  Metric,
  Offer,
  OpHandler,
  OptionValues,
  Plugin,
  Pruner,
  PrunerOffer,
  ReaderOffer,
  RecoveryStep,
  Scorer,
  PluginSection,
} from "@prune/core";
import { checkOptions } from "./check-options.ts";
import { errorBadPlugin, errorDuplicate, errorOptionSyntax, errorPluginTwice, errorUnknownName } from "./errors.ts";

/** How a target is shared out, by any type of pruning. */
export const ALLOCATIONS = ["uniform", "global", "isomorphic", "sensitivity", "erk", "lamp"] as const;

type Allocation = (typeof ALLOCATIONS)[number];

/** What a pruner is told: of these, what it takes. */
export interface PrunerOptions extends LevelOptions {
  readonly allocation?: Allocation;
  readonly pattern?: string;
  readonly over?: "row" | "layer";
  readonly epsilon?: number;
  readonly percentile?: number;
  readonly rank?: "sum" | "mean" | "influence";
  readonly blocks?: "whole" | "branch";
  /** A file that lists ids of tokens. */
  readonly keepTokens?: string;
}

/** Flags that speak of some types of pruning only. */
export type TypeFlag =
  keyof PrunerOptions | "target" | "sparsity" | "scorer" | "aggregate" | "normalize" | "width" | "heads";

/** What a pruner that ranks units goes by. */
const COMMON = [
  ...(["target", "sparsity", "scorer", "aggregate", "normalize", "width", "heads"] as const),
  ...(["allocation", "roundTo", "minChannels", "maxSparsity"] as const),
] satisfies readonly TypeFlag[];

export const TYPE_FLAGS: readonly TypeFlag[] = [
  ...COMMON,
  "epsilon",
  "percentile",
  "rank",
  "blocks",
  "pattern",
  "over",
  "keepTokens",
];

/** What each section of a plug-in holds. */
interface Offers {
  readonly scorers: Offer<Scorer>;
  readonly pruners: PrunerOffer;
  readonly recovery: LossyOffer<RecoveryStep>;
  readonly evidence: LossyOffer<EvidenceProvider>;
  readonly losses: Offer<Loss>;
  readonly metrics: Offer<Metric>;
  readonly readers: ReaderOffer;
}

/** What one thing of a section is called in messages. */
export const WORDS: Readonly<Record<PluginSection, string>> = {
  scorers: "scorer",
  pruners: "type",
  recovery: "recovery step",
  evidence: "provider of evidence",
  losses: "loss",
  metrics: "metric",
  readers: "reader",
};

/** Something on offer, and who offers it. */
export interface Installed<O = Offer<unknown>> {
  readonly name: string;
  readonly from: string;
  readonly offer: O;
}

/** An operator's rule, and who brings it. */
interface InstalledOperator {
  readonly name: string;
  readonly from: string;
  readonly handler: OpHandler;
}

/** Everything that can be asked for by name. No name is taken twice. */
export interface Registry {
  /**
   * Adds what a plug-in offers.
   * @param from where it was found; default: its name
   */
  readonly use: (plugin: Plugin, from?: string) => void;
  /** Makes the scorer that `NAME` or `NAME:k=v,…` asks for. */
  readonly scorer: (spec: string) => Promise<Scorer>;
  readonly pruner: (spec: string, options: PrunerOptions) => Promise<Pruner>;
  /** The flags that a type of pruning goes by. */
  readonly takes: (spec: string) => readonly TypeFlag[];
  /** The values of --allocation that it knows. */
  readonly allocations: (spec: string) => readonly string[];
  /** Makes the recovery step that `NAME` or `NAME:k=v,…` asks for; of `shared` it gets the options that it has and that were not named. */
  readonly recovery: (spec: string, shared?: OptionValues, context?: MakeContext) => Promise<RecoveryStep>;
  /** The options that the recovery step has which `NAME` or `NAME:k=v,…` asks for. */
  readonly recoveryOptions: (spec: string) => readonly string[];
  /** The providers there are of some kinds of evidence. */
  readonly evidence: (kinds: readonly string[], context?: MakeContext) => Promise<EvidenceProvider[]>;
  /** Whether one of some recovery steps, or of the providers of some kinds of evidence, goes by a loss. */
  readonly takesLoss: (specs: readonly string[], kinds: readonly string[]) => boolean;
  readonly loss: (spec: string) => Promise<Loss>;
  readonly metric: (spec: string) => Promise<Metric>;
  /** The reader that is asked for or, without one, that reads files of such a name; undefined where none does. */
  readonly reader: (spec: string | undefined, path: string) => Promise<DataReader | undefined>;
  /** Rules of operators besides core's. */
  readonly operators: readonly OpHandler[];
  /** What there is of a section, in the order in which it was added. */
  readonly installed: <S extends PluginSection>(section: S) => readonly Installed<Offers[S]>[];
  readonly installedOperators: readonly InstalledOperator[];
}

export function createRegistry(): Registry {
  const plugins = new Map<string, string>();
  const entries = new Map<PluginSection, Map<string, Installed<Offers[PluginSection]>>>();
  const operators = new Map<string, InstalledOperator>();
  const of = <S extends PluginSection>(section: S): ReadonlyMap<string, Installed<Offers[S]>> =>
    (entries.get(section) ?? new Map()) as ReadonlyMap<string, Installed<Offers[S]>>;
  const find = <S extends PluginSection>(section: S, spec: string): Installed<Offers[S]> => {
    const [name] = parseSpec(spec);
    const found = of(section).get(name);
    if (!found) throw errorUnknownName(WORDS[section], name, [...of(section).keys()]);
    return found;
  };
  /** Makes what a spec asks for. `given` are options of other origin; those that were named win. */
  const make = async <S extends PluginSection>(
    section: S,
    spec: string,
    given: object = {},
    context: MakeContext = {},
  ): Promise<Awaited<ReturnType<Offers[S]["make"]>>> => {
    const { name, from, offer } = find(section, spec);
    const own = await checkOptions(name, parseSpec(spec)[1], offer.options);
    const made = await offer.make({ ...given, ...own }, context);
    const { checkMade } = await import("@prune/core");
    const problem = checkMade(section, name, made);
    if (problem !== undefined) throw errorBadPlugin(from, problem);
    return made as Awaited<ReturnType<Offers[S]["make"]>>;
  };
  const endings = new Map<string, string>();
  const addEndings = ({ name, from, offer }: Installed<ReaderOffer>): void => {
    for (const ending of offer.extensions) {
      const other = of("readers").get(endings.get(ending) ?? "");
      if (other) throw errorDuplicate("reader of files", ending, other.from, from);
      endings.set(ending, name);
    }
  };
  return {
    use: (plugin, from = plugin.name) => {
      const { name: who, contract: _, operators: rules = [], ...sections } = plugin;
      const source = from === who ? who : `${who} (${from})`;
      if (plugins.has(who)) throw errorPluginTwice(who, plugins.get(who)!, from);
      plugins.set(who, from);
      for (const [key, offers] of Object.entries(sections)) {
        const section = key as PluginSection;
        const map = entries.get(section) ?? new Map<string, Installed<Offers[PluginSection]>>();
        entries.set(section, map);
        for (const [name, offer] of Object.entries(offers) as [string, Offers[PluginSection]][]) {
          const entry = { name, from: source, offer };
          add(map, WORDS[section], entry);
          if (section === "pruners") checkTakes(entry as Installed<PrunerOffer>);
          if (section === "readers") addEndings(entry as Installed<ReaderOffer>);
        }
      }
      for (const handler of rules) {
        const { domain = "", type, since = 1 } = handler;
        const name = `${domain && `${domain}.`}${type}-${since}`;
        add(operators, "operator", { name, from: source, handler });
      }
    },
    scorer: (spec) => make("scorers", spec),
    pruner: (spec, options) => make("pruners", spec, options),
    takes: (spec) => (find("pruners", spec).offer.takes as readonly TypeFlag[] | undefined) ?? COMMON,
    allocations: (spec) => find("pruners", spec).offer.allocations ?? ALLOCATIONS.slice(0, 4),
    recovery: (spec, shared = {}, context = {}) => {
      const known = find("recovery", spec).offer.options ?? {};
      const given = Object.entries(shared).filter(([key]) => Object.hasOwn(known, key));
      return make("recovery", spec, Object.fromEntries(given), context);
    },
    recoveryOptions: (spec) => Object.keys(find("recovery", spec).offer.options ?? {}),
    evidence: (kinds, context) =>
      Promise.all(kinds.filter((k) => of("evidence").has(k)).map((kind) => make("evidence", kind, {}, context))),
    takesLoss: (specs, kinds) =>
      specs.some((spec) => find("recovery", spec).offer.takesLoss) ||
      kinds.some((kind) => of("evidence").get(kind)?.offer.takesLoss),
    loss: (spec) => make("losses", spec),
    metric: (spec) => make("metrics", spec),
    reader: async (spec, path) => {
      const [ending = ""] = [...endings.keys()].filter((e) => path.toLowerCase().endsWith(e)).toSorted((a, b) => b.length - a.length); // prettier-ignore
      const asked = spec ?? endings.get(ending);
      return asked === undefined ? undefined : make("readers", asked);
    },
    get operators() {
      return [...operators.values()].map(({ handler }) => handler);
    },
    installed: (section) => [...of(section).values()],
    get installedOperators() {
      return [...operators.values()];
    },
  };
}

function checkTakes({ name, from, offer }: Installed<PrunerOffer>): void {
  const odd = offer.takes?.find((flag) => !TYPE_FLAGS.includes(flag as TypeFlag));
  if (odd !== undefined)
    throw errorBadPlugin(
      from,
      `type "${name}" takes "${odd}"; flags that a type can take are ${TYPE_FLAGS.join(", ")}`,
    );
}

function add<T extends { readonly name: string; readonly from: string }>(
  map: Map<string, T>,
  what: string,
  entry: T,
): void {
  const first = map.get(entry.name);
  if (first) throw errorDuplicate(what, entry.name, first.from, entry.from);
  map.set(entry.name, entry);
}

/** Splits `NAME:k=v,k=v`; values that read as numbers or booleans become them. */
export function parseSpec(spec: string): [name: string, options: OptionValues] {
  const colon = spec.indexOf(":");
  if (colon < 0) return [spec, {}];
  const options: Record<string, string | number | boolean> = {};
  for (const part of spec.slice(colon + 1).split(",")) {
    const [, key, value] = /^([\w-]+)=(.+)$/s.exec(part) ?? [];
    if (key === undefined || value === undefined || Object.hasOwn(options, key)) throw errorOptionSyntax(spec);
    options[key] = /^(true|false)$/.test(value)
      ? value === "true"
      : Number.isNaN(Number(value))
        ? value
        : Number(value);
  }
  return [spec.slice(0, colon), options];
}
