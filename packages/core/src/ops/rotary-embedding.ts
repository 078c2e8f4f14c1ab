import { intAttribute, withAttributes } from "../graph/node.ts";
import { factor, map, merge, same, type Link, type Term } from "../solver/link.ts";
import { allZero } from "./_broadcast.ts";
import { MICROSOFT } from "./_microsoft.ts";
import { defineOp, type OpContext, type OpHandler, type Operand } from "./define-op.ts";

/**
 * Turns pairs of features of every head by angles: `X, Y: [N, heads, S, D]`, or `[N, S, heads·D]` with `num_heads`;
 * `cos, sin: [positions, R/2]` with `position_ids`, else `[N, S, R/2]`. The pairs are j and j + R/2, or 2j and 2j + 1 if
 * `interleaved`; features past R (`rotary_embedding_dim`, default all) pass through. Spec: ONNX RotaryEmbedding 23.
 */
export const rotaryEmbedding: OpHandler = defineOp({
  type: "RotaryEmbedding",
  since: 23,
  shapeInputs: [3],
  links: (op) => {
    const [[x, cos, sin], [y]] = [op.in, op.out];
    if (!x || !cos || !sin || !y) return [];
    const { features, links } = layoutOf(op, x, y);
    const half = cos.dim(-1);
    const interleaved = intAttribute(op.node, "interleaved", 0) === 1;
    const pairs = Int32Array.from({ length: features.size }, (_, i) => {
      if (i >= 2 * half) return -1;
      return interleaved ? i >> 1 : i % half;
    });
    return [...links, same(cos.axis(-1), sin.axis(-1)), map(cos.axis(-1), features.term, pairs)];
  },
  zero: ([x]) => allZero([x]),
  cut: ({ in: [x, cos], node, kept, keptFactor }) => {
    if (!x || !cos) return undefined;
    const [half, heads] = [kept(cos.axis(-1)), x.rank === 3 ? keptFactor("heads") : undefined];
    const partial = intAttribute(node, "rotary_embedding_dim", 0) > 0;
    return [
      withAttributes(node, {
        ...(partial ? { rotary_embedding_dim: { type: "int", value: 2 * half.count } } : {}),
        ...(heads ? { num_heads: { type: "int", value: heads.count } } : {}),
      }),
    ];
  },
});

/** The node and its operands as ONNX's own operator has them. */
function standard<T extends Pick<OpContext, "in" | "node">>(op: T): T {
  const [x, positions, cos, sin] = op.in;
  const width = intAttribute(op.node, "rotary_embedding_dim", 0) || 2 * (cos?.dim(-1) ?? 0);
  const heads = intAttribute(op.node, "num_heads", 0) || (x?.dim(-1) ?? 0) / width;
  const node = withAttributes(op.node, { num_heads: { type: "int", value: heads } });
  return { ...op, node, in: [x, cos, sin, positions] };
}

/** The same with the positions as its second input; the heads of X of rank 3 need not be told. Spec: com.microsoft RotaryEmbedding 1. */
export const microsoftRotaryEmbedding: OpHandler = defineOp({
  type: "RotaryEmbedding",
  domain: MICROSOFT,
  shapeInputs: [1],
  links: (op) => rotaryEmbedding.links!(standard(op)),
  zero: ([x]) => allZero([x]),
  cut: (op) => rotaryEmbedding.cut!(standard(op)),
});

/** The features of a head, and how the axes of X and Y hang together. */
function layoutOf(
  { node }: OpContext,
  x: Operand,
  y: Operand,
): { features: { term: Term; size: number }; links: Link[] } {
  const links = x.dims.map((_, i) => same(x.axis(i), y.axis(i)));
  if (x.rank === 4) return { features: { term: x.axis(3), size: x.dim(3) }, links };
  const heads = factor("heads", intAttribute(node, "num_heads", 1));
  const term = factor("features", x.dim(2) / heads.size);
  return { features: { term, size: term.size }, links: [...links, merge([heads, term], x.axis(2))] };
}
