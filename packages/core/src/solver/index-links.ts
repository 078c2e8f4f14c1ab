import { describeNode, type Node } from "../graph/node.ts";
import type { Dim, Dims } from "./dims.ts";
import type { Pin } from "./space.ts";

/** A link between single indices of two dimensions: `to[toStart + i]` is `from[indices[i]]`. */
export interface IndexLink {
  readonly from: Dim;
  readonly to: Dim;
  readonly indices: ArrayLike<number>;
  readonly toStart: number;
  /** Number of positions of `to`'s axis that make up one index of `to`; default 1. */
  readonly toSlab?: number;
}

/** A link between indices of two axes, which may be products. */
export interface AxisLink {
  readonly from: Dim;
  readonly to: Dim;
  readonly indices: ArrayLike<number>;
  readonly toStart: number;
  readonly node: Node;
}

/** What settling finds that cannot be cut. */
interface Marks {
  readonly pin: (...pins: readonly Pin[]) => void;
  /** For dimensions that operators see as products of factors that do not fit together. */
  readonly tear: (dims: readonly Dim[], reason: string, node: Node) => void;
}

/**
 * Brings every link between indices down to prime dimensions. Where an axis is a product, both sides must agree
 * on its inner dimensions (then whole rows are linked); settling one link can split the dimensions of another,
 * so this repeats until nothing changes.
 */
export function settleIndexLinks(links: readonly AxisLink[], dims: Dims, marks: Marks): IndexLink[] {
  return new Settling(links, dims, marks).all();
}

class Settling {
  private readonly links: readonly AxisLink[];
  private readonly dims: Dims;
  private readonly marks: Marks;

  constructor(links: readonly AxisLink[], dims: Dims, marks: Marks) {
    this.links = links;
    this.dims = dims;
    this.marks = marks;
  }

  all(): IndexLink[] {
    for (;;) {
      const before = this.dims.revision;
      const settled = this.links.flatMap((link) => this.settle(link));
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
        this.marks.tear([...a, ...b], `is cut up by ${describeNode(node)} across the bounds of its blocks`, node);
        return [];
      }
      rows = coarse;
      start /= inner;
    }
  }

  /** Whether everything that is linked to runs of an axis has the same inner dimension. */
  private partsAgree(wide: Dim, block: number, inner: number): boolean {
    return this.links.every(({ from, to }) => {
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
    for (const dim of part.slice(1)) this.marks.pin({ dim, index: undefined, mark });
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
      this.marks.pin(...Array.from(rows, (index) => ({ dim: from, index, mark })).filter((p) => p.index >= 0));
    if (to !== undefined) this.marks.pin({ dim: to, index: start, mark });
    return [];
  }
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
