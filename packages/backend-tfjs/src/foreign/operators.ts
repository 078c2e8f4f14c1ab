import { intsAttribute, same, pin, stringAttribute, withAttributes, type OpHandler } from "@prune/core";

/** Operators of the translation's own, beside ONNX's. */
export const TFJS_DOMAIN = "tfjs";

/** Layers of a LayersModel that ONNX has no words for; the layer itself computes them. */
export const LAYER_DOMAIN = "tfjs.layer";

/** Operators of a GraphModel that ONNX has no words for; TensorFlow.js's converter computes them. */
export const OP_DOMAIN = "tfjs.op";

/**
 * What the translation says about a value beyond what it is. Both hand their input on, and neither only moves it, so
 * that what is on their two sides is never cut as one chain of moves.
 */
export const operators: readonly OpHandler[] = [
  {
    // Where TensorFlow.js's format could not express a cut, it is ruled out: `axes` stay as they are.
    domain: TFJS_DOMAIN,
    type: "Keep",
    links: ({ in: [x], out: [y], node }) => {
      if (!x || !y) return [];
      const kept = intsAttribute(node, "axes") ?? x.dims.map((_, i) => i);
      const reason = stringAttribute(node, "reason", "cannot be cut in this format");
      return [
        ...x.dims.map((_, i) => same(x.axis(i), y.axis(i))),
        ...kept.filter((i) => i < x.rank).map((i) => pin(x.axis(i), reason)),
      ];
    },
    zero: ([x]) => x === true,
    gradient: ({ dy }) => dy,
  },
  {
    // A place where the format spells out sizes: `dims`, in which −1 stands for a size that is not stated.
    domain: TFJS_DOMAIN,
    type: "Declare",
    links: ({ in: [x], out: [y] }) => (x && y ? x.dims.map((_, i) => same(x.axis(i), y.axis(i))) : []),
    zero: ([x]) => x === true,
    gradient: ({ dy }) => dy,
    cut: ({ in: [x], node, kept }) => {
      const dims = intsAttribute(node, "dims");
      if (!x || !dims) return undefined;
      const value = dims.map((size, i) => (size < 0 ? size : kept(x.axis(i)).count));
      return [withAttributes(node, { dims: { type: "ints", value } })];
    },
  },
];
