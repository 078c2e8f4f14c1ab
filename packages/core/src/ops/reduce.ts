import { intAttribute, intsAttribute } from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import { inexact, needsZero, same, type AxisRef, type Link } from "../solver/link.ts";
import { nonzeroLinks, firstUniform } from "./_broadcast.ts";
import { defineOp, type GradientContext, type OpContext, type OpHandler, type Operand } from "./define-op.ts";
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
  return defineOp({
    type,
    shapeInputs: [1],
    links: (op) => reduceLinks(op, kindOf),
    zero: ([x]) => x === true,
    gradient: (op) => reduceGradient(op, SLOPES[type]),
    // Axes are an input since opset 18.
    train: (op) => {
      const [x] = op.in;
      const axes = x && reducedAxes(op, x);
      if (!axes || op.opset >= 18) return undefined;
      const keep = intAttribute(op.node, "keepdims", 1) !== 0;
      return { outputs: [axes.size ? op.g.reduce(type, x.name, [...axes], keep) : op.g.op("Identity", [x.name])] };
    },
  });
}

/** What a derivative is computed from: y and dy have the reduced axes with size 1. */
interface Reduced {
  readonly x: string;
  readonly y: string;
  readonly dy: string;
  readonly axes: readonly number[];
  /** How many elements one result is made of. */
  readonly count: number;
}

type Slope = (g: GradientContext["g"], r: Reduced) => string;

/** Goes to the elements that are the extremum; several share it. */
const extremum: Slope = (g, { x, y, dy, axes }) => {
  const hits = g.op("Cast", [g.op("Equal", [x, y])], { to: 1 });
  return g.mul(hits, g.div(dy, g.reduce("ReduceSum", hits, axes)));
};

const SLOPES: Readonly<Record<string, Slope>> = {
  ReduceSum: (_, { dy }) => dy,
  ReduceMean: (g, { dy, count }) => g.scale(dy, 1 / count),
  ReduceL1: (g, { x, dy }) => g.mul(g.op("Sign", [x]), dy),
  ReduceL2: (g, { x, y, dy }) => g.mul(x, g.div(dy, y)),
  ReduceSumSquare: (g, { x, dy }) => g.mul(x, g.scale(dy, 2)),
  ReduceLogSum: (g, { y, dy }) => g.div(dy, g.op("Exp", [y])),
  ReduceLogSumExp: (g, { x, y, dy }) => g.mul(g.op("Exp", [g.sub(x, y)]), dy),
  ReduceMax: extremum,
  ReduceMin: extremum,
};

function reduceGradient(op: GradientContext, slope: Slope | undefined): string[] | undefined {
  const {
    in: [x],
    out: [y],
    dy: [dy],
    g,
  } = op;
  const axes = reducedAxes(op, x!);
  if (!axes || !slope) return undefined;
  const kept = x!.dims.map((size, i) => (axes.has(i) ? 1 : size));
  const restored = (v: string): string => (y!.rank === x!.rank ? v : g.reshape(v, kept));
  const count = sizeOf([...axes].map((i) => x!.dim(i)));
  const parts = { x: x!.name, y: restored(y!.name), dy: restored(dy!), axes: [...axes], count };
  return [g.expand(slope(g, parts), x!.dims)];
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
