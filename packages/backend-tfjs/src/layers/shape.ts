import { channelsFirst, range } from "../translate/graph-builder.ts";
import { numberOf, numbersOf, textOf, type LayerContext, type LayerRule } from "./define-layer.ts";

/** Rules out cuts that a layer's settings could not express. */
const keep = ({ b }: Pick<LayerContext, "b">, x: string, reason: string, axes?: readonly number[]): string =>
  b.foreign("tfjs", "Keep", [x], { reason, ...(axes ? { axes } : {}) }, 1)[0]!;

/** Before and after each of some axes, from settings such as `[[1, 1], [2, 2]]`. */
function sidesOf(value: unknown): [number, number][] {
  if (!Array.isArray(value)) return [];
  return (value as readonly unknown[]).map((side): [number, number] =>
    Array.isArray(side) ? [Number(side[0]), Number(side[1])] : [Number(side), Number(side)],
  );
}

export const shapes: readonly LayerRule[] = [
  {
    className: "Flatten",
    emit: ({ b, config, inputs: [x], shapes: [shape] }) =>
      textOf(config, "dataFormat", "channelsLast") === "channelsLast"
        ? b.op("Reshape", [x!, b.ints([0, shape!.length > 1 ? -1 : 1])])
        : undefined,
  },
  {
    className: "Reshape",
    emit: (l) => {
      const { b, config, inputs, calls } = l;
      const target = config["targetShape"];
      if (!Array.isArray(target)) return undefined;
      const sizes = target.map((size) => (size === null ? -1 : Number(size)));
      // A layer has one target shape, so one that is called twice cannot follow two cuts.
      const x =
        calls > 1 ? keep(l, inputs[0]!, `is reshaped by ${l.layer.name}, which the model calls twice`) : inputs[0]!;
      return b.op("Reshape", [x, b.ints([0, ...sizes])]);
    },
    resize: ({ shapeConstants: [shape] }) => (shape ? { target_shape: shape.slice(1) } : {}),
  },
  {
    className: "Permute",
    // In this format a channel shuffle (Reshape, Permute, Reshape) is three layers, which cannot become one that picks
    // channels; cut as three, its groups lose the same channels.
    emit: (l) => {
      const perm = [0, ...numbersOf(l.config, "dims", 0, 0)];
      return l.b.foreign("tfjs", "Keep", [l.b.op("Transpose", [l.inputs[0]!], { perm })], { axes: [] }, 1)[0]!;
    },
  },
  {
    className: "RepeatVector",
    emit: ({ b, config, inputs: [x] }) => {
      const tall = b.op("Unsqueeze", [x!, b.ints([1])]);
      return b.op("Tile", [tall, b.ints([1, numberOf(config, "n", 1), 1])]);
    },
  },
  ...[1, 2].map((axes): LayerRule => ({
    className: `ZeroPadding${axes}D`,
    emit: ({ b, config, inputs: [x] }) => {
      if (textOf(config, "dataFormat", "channelsLast") !== "channelsLast") return undefined;
      const given = sidesOf(axes === 1 ? [config["padding"]] : config["padding"]);
      const sides = [[0, 0], ...given, [0, 0]];
      return b.op("Pad", [x!, b.ints([...sides.map((s) => s[0]!), ...sides.map((s) => s[1]!)])], { mode: "constant" });
    },
  })),
  ...[1, 2, 3].map((axes): LayerRule => ({
    className: `Cropping${axes}D`,
    emit: (l) => {
      const { b, config, inputs } = l;
      if (textOf(config, "dataFormat", "channelsLast") !== "channelsLast") return undefined;
      const sides = sidesOf(axes === 1 ? [config["cropping"]] : config["cropping"]);
      const spatial = range(axes).map((i) => i + 1);
      // How much is cropped is a setting of the layer: the axes that it crops stay as they are.
      const x = keep(l, inputs[0]!, `is cropped by ${l.layer.name}`, spatial);
      const ends = sides.map(([, after]) => (after === 0 ? 2 ** 31 - 1 : -after));
      return b.op("Slice", [x, b.ints(sides.map(([before]) => before)), b.ints(ends), b.ints(spatial)]);
    },
  })),
  ...[1, 2, 3].map((axes): LayerRule => ({
    className: `UpSampling${axes}D`,
    emit: ({ b, config, inputs: [x] }) => {
      if (textOf(config, "dataFormat", "channelsLast") !== "channelsLast") return undefined;
      const factors = numbersOf(config, "size", axes, 2);
      const linear = textOf(config, "interpolation", "nearest") === "bilinear";
      return channelsFirst(b, x!, axes + 2, (image) =>
        b.op("Resize", [image, "", b.floats([1, 1, ...factors], undefined, "scales")], {
          mode: linear ? "linear" : "nearest",
          coordinate_transformation_mode: "asymmetric",
          nearest_mode: "floor",
        }),
      );
    },
  })),
];
