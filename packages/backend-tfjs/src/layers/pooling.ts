import { channelsFirst, range } from "../translate/graph-builder.ts";
import { numbersOf, textOf, type LayerRule } from "./define-layer.ts";

const pool = (type: "MaxPool" | "AveragePool", axes: number): LayerRule => ({
  className: `${type === "MaxPool" ? "MaxPooling" : "AveragePooling"}${axes}D`,
  emit: ({ b, config, inputs: [x] }) => {
    if (textOf(config, "dataFormat", "channelsLast") !== "channelsLast") return undefined;
    const kernel = numbersOf(config, "poolSize", axes, 2);
    const padding = textOf(config, "padding", "valid");
    return channelsFirst(b, x!, axes + 2, (image) =>
      b.op(type, [image], {
        kernel_shape: kernel,
        strides:
          Array.isArray(config["strides"]) || typeof config["strides"] === "number"
            ? numbersOf(config, "strides", axes, 2)
            : kernel,
        ...(padding === "same" ? { auto_pad: "SAME_UPPER" } : {}),
      }),
    );
  },
});

const global = (type: "Max" | "Average", axes: number): LayerRule => ({
  className: `Global${type}Pooling${axes}D`,
  emit: ({ b, config, inputs: [x] }) => {
    if (textOf(config, "dataFormat", "channelsLast") !== "channelsLast") return undefined;
    const over = b.ints(range(axes).map((i) => i + 1));
    return b.op(type === "Max" ? "ReduceMax" : "ReduceMean", [x!, over], { keepdims: 0 });
  },
});

export const poolings: readonly LayerRule[] = [
  ...[1, 2, 3].flatMap((axes) => [pool("MaxPool", axes), pool("AveragePool", axes)]),
  ...[1, 2].flatMap((axes) => [global("Max", axes), global("Average", axes)]),
];
