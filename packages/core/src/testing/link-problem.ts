import { sizeOf } from "../graph/tensor.ts";
import type { OpContext, Operand } from "../ops/define-op.ts";
import type { AxisRef, Link, Term } from "../solver/link.ts";

/** What is wrong with the links of a node, in words; undefined when they fit its operands. */
export function linkProblem(links: readonly Link[], op: OpContext): string | undefined {
  const operands = new Map([...op.in, ...op.out].flatMap((v): [string, Operand][] => (v ? [[v.name, v]] : [])));
  const factors = new Map<string, number>();
  const problemOf = (term: Term): string | undefined => {
    if ("value" in term) {
      const operand = operands.get(term.value);
      if (!operand) return `"${term.value}" is no operand`;
      return operand.dims[term.axis] === undefined ? `"${term.value}" has no axis ${term.axis}` : undefined;
    }
    const known = factors.get(term.factor) ?? term.size;
    factors.set(term.factor, known);
    if (!(Number.isInteger(term.size) && term.size > 0)) return `factor "${term.factor}" has size ${term.size}`;
    return known === term.size ? undefined : `factor "${term.factor}" has sizes ${known} and ${term.size}`;
  };
  const size = (term: Term): number => ("value" in term ? operands.get(term.value)!.dims[term.axis]! : term.size);

  for (const link of links) {
    const terms = termsOf(link);
    const problem = terms.map(problemOf).find((p) => p !== undefined) ?? misfit(link, size);
    if (problem) return problem;
  }
  return undefined;
}

function termsOf(link: Link): readonly Term[] {
  switch (link.kind) {
    case "equal":
      return [...link.left, ...link.right];
    case "segment":
    case "map":
      return [link.from, link.to];
    case "blocks":
      return [link.factor];
    case "needs-zero":
      return link.anyOf;
    default:
      return [link.axis];
  }
}

function misfit(link: Link, size: (term: Term) => number): string | undefined {
  const product = (terms: readonly Term[]): number => sizeOf(terms.map(size));
  const ends = (axis: AxisRef, start: number, length: number): boolean => start >= 0 && start + length <= size(axis);
  switch (link.kind) {
    case "equal":
      if (product(link.left) === product(link.right)) return undefined;
      return `${product(link.left)} indices are to equal ${product(link.right)}`;
    case "segment":
      if (ends(link.from, link.fromStart, link.length) && ends(link.to, link.toStart, link.length)) return undefined;
      return `a run of ${link.length} indices reaches past an axis`;
    case "map":
      if (link.indices.length !== size(link.to)) return `${link.indices.length} indices are to map ${size(link.to)}`;
      return Array.from(link.indices).every((i) => Number.isInteger(i) && i >= -1 && i < size(link.from))
        ? undefined
        : `an index is mapped from outside of the ${size(link.from)} there are`;
    case "balanced":
      return size(link.axis) % link.blocks === 0 ? undefined : `${size(link.axis)} indices in ${link.blocks} blocks`;
    case "pin":
      return link.index === undefined || (link.index >= 0 && link.index < size(link.axis))
        ? undefined
        : `index ${link.index} of ${size(link.axis)} is pinned`;
    default:
      return undefined;
  }
}
