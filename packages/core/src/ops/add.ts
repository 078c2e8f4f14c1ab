import { broadcastLinks, stillUniform, stillZero } from "./_broadcast.ts";
import { minuend, sumOfFlows } from "./_flow.ts";
import { broadcastGradient } from "./_gradients.ts";
import { defineOp, type GradientContext, type OpHandler } from "./define-op.ts";

/** @param factor what an input is multiplied by; default 1, a plain sum */
const additive = (type: string, since: number, factor?: (input: number, inputs: number) => number): OpHandler =>
  defineOp({
    type,
    since,
    adds: factor === undefined,
    links: (op) => broadcastLinks(op),
    zero: (zero, op) => stillZero(zero, op, (c) => c === 0),
    uniform: stillUniform,
    gradient: (op) => broadcastGradient(op, (i) => times(op, factor?.(i, op.in.length) ?? 1)),
    ...FLOWS[type],
  });

const FLOWS: Readonly<Record<string, Pick<OpHandler, "flow">>> = {
  Add: { flow: sumOfFlows },
  Sum: { flow: sumOfFlows },
  Sub: { flow: minuend },
};

const times = ({ g, dy: [dy] }: GradientContext, factor: number): string =>
  factor === -1 ? g.neg(dy!) : g.scale(dy!, factor);

/** `C = A + B`, element by element with broadcasting: zero where both are. Spec: ONNX Add 7, 13, 14. */
export const add: OpHandler = additive("Add", 7);

/** `C = A − B`. Spec: ONNX Sub 7, 13, 14. */
export const sub: OpHandler = additive("Sub", 7, (i) => (i === 0 ? 1 : -1));

/** The sum of any number of operands. Spec: ONNX Sum 1, 6, 8, 13. */
export const sum: OpHandler = additive("Sum", 1);

/** Their sum divided by how many they are (not a mean along an axis). Spec: ONNX Mean 1, 6, 8, 13. */
export const mean: OpHandler = additive("Mean", 1, (_, inputs) => 1 / inputs);
