import type { EvidenceProvider, LevelOptions, OpHandler, Pruner, RecoveryStep, Scorer } from "@prune/core";
import { errorDuplicate, errorOptionSyntax, errorUnknownName } from "./errors.ts";

/** Options after a name's colon: `random:seed=3`. */
export type Options = Readonly<Record<string, string | number | boolean>>;

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
}

/** Something with a name that can be made when it is asked for. */
interface Entry<Made, Given> {
  readonly name: string;
  /** The package it is from. */
  readonly from: string;
  make(options: Given): Made | Promise<Made>;
}

type ScorerEntry = Entry<Scorer, Options>;
/** Flags that speak of some types of pruning only. */
export type TypeFlag =
  keyof PrunerOptions | "target" | "sparsity" | "scorer" | "aggregate" | "normalize" | "width" | "heads";

interface PrunerEntry extends Entry<Pruner, PrunerOptions> {
  /** Those that it goes by. Default: all of those that are no pruner's own. */
  readonly takes?: readonly TypeFlag[];
  /** Values of --allocation that it knows. Default: those that core shares units out by. */
  readonly allocations?: readonly Allocation[];
}
interface RecoveryEntry extends Entry<RecoveryStep, Options> {
  /** The options that it has. */
  readonly options: readonly string[];
}
type EvidenceEntry = Entry<EvidenceProvider, Options>;

/** Scorers, pruners, recovery steps, providers of evidence and operators by name. No name is taken twice. */
export interface Registry {
  addScorer(entry: ScorerEntry): void;
  addPruner(entry: PrunerEntry): void;
  addRecovery(entry: RecoveryEntry): void;
  /** A provider of a kind of evidence that core does not bring; its name is that kind. */
  addEvidence(entry: EvidenceEntry): void;
  addOperator(handler: OpHandler, from: string): void;
  /** Makes the scorer that `NAME` or `NAME:k=v,…` asks for. */
  scorer(spec: string): Promise<Scorer>;
  pruner(name: string, options: PrunerOptions): Promise<Pruner>;
  /** The flags that a type of pruning goes by. */
  takes(name: string): readonly TypeFlag[];
  /** The values of --allocation that it knows. */
  allocations(name: string): readonly string[];
  /** Makes the recovery step that `NAME` or `NAME:k=v,…` asks for; of `shared` it gets the options that it has and that were not named. */
  recovery(spec: string, shared?: Options): Promise<RecoveryStep>;
  /** The options that the recovery step has which `NAME` or `NAME:k=v,…` asks for. */
  recoveryOptions(spec: string): readonly string[];
  /** The providers there are of some kinds of evidence. */
  evidence(kinds: readonly string[]): Promise<EvidenceProvider[]>;
  readonly operators: readonly OpHandler[];
}

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
];

export function createRegistry(): Registry {
  const scorers = new Map<string, ScorerEntry>();
  const pruners = new Map<string, PrunerEntry>();
  const recoveries = new Map<string, RecoveryEntry>();
  const providers = new Map<string, EvidenceEntry>();
  const operators = new Map<string, { readonly name: string; readonly from: string; readonly handler: OpHandler }>();
  return {
    addScorer: (entry) => add(scorers, "scorer", entry),
    addPruner: (entry) => add(pruners, "pruner", entry),
    addRecovery: (entry) => add(recoveries, "recovery step", entry),
    addEvidence: (entry) => add(providers, "provider of evidence", entry),
    addOperator: (handler, from) => {
      const { domain = "", type, since = 1 } = handler;
      add(operators, "operator", { name: `${domain && `${domain}.`}${type}-${since}`, from, handler });
    },
    scorer: async (spec) => {
      const [name, options] = parseSpec(spec);
      return find(scorers, "scorer", name).make(options);
    },
    pruner: async (name, options) => find(pruners, "type", name).make(options),
    takes: (name) => find(pruners, "type", name).takes ?? COMMON,
    allocations: (name) => find(pruners, "type", name).allocations ?? ALLOCATIONS.slice(0, 4),
    recovery: async (spec, shared = {}) => {
      const [name, options] = parseSpec(spec);
      const step = find(recoveries, "recovery step", name);
      const given = Object.entries(shared).filter(([key]) => step.options.includes(key));
      return step.make({ ...Object.fromEntries(given), ...options });
    },
    recoveryOptions: (spec) => find(recoveries, "recovery step", parseSpec(spec)[0]).options,
    evidence: (kinds) =>
      Promise.all([...providers.values()].filter((p) => kinds.includes(p.name)).map(async (p) => p.make({}))),
    get operators() {
      return [...operators.values()].map(({ handler }) => handler);
    },
  };
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

function find<T>(map: ReadonlyMap<string, T>, what: string, name: string): T {
  const found = map.get(name);
  if (!found) throw errorUnknownName(what, name, [...map.keys()]);
  return found;
}

/** Splits `NAME:k=v,k=v`; values that read as numbers or booleans become them. */
export function parseSpec(spec: string): [name: string, options: Options] {
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
