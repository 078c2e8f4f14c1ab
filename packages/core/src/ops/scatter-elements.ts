import { intAttribute, stringAttribute } from "../graph/node.ts";
import { pin, same, type Link } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { defineOp, type OpHandler } from "./define-op.ts";
import { prefix } from "./_prefix.ts";

/**
 * `data` with `updates` written (or added, …) where `indices` says along `axis`; on the other axes an update's own
 * place counts. Spec: ONNX ScatterElements 11, 13, 16, 18, and the deprecated Scatter 9.
 */
export const scatterElements: readonly OpHandler[] = ["ScatterElements", "Scatter"].map((type) =>
  defineOp({
    type,
    links: ({ in: [x, at, updates], out: [y], node }) => {
      if (!x || !at || !updates || !y) return [];
      const axis = x.axis(intAttribute(node, "axis", 0)).axis;
      return x.dims.flatMap((_, i): Link[] => [
        same(x.axis(i), y.axis(i)),
        same(at.axis(i), updates.axis(i)),
        ...(i === axis ? [x, updates].map((v) => pin(v.axis(i), `is written to by ${type}`)) : [prefix(x, updates, i)]),
      ]);
    },
    appends: ({ out: [y], node }) => {
      const along = y?.axis(intAttribute(node, "axis", 0));
      const replaces = stringAttribute(node, "reduction", "none") === "none";
      return along && replaces ? [{ to: 0, by: [2], output: 0, along }] : [];
    },
    gradient: ({ in: [, at, updates], dy: [dy], node, g, needs }) => {
      const [axis, reduction] = [intAttribute(node, "axis", 0), stringAttribute(node, "reduction", "none")];
      if (reduction !== "none" && reduction !== "add") return undefined;
      const written = (): string => g.op("ScatterElements", [dy, at!.name, g.zeros(updates!.dims)], { axis });
      return [
        needs(0) ? (reduction === "add" ? dy : written()) : undefined,
        undefined,
        needs(2) ? g.op("GatherElements", [dy, at!.name], { axis }) : undefined,
      ];
    },
    train: ({ node, opset, g }) =>
      opset < 11 || type === "Scatter"
        ? { outputs: [g.op("ScatterElements", node.inputs, { axis: intAttribute(node, "axis", 0) })] }
        : undefined,
    zero: ([x, , updates]) => allZero([x, updates]),
  }),
);
