import { factor, merge, pin, same, type Link } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";
import { withRewrittenInts } from "./_shape-operand.ts";

/**
 * `input` repeated as a whole along its axes: an axis of the output is `[repeats, size]`. A cut may take slices of the
 * input (from every repetition) or whole repetitions. Spec: ONNX Tile 6, 13.
 */
export const tile: OpHandler = defineOp({
  type: "Tile",
  since: 6,
  shapeInputs: [1],
  links: ({ in: [x, repeats], out: [y] }) => {
    if (!x || !y) return [];
    return x.dims.flatMap((size, i): Link[] => {
      const times = y.dim(i) / size;
      if (times === 1) return [same(x.axis(i), y.axis(i))];
      const repeat = factor(`repeat${i}`, times);
      const varies = !repeats?.ints && (x.isDynamic(i) || y.isDynamic(i));
      return [
        merge([repeat, x.axis(i)], y.axis(i)),
        ...(varies ? [pin(repeat, "is repeated a number of times known only at run time")] : []),
      ];
    });
  },
  gradient: ({ in: [x], out: [y], dy: [dy], g }) => {
    const times = x!.dims.map((size, i) => y!.dim(i) / size);
    const split = g.reshape(
      dy!,
      x!.dims.flatMap((size, i) => [times[i]!, size]),
    );
    return [
      g.reduce(
        "ReduceSum",
        split,
        x!.dims.map((_, i) => 2 * i),
        false,
      ),
    ];
  },
  zero: ([x]) => allZero([x]),
  cut: (op) => {
    const [[x], [y]] = [op.in, op.out];
    if (!x || !y) return undefined;
    return withRewrittenInts(op, 1, (i) => {
      const kept = x.dim(i) === y.dim(i) ? undefined : op.keptFactor(`repeat${i}`);
      return kept?.whole === false ? kept.count : undefined;
    });
  },
});
