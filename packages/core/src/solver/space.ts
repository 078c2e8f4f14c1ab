import { capturedNames, type Graph } from "../graph/graph.ts";
import { describeNode, type Node } from "../graph/node.ts";
import { findCaches, type CachePair } from "./caches.ts";
import { Dims, type Dim } from "./dims.ts";
import type { HandlerLookup } from "./handlers.ts";
import { map, pin, same, type AxisRef, type Factor, type Link, type Term } from "./link.ts";
import type { Operands } from "./operands.ts";
import { findShuffles, type Shuffle } from "./shuffles.ts";
import { findVocabulary, type Lookup, type Vocabulary } from "./vocabulary.ts";

/** Why a dimension, or one index of it, cannot be cut or is not cut exactly. */
export interface Mark {
  readonly reason: string;
  readonly node: Node | undefined;
}

/** A link between single indices of two dimensions: `to[toStart + i]` is `from[indices[i]]`. */
interface IndexLink {
  readonly from: Dim;
  readonly to: Dim;
  readonly indices: ArrayLike<number>;
  readonly toStart: number;
  /** Number of positions of `to`'s axis that make up one index of `to`; default 1. */
  readonly toSlab?: number;
}

/** A condition on exactness: one of the axes must be zero (or the axis must not be) once weights are masked. */
interface Condition {
  readonly kind: "needs-zero" | "needs-nonzero";
  readonly axes: readonly AxisRef[];
  readonly mark: Mark;
}

/** Equal runs of a dimension that must keep equally many indices. */
export interface Balance {
  readonly dim: Dim;
  readonly size: number;
  readonly blocks: number;
  readonly mark: Mark;
}

/** An axis of a weighted operator's weight: output features, or what is contracted with its input. */
interface Feature {
  readonly axis: AxisRef;
  readonly role: "output" | "input";
  readonly node: Node;
}

/** The index spaces of a graph: which dimensions each axis consists of, and everything operators said about them. */
export interface Space {
  readonly dims: Dims;
  readonly indexLinks: readonly IndexLink[];
  readonly pins: ReadonlyMap<Dim, Mark>;
  /** Pins of single indices. */
  readonly indexPins: readonly { readonly dim: Dim; readonly index: number; readonly mark: Mark }[];
  readonly inexact: ReadonlyMap<Dim, Mark>;
  /** Axes of weighted operators: what is worth cutting. */
  readonly features: readonly Feature[];
  readonly heads: ReadonlySet<Dim>;
  readonly blocks: ReadonlySet<Dim>;
  readonly balances: readonly Balance[];
  readonly conditions: readonly Condition[];
  readonly shuffles: readonly Shuffle[];
  /** What is kept from run to run: narrower where what is appended to it is. */
  readonly caches: readonly CachePair[];
  /** The ids of tokens, where the vocabulary may be cut; or why it cannot be. */
  readonly vocabulary: Vocabulary | string | undefined;
  /** Prime dimensions of an axis, outermost first; empty for an axis of size 1. */
  readonly dimsOf: (axis: AxisRef) => readonly Dim[];
  /** Prime dimensions of a factor that a node's links named. */
  readonly factorDims: (node: Node, name: string) => readonly Dim[];
}

/**
 * Builds the index spaces of a graph from what its operators say. Where axes fit no common factors, the operators that
 * named them are asked for what else they can say, and the spaces are built anew.
 * @param freesVocabulary whether rows of the table of tokens may be cut, and their scores
 */
export function buildSpace(graph: Graph, lookup: HandlerLookup, operands: Operands, freesVocabulary = false): Space {
  const shuffles = findShuffles(graph, lookup, operands);
  const shuffled = new Set(shuffles.flatMap((s) => s.nodes));
  const caches = findCaches(graph, lookup, operands);
  const cached = new Set(caches.flatMap(({ input, output }) => [input, output]));
  const torn = new Set<string>();
  const isTorn = (axis: AxisRef): boolean => torn.has(keyOf(axis));
  for (;;) {
    const builder = new Builder(operands);
    for (const node of graph.nodes) if (!shuffled.has(node)) addLinks(builder, node, lookup, operands, isTorn);
    for (const s of shuffles) builder.add(s.nodes[0]!, shuffleLinks(s, operands));
    const vocabulary = freesVocabulary ? findVocabulary(graph, builder.lookups, lookup, operands) : undefined;
    builder.pinLookups(typeof vocabulary === "object" ? vocabulary.tables : []);
    const scores = new Set(typeof vocabulary === "object" ? vocabulary.scores.map(keyOf) : []);
    for (const v of graph.inputs)
      if (!cached.has(v.name)) builder.pinValue(v.name, { reason: `is graph input "${v.name}"`, node: undefined });
    for (const v of graph.outputs)
      if (!cached.has(v.name))
        builder.pinValue(v.name, { reason: `feeds graph output "${v.name}"`, node: undefined }, scores);
    for (const { input, along } of caches)
      for (const axis of along)
        builder.pinAxis(axis, { reason: `counts what cache "${input}" holds`, node: undefined });
    const space = builder.finish(shuffles, caches, vocabulary);
    const before = torn.size;
    for (const axis of builder.tornAxes()) torn.add(keyOf(axis));
    if (torn.size === before) return space;
  }
}

const keyOf = ({ value, axis }: AxisRef): string => `${axis}:${value}`;

/** Adds what a node says; one that nobody described, or whose rule fails on this graph, is a barrier. */
function addLinks(
  builder: Builder,
  node: Node,
  lookup: HandlerLookup,
  operands: Operands,
  isTorn: (axis: AxisRef) => boolean,
): void {
  const op = operands.contextOf(node);
  const handler = lookup(node);
  const captured = capturedNames(node).map((name) => operands.of(name));
  const barrier = (reason: string): void =>
    builder.add(
      node,
      [...op.in, ...op.out, ...captured].flatMap((v) =>
        v ? v.dims.map((_, i) => pin(v.axis(i), `reaches ${describeNode(node)}, ${reason}`)) : [],
      ),
    );
  const unknown = [...node.inputs, ...node.outputs].find((name) => name && !operands.of(name));
  if (!handler?.links || captured.length) barrier("an operator without a rule");
  else if (unknown !== undefined) barrier(`where the shape of "${unknown}" is unknown`);
  else {
    try {
      builder.add(node, handler.looseLinks?.(op, isTorn) ?? handler.links(op));
    } catch (error) {
      barrier(`whose rule failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

function shuffleLinks(shuffle: Shuffle, operands: Operands): Link[] {
  const root = operands.of(shuffle.root)!;
  return shuffle.exits.flatMap((exit) =>
    root.dims.map((_, i) => {
      const to = operands.of(exit.value)!.axis(i);
      const permuted = exit.axes.find((a) => a.axis === i);
      return permuted ? map(root.axis(i), to, permuted.indices) : same(root.axis(i), to);
    }),
  );
}

type AxisLink = {
  readonly from: Dim;
  readonly to: Dim;
  readonly indices: ArrayLike<number>;
  readonly toStart: number;
  readonly node: Node;
};

class Builder {
  readonly lookups: Lookup[] = [];
  private readonly dims = new Dims();
  private readonly axes = new Map<string, Dim[]>();
  private readonly factors = new Map<Node, Map<string, Dim>>();
  private readonly axisLinks: AxisLink[] = [];
  private readonly pinned: { dim: Dim; index: number | undefined; mark: Mark }[] = [];
  private readonly mixed: { dim: Dim; mark: Mark }[] = [];
  private readonly features: Feature[] = [];
  private readonly flags = { heads: [] as Dim[], blocks: [] as Dim[] };
  private readonly conditions: Condition[] = [];
  private readonly balances: Omit<Balance, "size">[] = [];
  /** Dimensions that different operators see as products of factors that do not fit together. */
  private readonly torn: Dim[] = [];
  private readonly operands: Operands;

  constructor(operands: Operands) {
    this.operands = operands;
  }

  add(node: Node, links: readonly Link[]): void {
    for (const link of links) this.addLink(node, link);
  }

  /** Pins all axes of a value but some. */
  pinValue(name: string, mark: Mark, but: ReadonlySet<string> = new Set()): void {
    this.axesOf(name).forEach((dim, axis) => {
      if (!but.has(keyOf({ value: name, axis }))) this.pinned.push({ dim, index: undefined, mark });
    });
  }

  /** Pins the axes that are looked up, but some. */
  pinLookups(but: readonly AxisRef[]): void {
    const free = new Set(but.map(keyOf));
    for (const { axis, node } of this.lookups)
      if (!free.has(keyOf(axis))) this.pinAxis(axis, { reason: "is looked up by indices", node });
  }

  pinAxis(axis: AxisRef, mark: Mark): void {
    this.pinned.push({ dim: this.dimOf(axis, undefined), index: undefined, mark });
  }

  /**
   * Pins axes whose size depends on the input. One that is a product (batch × heads) is pinned only if none of its
   * factors is: the part that depends on the input then comes from a graph input, which is pinned itself.
   */
  private pinDynamic(): void {
    const pinned = new Set(this.dims.resolve(this.pinned.filter((p) => p.index === undefined).map((p) => p.dim)));
    const mark = { reason: "has a size that depends on the input (batch, sequence or image size)", node: undefined };
    for (const [name, axes] of this.axes) {
      const operand = this.operands.of(name);
      axes.forEach((dim, axis) => {
        const list = operand?.isDynamic(axis) ? this.dims.resolve([dim]) : [];
        if (list.length === 1 || !list.some((d) => pinned.has(d)))
          for (const d of list) this.pinned.push({ dim: d, index: undefined, mark });
      });
    }
  }

  /** The axes that different operators see as products that do not fit together. */
  tornAxes(): AxisRef[] {
    const torn = new Set(this.dims.resolve(this.torn));
    if (!torn.size) return [];
    return [...this.axes].flatMap(([value, axes]) =>
      axes.flatMap((dim, axis) => (this.dims.resolve([dim]).some((d) => torn.has(d)) ? [{ value, axis }] : [])),
    );
  }

  /** Balances, brought down to prime dimensions; where the axis is a product of its blocks, these cannot go. */
  private settleBalances(): Balance[] {
    return this.balances.flatMap(({ dim, blocks: count, mark }) => {
      const list = this.dims.resolve([dim]);
      if (list.length === 1) return [{ dim: list[0]!, size: this.dims.size(list[0]!), blocks: count, mark }];
      let outer = 1;
      const split = list.findIndex((d) => (outer *= this.dims.size(d)) === count);
      const whole = split < 0 ? list : list.slice(0, split + 1);
      this.pinned.push(...whole.map((d) => ({ dim: d, index: undefined, mark })));
      return [];
    });
  }

  finish(shuffles: readonly Shuffle[], caches: readonly CachePair[], vocabulary: Space["vocabulary"]): Space {
    const indexLinks = this.settleIndexLinks();
    const balances = this.settleBalances();
    this.pinDynamic();
    const spread = (marks: readonly { dim: Dim; mark: Mark }[]): Map<Dim, Mark> => {
      const out = new Map<Dim, Mark>();
      for (const { dim, mark } of marks) for (const d of this.dims.resolve([dim])) if (!out.has(d)) out.set(d, mark);
      return out;
    };
    const set = (list: readonly Dim[]): Set<Dim> => new Set(this.dims.resolve(list));
    const whole = this.pinned.filter((p) => p.index === undefined);
    const single = this.pinned.flatMap(({ dim, index, mark }) => {
      const list = index === undefined ? [] : this.dims.resolve([dim]);
      if (list.length === 1) return [{ dim: list[0]!, index: index!, mark }];
      whole.push(...list.map((d) => ({ dim: d, index: undefined, mark })));
      return [];
    });
    return {
      dims: this.dims,
      indexLinks,
      pins: spread(whole),
      indexPins: single,
      inexact: spread(this.mixed),
      features: this.features,
      heads: set(this.flags.heads),
      blocks: set(this.flags.blocks),
      balances,
      conditions: this.conditions,
      shuffles,
      caches,
      vocabulary,
      dimsOf: (axis) => this.dims.resolve([this.dimOf(axis, undefined)]),
      factorDims: (node, name) => {
        const dim = this.factors.get(node)?.get(name);
        return dim === undefined ? [] : this.dims.resolve([dim]);
      },
    };
  }

  private addLink(node: Node, link: Link): void {
    const dimOf = (term: Term): Dim => this.dimOf(term, node);
    switch (link.kind) {
      case "equal": {
        const conflicts = this.dims.unify(link.left.map(dimOf), link.right.map(dimOf));
        this.tear(conflicts, `is split up by ${describeNode(node)} in a way that no finer axis fits`, node);
        break;
      }
      case "segment":
        this.axisLinks.push({
          from: dimOf(link.from),
          to: dimOf(link.to),
          toStart: link.toStart,
          indices: run(link.fromStart, link.length),
          node,
        });
        break;
      case "map":
        this.axisLinks.push({ from: dimOf(link.from), to: dimOf(link.to), toStart: 0, indices: link.indices, node });
        break;
      case "pin":
        this.pinned.push({ dim: dimOf(link.axis), index: link.index, mark: { reason: link.reason, node } });
        break;
      case "lookup":
        this.lookups.push({ axis: link.axis, by: link.by, node });
        break;
      case "inexact":
        this.mixed.push({ dim: dimOf(link.axis), mark: { reason: link.reason, node } });
        break;
      case "feature":
        this.features.push({ axis: link.axis, role: link.role, node });
        break;
      case "heads":
        this.flags.heads.push(dimOf(link.axis));
        break;
      case "blocks":
        this.flags.blocks.push(dimOf(link.factor));
        break;
      case "balanced":
        this.balances.push({ dim: dimOf(link.axis), blocks: link.blocks, mark: { reason: link.reason, node } });
        break;
      case "needs-zero":
        this.conditions.push({ kind: link.kind, axes: link.anyOf, mark: { reason: link.reason, node } });
        break;
      case "needs-nonzero":
        this.conditions.push({ kind: link.kind, axes: [link.axis], mark: { reason: link.reason, node } });
        break;
    }
  }

  private axesOf(value: string): Dim[] {
    const known = this.axes.get(value);
    if (known) return known;
    const made = (this.operands.of(value)?.dims ?? []).map((size) => this.dims.make(size));
    this.axes.set(value, made);
    return made;
  }

  private dimOf(term: Term, node: Node | undefined): Dim {
    if ("value" in term) {
      const dim = this.axesOf(term.value)[term.axis];
      if (dim === undefined) throw new RangeError(`"${term.value}" has no axis ${term.axis}`);
      return dim;
    }
    return this.factorOf(term, node!);
  }

  private factorOf(term: Factor, node: Node): Dim {
    const own = this.factors.get(node) ?? new Map<string, Dim>();
    this.factors.set(node, own);
    const known = own.get(term.factor);
    if (known !== undefined) return known;
    const made = this.dims.make(term.size);
    own.set(term.factor, made);
    return made;
  }

  private tear(dims: readonly Dim[], reason: string, node: Node): void {
    this.torn.push(...dims);
    for (const dim of dims) this.pinned.push({ dim, index: undefined, mark: { reason, node } });
  }

  /**
   * Brings every link between indices down to prime dimensions. Where an axis is a product, both sides must agree
   * on its inner dimensions (then whole rows are linked); settling one link can split the dimensions of another,
   * so this repeats until nothing changes.
   */
  private settleIndexLinks(): IndexLink[] {
    for (;;) {
      const before = this.dims.revision;
      const settled = this.axisLinks.flatMap((link) => this.settle(link));
      if (this.dims.revision === before) return settled;
    }
  }

  private settle(link: AxisLink): IndexLink[] {
    const { from, to, indices, node } = link;
    let rows = indices;
    let start = link.toStart;
    for (;;) {
      // Without the inner dimensions agreed on so far, what is left of both axes?
      const block = rows.length ? indices.length / rows.length : 1;
      const [a, b] = [this.outer(from, block), this.outer(to, block)];
      const inner = Math.min(
        a.length > 1 ? this.dims.size(a.at(-1)!) : Infinity,
        b.length > 1 ? this.dims.size(b.at(-1)!) : Infinity,
      );
      if (inner === Infinity) return this.link(a, b, rows, start, node);
      const coarse = blocks(rows, start, inner);
      const [wide, whole, part] = a.length === 1 ? [from, a, b] : [to, b, a];
      const flat = whole.length === 1 && part.length > 1 && this.dims.size(whole[0]!) !== inner;
      if (flat && !this.partsAgree(wide, block, inner)) return this.linkSlabs(a, b, rows, start, part, node);
      if (!coarse || !this.matchInner(a, b, inner)) {
        this.tear([...a, ...b], `is cut up by ${describeNode(node)} across the bounds of its blocks`, node);
        return [];
      }
      rows = coarse;
      start /= inner;
    }
  }

  /** Whether everything that is linked to runs of an axis has the same inner dimension. */
  private partsAgree(wide: Dim, block: number, inner: number): boolean {
    return this.axisLinks.every(({ from, to }) => {
      const other = from === wide ? to : to === wide ? from : undefined;
      if (other === undefined) return true;
      const list = this.outer(other, block);
      return list.length !== 1 && (list.length === 0 || this.dims.size(list.at(-1)!) === inner);
    });
  }

  /**
   * Links whole slabs of a product to the indices of an axis that is none: in a fused qkv of grouped queries, all rows
   * of one group. The product's inner dimensions then cannot be cut by themselves.
   */
  private linkSlabs(
    a: readonly Dim[],
    b: readonly Dim[],
    rows: ArrayLike<number>,
    start: number,
    part: readonly Dim[],
    node: Node,
  ): IndexLink[] {
    const mark = {
      reason: `is one of several runs in an axis of ${describeNode(node)}: only whole blocks can go`,
      node,
    };
    for (const dim of part.slice(1)) this.pinned.push({ dim, index: undefined, mark });
    const slab = part.slice(1).reduce((n, d) => n * this.dims.size(d), 1);
    const outer = part[0]!;
    if (part === b) return [{ from: a[0]!, to: outer, indices: rows, toStart: start, toSlab: slab }];
    const indices = Int32Array.from(rows, (row) => (row < 0 ? -1 : Math.floor(row / slab)));
    return [{ from: outer, to: b[0]!, indices, toStart: start }];
  }

  /** The outer dimensions of an axis that are left once its innermost `block` indices are agreed on. */
  private outer(axis: Dim, block: number): Dim[] {
    const out = this.dims.resolve([axis]);
    for (let rest = block; rest > 1 && out.length;) rest /= this.dims.size(out.pop()!);
    return out;
  }

  /** Makes the innermost dimensions of both lists one of the given size. */
  private matchInner(a: readonly Dim[], b: readonly Dim[], inner: number): boolean {
    const tails: Dim[] = [];
    for (const list of [a, b]) {
      const last = this.dims.resolve([list.at(-1)!]).at(-1)!;
      const size = this.dims.size(last);
      if (size % inner !== 0) return false;
      if (size > inner) this.dims.split(last, inner);
      tails.push(this.dims.resolve([last]).at(-1)!);
    }
    return this.dims.unify([tails[0]!], [tails[1]!]).length === 0;
  }

  private link(a: readonly Dim[], b: readonly Dim[], rows: ArrayLike<number>, start: number, node: Node): IndexLink[] {
    const [from] = a;
    const [to] = b;
    if (from !== undefined && to !== undefined) return [{ from, to, indices: rows, toStart: start }];
    // One side is a single row here: it cannot go without emptying the axis, so neither can its partner.
    const mark = { reason: `is all that ${describeNode(node)} takes or gives`, node };
    if (from !== undefined)
      this.pinned.push(...Array.from(rows, (index) => ({ dim: from, index, mark })).filter((p) => p.index >= 0));
    if (to !== undefined) this.pinned.push({ dim: to, index: start, mark });
    return [];
  }
}

/** start, start + 1, … as an array. */
function run(start: number, length: number): Int32Array {
  const out = new Int32Array(length);
  for (let i = 0; i < length; i++) out[i] = start + i;
  return out;
}

/** Index lists in rows of `inner`: the row each takes, or undefined where rows are torn apart. */
function blocks(indices: ArrayLike<number>, start: number, inner: number): Int32Array | undefined {
  if (indices.length % inner !== 0 || start % inner !== 0) return undefined;
  const rows = new Int32Array(indices.length / inner);
  for (let r = 0; r < rows.length; r++) {
    const first = indices[r * inner]!;
    if (first >= 0 && first % inner !== 0) return undefined;
    for (let i = 1; i < inner; i++) if (indices[r * inner + i] !== (first < 0 ? -1 : first + i)) return undefined;
    rows[r] = first < 0 ? -1 : first / inner;
  }
  return rows;
}
