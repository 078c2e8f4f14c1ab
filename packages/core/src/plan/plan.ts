import { errorBadPlan } from "../errors.ts";
import { Masks } from "../masks.ts";
import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import { describeNode } from "../graph/node.ts";
import { constantsOf } from "../solver/constants.ts";
import { sizeOf } from "../graph/tensor.ts";
import { cutOf, type Cut } from "./cut.ts";
import { decodeFloats, decodeMask, encodeFloats, encodeMask, MASK_ENCODING, VALUE_ENCODING } from "./encoding.ts";
import { removeAxis } from "./remove-axis.ts";
import { editGraph, maskedIn, type Edits } from "./edits.ts";

/** What is left of one axis of one tensor. */
export interface PlanAxis {
  /** An initializer, the output of a Constant node, or of an Identity over a shared initializer. */
  readonly tensor: string;
  readonly axis: number;
  readonly size: number;
  /** Indices that stay, ascending. */
  readonly keep: readonly number[];
}

/** Something per element of a tensor. */
export interface PlanData {
  readonly tensor: string;
  readonly encoding: string;
  readonly data: string;
}

/** A decision as plain data: what to keep. JSON; replays on the same file. */
export interface Plan {
  readonly format: "prune-plan/1";
  readonly model: { readonly sha256?: string };
  readonly axes: readonly PlanAxis[];
  /** Nodes that left whole, by name, or by first output where they have none. */
  readonly removedNodes: readonly string[];
  /** Values that readers read instead of others. */
  readonly replace: readonly { readonly value: string; readonly by: string }[];
  /** Where the vocabulary was cut: the input that holds ids of tokens, and the old id of each new one. */
  readonly tokens?: { readonly input: string; readonly kept: readonly number[] };
  /** Inputs and outputs of the network that left with those nodes. Default none. */
  readonly dropped?: readonly string[];
  /** Weights that became zero: a bit per element, 1 keeps; see `encoding`. */
  readonly masks: readonly PlanData[];
  /** Constants with all elements anew (float32), such as biases that took over what dead neurons yielded. */
  readonly values: readonly PlanData[];
  /**
   * What gave weights new values after the cut, in order: a scorer that made up for what left (`compensate`) and recovery
   * steps. Those values are not part of the plan. Default nothing.
   */
  readonly recovered?: readonly string[];
  /** Whether nothing that is removed mattered: the result computes what the original does once it is masked. */
  readonly lossless?: true;
  readonly groups: readonly {
    readonly id: string;
    readonly kind: string;
    readonly size: number;
    readonly kept: number;
    readonly exact: boolean;
  }[];
  readonly blocked: readonly { readonly group: string; readonly reason: string; readonly node?: string }[];
}

/** Writes a cut and other edits down as a plan. `analysis` is that of the graph before either. */
export function planOf(analysis: Analysis, cut: Cut, sha256?: string, edits: Edits = {}, lossless = false): Plan {
  const axes: PlanAxis[] = [];
  for (const [name, tensor] of analysis.operands.constants) {
    for (const [axis, keep] of cut.axesOf(name))
      axes.push({ tensor: name, axis, size: tensor.dims[axis]!, keep: Array.from(keep) });
  }
  return {
    format: "prune-plan/1",
    model: sha256 === undefined ? {} : { sha256 },
    axes,
    removedNodes: removedNodes(analysis, edits),
    replace: [...(edits.bypassed ?? [])].map(([value, by]) => ({ value, by })),
    ...(cut.tokens ? { tokens: { input: cut.tokens.input, kept: Array.from(cut.tokens.kept) } } : {}),
    ...(edits.dropped?.size ? { dropped: [...edits.dropped] } : {}),
    masks: maskedIn(edits).map((name) => dataOf(name, MASK_ENCODING, () => encodeMask(edits.masks!.get(name)!))),
    values: [...(edits.values?.keys() ?? [])].map((name) =>
      dataOf(name, VALUE_ENCODING, () => encodeFloats(edits.values!.get(name)!)),
    ),
    ...(lossless ? { lossless } : {}),
    groups: [...cut.removed].map(([g, gone]) => ({
      id: g.id,
      kind: g.kind,
      size: g.size,
      kept: gone.reduce((n, x) => n - x, g.size),
      exact: g.exact,
    })),
    blocked: blockedIn(analysis),
  };
}

/** A plan of a network whose weights these steps gave new values after the cut, those that it names already aside. */
export function recoveredBy(plan: Plan, steps: readonly string[]): Plan {
  const recovered = [...new Set([...(plan.recovered ?? []), ...steps])];
  return recovered.length ? { ...plan, recovered } : plan;
}

/** Data of a tensor; written out when it is read, since that of a large network takes much memory. */
const dataOf = (tensor: string, encoding: string, data: () => string): PlanData => ({
  tensor,
  encoding,
  get data() {
    return data();
  },
});

/** What cannot be cut, and why: groups, and nodes whose bodies stay whole. */
export function blockedIn({ groups, bodies }: Analysis): Plan["blocked"] {
  return [
    ...groups.flatMap(({ id, blocked }) =>
      blocked
        ? [{ group: id, reason: blocked.reason, ...(blocked.node ? { node: describeNode(blocked.node) } : {}) }]
        : [],
    ),
    ...bodies.whole.map(({ node, reason }) => ({ group: node.name || node.outputs[0]!, reason, node: describeNode(node) })), // prettier-ignore
  ];
}

function removedNodes({ original }: Analysis, { bypassed, dropped = new Set() }: Edits): string[] {
  if (!bypassed?.size) return [];
  const left = new Set(editGraph(original, { bypassed, dropped }).nodes.map((n) => n.outputs[0]));
  return original.nodes.filter((n) => !left.has(n.outputs[0])).map((n) => n.name || (n.outputs[0] ?? ""));
}

/**
 * Reads a plan's edits back.
 * @throws {PruneError} `bad-plan` when they do not fit the graph
 */
export function editsOfPlan({ graph, shapes }: Analysis, { masks, values, replace, dropped = [] }: Plan): Edits {
  const constants = constantsOf(graph);
  const sizeFor = ({ tensor, encoding }: PlanData, known: string): number => {
    const dims = constants.get(tensor)?.dims;
    if (!dims) throw errorBadPlan(`The plan changes "${tensor}", which the model does not have.`);
    if (encoding !== known)
      throw errorBadPlan(`The plan stores "${tensor}" as "${encoding}"; this version reads "${known}".`);
    return sizeOf(dims);
  };
  for (const { value, by } of replace) {
    const [a, b] = [value, by].map((name) => shapes.canonical.get(name));
    if (!a || !b || String(a) !== String(b))
      throw errorBadPlan(
        `The plan reads "${by}" in place of "${value}", which does not have the same shape in this model.`,
      );
  }
  return {
    masks: masksOfPlan(masks, (m) => decodeMask(m.data, sizeFor(m, MASK_ENCODING))),
    values: new Map(values.map((v) => [v.tensor, decodeFloats(v.data, sizeFor(v, VALUE_ENCODING))])),
    bypassed: new Map(replace.map(({ value, by }) => [value, by])),
    dropped: new Set(dropped),
  };
}

function masksOfPlan(list: Plan["masks"], decode: (data: PlanData) => Uint8Array): Masks {
  const masks = new Masks();
  for (const data of list) masks.add(data.tensor, decode(data));
  return masks;
}

/**
 * Reads a plan back into a cut of an analysed graph.
 * @throws {PruneError} `bad-plan` when the plan names what the graph does not have, or would cut slices apart that
 * belong together.
 */
export function cutOfPlan(analysis: Analysis, plan: Plan): Cut {
  const removed = new Map<ChannelGroup, Uint8Array>();
  const groups = new Map(analysis.groups.map((g) => [analysis.indexOf(g), g]));
  for (const axis of plan.axes) removeAxis(analysis, groups, axis, removed);
  const cut = cutOf(analysis, removed);
  const again = new Map(planOf(analysis, cut).axes.map((a) => [`${a.tensor}:${a.axis}`, a.keep]));
  for (const { tensor, axis, keep } of plan.axes) {
    if (String(again.get(`${tensor}:${axis}`) ?? "") !== String(keep))
      throw errorBadPlan(
        `The plan keeps indices of axis ${axis} of "${tensor}" that cannot be kept apart from others it removes.`,
      );
    again.delete(`${tensor}:${axis}`);
  }
  const [missing] = again.keys();
  if (missing !== undefined)
    throw errorBadPlan(`The plan says nothing of ${missing}, which shrinks with what it removes.`);
  return cut;
}

/** Parses a plan's JSON. @throws {PruneError} `bad-plan` */
export function parsePlan(text: string): Plan {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw errorBadPlan(`The plan is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== "object" || value === null || !("format" in value) || value.format !== "prune-plan/1") {
    const format = (value as { readonly format?: unknown } | null)?.format;
    throw errorBadPlan(
      `This is not a plan: its format is ${format === undefined ? "missing" : JSON.stringify(format)}, not "prune-plan/1". Give the file that prune run wrote with --plan.`,
    );
  }
  const plan = value as Partial<Plan>;
  const bad: unknown = Array.isArray(plan.axes) ? (plan.axes as PlanAxis[]).find((a) => !isPlanAxis(a)) : "axes";
  if (bad !== undefined) throw errorBadPlan(`The plan's axes are malformed at ${JSON.stringify(bad)}.`);
  return {
    format: "prune-plan/1",
    model: typeof plan.model?.sha256 === "string" ? { sha256: plan.model.sha256 } : {},
    axes: plan.axes!,
    removedNodes: listIn(plan, "removedNodes", isText),
    replace: listIn(plan, "replace", hasTexts("value", "by")),
    ...(plan.tokens === undefined ? {} : { tokens: checkedTokens(plan.tokens) }),
    ...(plan.dropped === undefined ? {} : { dropped: listIn(plan, "dropped", isText) }),
    masks: listIn(plan, "masks", hasTexts("tensor", "encoding", "data")),
    values: listIn(plan, "values", hasTexts("tensor", "encoding", "data")),
    ...(plan.recovered === undefined ? {} : { recovered: listIn(plan, "recovered", isText) }),
    ...(plan.lossless ? { lossless: true } : {}),
    groups: listIn(plan, "groups", hasTexts("id", "kind")),
    blocked: listIn(plan, "blocked", hasTexts("group", "reason")),
  };
}

/** A list of a plan; empty where the plan has none. */
function listIn<
  K extends "removedNodes" | "replace" | "masks" | "values" | "groups" | "blocked" | "dropped" | "recovered",
>(plan: Partial<Plan>, key: K, fits: (entry: unknown) => boolean): NonNullable<Plan[K]> {
  const list: unknown = plan[key] ?? [];
  const bad: unknown = Array.isArray(list) ? list.find((entry) => !fits(entry)) : list;
  if (bad !== undefined) throw errorBadPlan(`The plan's ${key} are malformed at ${JSON.stringify(bad)}.`);
  return list as NonNullable<Plan[K]>;
}

const isText = (entry: unknown): boolean => typeof entry === "string";

/** Whether something is an object whose fields of these names are texts. */
const hasTexts =
  (...names: readonly string[]) =>
  (entry: unknown): boolean =>
    typeof entry === "object" &&
    entry !== null &&
    names.every((name) => typeof (entry as Readonly<Record<string, unknown>>)[name] === "string");

function checkedTokens(tokens: unknown): NonNullable<Plan["tokens"]> {
  const { input, kept } = (tokens ?? {}) as Partial<NonNullable<Plan["tokens"]>>;
  const isList = Array.isArray(kept) && kept.every((id) => Number.isInteger(id) && id >= 0);
  if (typeof input !== "string" || !isList) throw errorBadPlan("The plan's tokens are malformed.");
  return { input, kept };
}

function isPlanAxis(a: PlanAxis | null): boolean {
  if (typeof a !== "object" || a === null) return false;
  const ascending =
    Array.isArray(a.keep) &&
    a.keep.every((k, i) => Number.isInteger(k) && k >= 0 && k < a.size && (i === 0 || k > a.keep[i - 1]!));
  return typeof a.tensor === "string" && Number.isInteger(a.axis) && Number.isInteger(a.size) && ascending;
}
