import { MICROSOFT } from "./_microsoft.ts";
import { perAxis } from "./_quantization.ts";
import { defineOp, type OpContext, type OpHandler, type Operand } from "./define-op.ts";
import { matMul } from "./mat-mul.ts";

/** Where a product of integers has its operands, and scales and zero points of both; −1: it has none. */
interface Places {
  readonly a: readonly [value: number, scale: number, zeroPoint: number];
  readonly b: readonly [value: number, scale: number, zeroPoint: number];
  readonly bias?: number;
}

const asMatMul = (op: OpContext, { a, b }: Places): OpContext => ({ ...op, in: [op.in[a[0]], op.in[b[0]]] });

/** Scales and zero points go with the rows of A and the columns of B. */
function parameterLinks({ in: inputs, out: [y] }: OpContext, { a, b, bias }: Places): ReturnType<typeof perAxis> {
  const own = (v: Operand | undefined, axis: number, places: readonly number[]): ReturnType<typeof perAxis> =>
    v && v.rank > 1 ? perAxis(v.axis(axis), v.dim(axis), places.slice(1).map((i) => inputs[i])) : []; // prettier-ignore
  const added = y && bias !== undefined ? perAxis(y.axis(-1), y.dim(-1), [inputs[bias]]) : [];
  return [...own(inputs[a[0]], -2, a), ...own(inputs[b[0]], -1, b), ...added];
}

const product = (type: string, domain: string, places: Places): OpHandler =>
  defineOp({
    type,
    domain,
    links: (op) => [...matMul.links!(asMatMul(op, places)), ...parameterLinks(op, places)],
    zero: (zero, { node }) =>
      (zero[places.a[0]] === true || zero[places.b[0]] === true) &&
      (places.bias === undefined || !node.inputs[places.bias] || zero[places.bias] === true),
    macs: ({ node, in: inputs, out }) => matMul.macs!({ node, in: [inputs[places.a[0]], inputs[places.b[0]]], out }),
    quantized: ({ in: inputs }) =>
      (
        [
          ["a", -2],
          ["b", -1],
        ] as const
      ).map(([side, axis]) => {
        // prettier-ignore
        const [value, scale, zeroPoint] = places[side];
        const operand = inputs[value];
        return { value: operand, scale: inputs[scale], zeroPoint: inputs[zeroPoint], axis: operand && operand.rank > 1 ? axis : 0 }; // prettier-ignore
      }),
  });

/**
 * `A·B` of integers that stand for numbers, by a scale and zero point each, or by one per row of A and column of B.
 * Spec: ONNX QLinearMatMul 10, 21.
 */
export const qLinearMatMul: OpHandler = product("QLinearMatMul", "", { a: [0, 1, 2], b: [3, 4, 5] });

/** The same less zero points, without scales. Spec: ONNX MatMulInteger 10. */
export const matMulInteger: OpHandler = product("MatMulInteger", "", { a: [0, -1, 2], b: [1, -1, 3] });

/** The same to real numbers, with a bias. Spec: com.microsoft MatMulIntegerToFloat 1. */
export const matMulIntegerToFloat: OpHandler = product("MatMulIntegerToFloat", MICROSOFT, { a: [0, 2, 4], b: [1, 3, 5], bias: 6 }); // prettier-ignore

/** The same of real numbers A, quantised on the way. Spec: com.microsoft DynamicQuantizeMatMul 1. */
export const dynamicQuantizeMatMul: OpHandler = product("DynamicQuantizeMatMul", MICROSOFT, { a: [0, -1, -1], b: [1, 2, 3], bias: 4 }); // prettier-ignore
