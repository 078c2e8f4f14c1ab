import { numberOf, type LayerRule } from "./define-layer.ts";

const elementwise = (className: string, type: string): LayerRule => ({
  className,
  emit: ({ b, inputs, shapes }) => {
    // Keras lines shapes of unequal rank up at the batch, ONNX at the last axis.
    if (new Set(shapes.map((shape) => shape.length)).size > 1) return undefined;
    return inputs.slice(1).reduce((sum, x) => b.op(type, [sum, x]), inputs[0]!);
  },
});

export const merges: readonly LayerRule[] = [
  elementwise("Add", "Add"),
  elementwise("Multiply", "Mul"),
  elementwise("Maximum", "Max"),
  elementwise("Minimum", "Min"),
  {
    className: "Average",
    emit: (l) => {
      const sum = elementwise("Average", "Add").emit(l);
      if (typeof sum !== "string") return undefined;
      return l.b.op("Mul", [sum, l.b.floats([1 / l.inputs.length], [])]);
    },
  },
  {
    className: "Concatenate",
    emit: ({ b, config, inputs }) => b.op("Concat", inputs, { axis: numberOf(config, "axis", -1) }),
  },
  {
    className: "Dot",
    emit: ({ b, config, inputs, shapes }) => {
      const given = config["axes"];
      const axes = shapes.map((shape, i) => {
        const axis = Array.isArray(given) ? Number(given[i]) : Number(given);
        return axis < 0 ? axis + shape.length : axis;
      });
      const ranks = shapes.map((shape) => shape.length);
      if (ranks.some((rank) => rank !== 2 && rank !== 3) || axes.some((axis) => axis === 0)) return undefined;
      const sides = inputs.map((x, i) => (config["normalize"] === true ? normalized(b, x, axes[i]!) : x));
      // [N, M, K] · [N, K, L], where a side of rank 2 has no M or L.
      const left =
        ranks[0] === 2
          ? b.op("Unsqueeze", [sides[0]!, b.ints([1])])
          : axes[0] === 1
            ? b.op("Transpose", [sides[0]!], { perm: [0, 2, 1] })
            : sides[0]!;
      const right =
        ranks[1] === 2
          ? b.op("Unsqueeze", [sides[1]!, b.ints([2])])
          : axes[1] === 2
            ? b.op("Transpose", [sides[1]!], { perm: [0, 2, 1] })
            : sides[1]!;
      const product = b.op("MatMul", [left, right]);
      const single = [...(ranks[0] === 2 ? [1] : []), ...(ranks[1] === 2 && ranks[0] === 3 ? [2] : [])];
      return single.length ? b.op("Squeeze", [product, b.ints(single)]) : product;
    },
  },
];

/** Each vector along an axis divided by its length. */
function normalized(b: Parameters<LayerRule["emit"]>[0]["b"], x: string, axis: number): string {
  const square = b.op("ReduceSumSquare", [x, b.ints([axis])], { keepdims: 1 });
  return b.op("Div", [x, b.op("Sqrt", [b.op("Max", [square, b.floats([1e-7], [])])])]);
}
