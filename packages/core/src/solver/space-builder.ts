import { describeNode, type Node } from "../graph/node.ts";
import type { GraphCache } from "./caches.ts";
import { Dims, type Dim } from "./dims.ts";
import { settleIndexLinks, type AxisLink } from "./index-links.ts";
import { axisKey, type AxisRef, type Factor, type Link, type Term } from "./link.ts";
import type { Operands } from "./operands.ts";
import type { Shuffle } from "./shuffles.ts";
import type { Balance, Condition, Feature, Mark, Pin, Space } from "./space.ts";
import type { Lookup } from "./vocabulary.ts";

/** Collects what operators say of axes, and makes the index spaces of it. */
export class SpaceBuilder {
  readonly lookups: Lookup[] = [];
  private readonly dims = new Dims();
  private readonly axes = new Map<string, Dim[]>();
  private readonly factors = new Map<Node, Map<string, Dim>>();
  private readonly axisLinks: AxisLink[] = [];
  private readonly pinned: Pin[] = [];
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
      if (!but.has(axisKey({ value: name, axis }))) this.pinned.push({ dim, index: undefined, mark });
    });
  }

  /** Pins the axes that are looked up, but some. */
  pinLookups(but: readonly AxisRef[]): void {
    const free = new Set(but.map(axisKey));
    for (const { axis, node } of this.lookups)
      if (!free.has(axisKey(axis))) this.pinAxis(axis, { reason: "is looked up by indices", node });
  }

  pinAxis(axis: AxisRef, mark: Mark): void {
    this.pinned.push({ dim: this.dimOf(axis, undefined), index: undefined, mark });
  }

  /** Says of two axes of the same size that they keep the same indices. */
  join(a: AxisRef, b: AxisRef): void {
    const conflicts = this.dims.unify([this.dimOf(a, undefined)], [this.dimOf(b, undefined)]);
    this.tear(conflicts, `is kept in "${a.value}" and "${b.value}" in ways that no finer axis fits`, undefined);
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

  finish(shuffles: readonly Shuffle[], caches: readonly GraphCache[], vocabulary: Space["vocabulary"]): Space {
    const indexLinks = settleIndexLinks(this.axisLinks, this.dims, {
      pin: (...pins) => void this.pinned.push(...pins),
      tear: (dims, reason, node) => this.tear(dims, reason, node),
    });
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

  private tear(dims: readonly Dim[], reason: string, node: Node | undefined): void {
    this.torn.push(...dims);
    for (const dim of dims) this.pinned.push({ dim, index: undefined, mark: { reason, node } });
  }
}

/** start, start + 1, … as an array. */
function run(start: number, length: number): Int32Array {
  const out = new Int32Array(length);
  for (let i = 0; i < length; i++) out[i] = start + i;
  return out;
}
