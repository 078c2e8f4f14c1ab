import { channelsFirst, float } from "../translate/graph-builder.ts";
import { dimsOfWeight } from "./convolution.ts";
import { numberOf, numbersOf, type LayerRule } from "./define-layer.ts";

export const normalizations: readonly LayerRule[] = [
  {
    className: "BatchNormalization",
    emit: (l) => {
      const { b, config, shapes } = l;
      const rank = shapes[0]!.length;
      const axis = numbersOf(config, "axis", 1, -1)[0]!;
      if (axis !== -1 && axis !== rank - 1) return undefined;
      const size = dimsOfWeight(l, "moving_mean")[0];
      const [mean, variance] = [l.weight("moving_mean"), l.weight("moving_variance")];
      if (size === undefined || mean === undefined || variance === undefined) return undefined;
      const filled = (name: string, value: number): string =>
        l.weight(name) ?? b.floats(new Float32Array(size).fill(value), [size], name);
      const attributes = {
        epsilon: float(numberOf(config, "epsilon", 1e-3)),
        momentum: float(numberOf(config, "momentum", 0.99)),
      };
      const parameters = [filled("gamma", 1), filled("beta", 0), mean, variance];
      const normalize = (x: string): string => b.op("BatchNormalization", [x, ...parameters], attributes);
      return rank > 2 ? channelsFirst(b, l.inputs[0]!, rank, normalize) : normalize(l.inputs[0]!);
    },
  },
  {
    className: "LayerNormalization",
    emit: (l) => {
      const { b, config, shapes } = l;
      const rank = shapes[0]!.length;
      const axes = numbersOf(config, "axis", 1, -1).map((axis) => (axis < 0 ? axis + rank : axis));
      const first = rank - axes.length;
      if (!axes.every((axis, i) => axis === first + i)) return undefined;
      const dims = axes.map((axis) => shapes[0]![axis] ?? 0);
      const size = dims.reduce((a, d) => a * d, 1);
      const filled = (name: string, value: number): string =>
        l.weight(name) ?? b.floats(new Float32Array(size).fill(value), dims, name);
      const parameters = [filled("gamma", 1), filled("beta", 0)];
      return b.op("LayerNormalization", [l.inputs[0]!, ...parameters], {
        axis: first - rank,
        epsilon: float(numberOf(config, "epsilon", 1e-3)),
      });
    },
  },
];
