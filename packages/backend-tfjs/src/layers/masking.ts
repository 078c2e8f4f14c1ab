import type { GraphBuilder } from "../translate/graph-builder.ts";
import type { JsonObject } from "../json.ts";
import { numberOf, type LayerRule } from "./define-layer.ts";

/** Which steps of a sequence count: those of which not every feature is the value that says "nothing". */
export function stepsThatCount(b: GraphBuilder, x: string, config: JsonObject): string {
  const nothing = b.op("Equal", [x, b.floats([numberOf(config, "maskValue", 0)], [])]);
  const all = b.op("ReduceMin", [b.op("Cast", [nothing], { to: 1 }), b.ints([-1])], { keepdims: 0 });
  return b.op("Less", [all, b.floats([1], [])]);
}

/** Sets steps that do not count to zero. */
export const masking: LayerRule = {
  className: "Masking",
  emit: ({ b, config, inputs: [x] }) => {
    const counts = b.op("Unsqueeze", [stepsThatCount(b, x!, config), b.ints([-1])]);
    return b.op("Mul", [x!, b.op("Cast", [counts], { to: 1 })]);
  },
};
