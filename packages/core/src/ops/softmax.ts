import { intAttribute } from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import { pin, same } from "../solver/link.ts";
import { shared, straight } from "./_flow.ts";
import { defineOp, type GradientRule, type OpHandler, type TrainContext, type TrainForm } from "./define-op.ts";

const softmaxLike = (
  type: string,
  since: number,
  axesOf: (axis: number, rank: number) => readonly number[],
): OpHandler =>
  defineOp({
    type,
    since,
    gradient: type === "Hardmax" ? "none" : softmaxGradient(type),
    train: (op) => flattened(op, type, since),
    ...(since >= 13 && FLOWS[type]),
    links: ({ in: [x], out: [y], node }) =>
      x && y
        ? [
            ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
            ...axesOf(x.axis(intAttribute(node, "axis", since < 13 ? 1 : -1)).axis, x.rank).map((i) =>
              pin(x.axis(i), `${type} over this axis`),
            ),
          ]
        : [],
  });

const FLOWS: Readonly<Record<string, Pick<OpHandler, "flow">>> = {
  Softmax: { flow: ({ node, g }) => shared(node.inputs[0]!, g, [intAttribute(node, "axis", -1)]) },
  LogSoftmax: { flow: straight },
};

/** `dx = y · (dy − Σ y·dy)`, and for the logarithm `dx = dy − eʸ · Σ dy`. */
const softmaxGradient =
  (type: string): GradientRule =>
  ({ out: [y], dy: [dy], g, node }) => {
    const sum = (v: string): string => g.reduce("ReduceSum", v, [intAttribute(node, "axis", -1)]);
    if (type === "LogSoftmax") return [g.sub(dy!, g.mul(g.op("Exp", [y!.name]), sum(dy!)))];
    return [g.mul(y!.name, g.sub(dy!, sum(g.mul(y!.name, dy!))))];
  };

/** Several axes at once are one axis of a matrix. */
function flattened({ in: [x], node, g }: TrainContext, type: string, since: number): TrainForm | undefined {
  if (!x || since >= 13) return undefined;
  const axis = x.axis(intAttribute(node, "axis", 1)).axis;
  const rows = g.reshape(x.name, [sizeOf(x.dims.slice(0, axis)), -1]);
  return { outputs: [g.reshape(g.op(type, [rows], { axis: 1 }), x.dims)] };
}

/**
 * Softmax, its logarithm, and the one-hot maximum: never zero, and what goes would change all the rest. Before opset 13
 * they run over all axes from `axis` on at once, since then over `axis` alone. Spec: ONNX Softmax, LogSoftmax, Hardmax 1, 11, 13.
 */
export const softmaxes: readonly OpHandler[] = ["Softmax", "LogSoftmax", "Hardmax"].flatMap((type) => [
  softmaxLike(type, 1, (axis, rank) => Array.from({ length: rank - axis }, (_, i) => axis + i)),
  softmaxLike(type, 13, (axis) => [axis]),
]);
