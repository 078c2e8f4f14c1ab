import { floatAttribute } from "../graph/node.ts";
import { broadcastLinks, stillUniform } from "./_broadcast.ts";
import { straight } from "./_flow.ts";
import { defineOp, type OpContext, type OpHandler } from "./define-op.ts";
import { scalarOf } from "./_scalar.ts";

/**
 * `input` limited to [min, max]. The limits are attributes before opset 11, optional scalar inputs since; zero stays
 * zero where they are known and enclose it. Spec: ONNX Clip 6, 11, 12, 13.
 */
export const clip: OpHandler = defineOp({
  type: "Clip",
  links: (op) => broadcastLinks(op, op.in.slice(0, 1)),
  gradient: ({ in: [x], out: [y], dy: [dy], g }) => [g.where(g.op("Equal", [x!.name, y!.name]), dy!)],
  // Limits that were attributes become inputs.
  train: ({ node, opset, g }) => {
    if (opset >= 11) return undefined;
    const given = (name: string): string | undefined => {
      const value = floatAttribute(node, name, NaN);
      return Number.isNaN(value) ? undefined : g.scalar(value);
    };
    return { outputs: [g.op("Clip", [node.inputs[0]!, given("min"), given("max")])] };
  },
  flow: straight,
  zero: ([x], op) => x === true && limit(op, 1, "min", -Infinity) <= 0 && limit(op, 2, "max", Infinity) >= 0,
  uniform: stillUniform,
});

/** A limit; NaN, which compares with nothing, where it is computed. */
function limit({ node, in: inputs }: OpContext, input: number, attribute: string, fallback: number): number {
  return node.inputs[input] ? (scalarOf(inputs[input]) ?? NaN) : floatAttribute(node, attribute, fallback);
}
