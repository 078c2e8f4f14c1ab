import { intAttribute, intsAttribute } from "../graph/node.ts";
import { inexact, needsZero, same, type AxisRef, type Link } from "../solver/link.ts";
import { firstUniform, nonzeroLinks } from "./_broadcast.ts";
import { defineOp, type OpContext, type OpHandler, type Operand } from "./define-op.ts";
import { pinAll } from "./_pin-all.ts";

/** How a reduction treats the slices it adds up: zeros change the result (`mixes`), or they do not (`sums`). */
type Kind = "mixes" | "sums";

/**
 * Reductions over `axes`: an attribute, or an input since opset 13 (ReduceSum) and 18 (the others); left out or empty it
 * means all axes, or none with `noop_with_empty_axes`. With `keepdims` (the default) a reduced axis stays, of size 1.
 * A sum over an axis is right after a cut where what was cut is zero. Spec: ONNX Reduce… 1, 11, 12, 13, 18, 20.
 */
export const reductions: readonly OpHandler[] = [
  reduction("ReduceSum", () => "sums"),
  reduction("ReduceL1", () => "sums"),
  reduction("ReduceSumSquare", () => "sums"),
  // The norm of weights (weight normalisation) is a sum like any other; a norm of activations normalises them.
  reduction("ReduceL2", (x) => (x.isWeight ? "sums" : "mixes")),
  uniformly(reduction("ReduceMean", () => "mixes")),
  uniformly(reduction("ReduceMax", () => "mixes")),
  uniformly(reduction("ReduceMin", () => "mixes")),
  reduction("ReduceProd", () => "mixes"),
  { ...reduction("ReduceLogSumExp", () => "mixes"), zero: () => false },
  {
    ...reduction("ReduceLogSum", () => "mixes"),
    links: (op) => [
      ...reduceLinks(op, () => "mixes"),
      ...nonzeroLinks(op.in[0], "goes through ReduceLogSum, infinite at zero"),
    ],
    zero: () => false,
  },
];

function reduction(type: string, kindOf: (x: Operand) => Kind): OpHandler {
  return defineOp({ type, shapeInputs: [1], links: (op) => reduceLinks(op, kindOf), zero: ([x]) => x === true });
}

/** A reduction of equal numbers that gives the number, whatever their count. */
function uniformly(handler: OpHandler): OpHandler {
  return { ...handler, uniform: firstUniform };
}

function reduceLinks(op: OpContext, kindOf: (x: Operand) => Kind): Link[] {
  const {
    in: [x],
    out: [y],
    node,
  } = op;
  if (!x || !y) return [];
  const reduced = reducedAxes(op, x);
  if (!reduced) return pinAll(op, `is reduced by ${node.opType} over axes that are computed at run time`);
  const keepDims = intAttribute(node, "keepdims", 1) !== 0;
  const links: Link[] = [];
  let at = 0;
  for (let i = 0; i < x.rank; i++) {
    if (!reduced.has(i)) links.push(same(x.axis(i), y.axis(at++)));
    else {
      links.push(reduces(x.axis(i), kindOf(x), node.opType));
      if (keepDims) at++;
    }
  }
  return links;
}

const reduces = (axis: AxisRef, kind: Kind, type: string): Link =>
  kind === "sums" ? needsZero([axis], `is summed over by ${type}`) : inexact(axis, `is mixed by ${type}`);

/** The axes that are reduced; undefined where they are computed at run time. */
function reducedAxes({ in: [, operand], node }: OpContext, x: Operand): Set<number> | undefined {
  const axes = node.inputs[1] ? operand?.ints : (intsAttribute(node, "axes") ?? []);
  if (!axes) return undefined;
  if (axes.length) return new Set(axes.map((i) => x.axis(i).axis));
  return new Set(intAttribute(node, "noop_with_empty_axes", 0) ? [] : x.dims.keys());
}
