import { saveOnnx } from "@prune/backend-onnx/node";
import { float32Tensor, type Graph, int64Tensor, type Node, nodeOf, sizeOf, type Tensor } from "@prune/core";

/** Repeatable weights, different for every name. */
function weight(name: string, dims: readonly number[]): Tensor {
  const seed = [...name].reduce((h, c) => (h * 31 + c.charCodeAt(0)) % 9973, 7);
  const scale = 1 / Math.sqrt(sizeOf(dims.slice(1)));
  return float32Tensor(
    name,
    Array.from({ length: sizeOf(dims) }, (_, i) => scale * Math.sin(12.9898 * (i + seed))),
    dims,
  );
}

function graphOf(
  nodes: readonly Node[],
  parameters: readonly Tensor[],
  input: readonly (number | string | undefined)[],
  output: readonly (number | string | undefined)[],
): Graph {
  return {
    name: "test",
    nodes,
    inputs: [{ name: "x", dtype: "float32", dims: input }],
    outputs: [{ name: "y", dtype: "float32", dims: output }],
    parameters: new Map(parameters.map((t) => [t.name, t])),
    opsets: new Map([["", 17]]),
  };
}

/** Two convolutions and a classifier: groups of 16 and 32 channels can be cut, the 4 classes cannot. */
export function convNet(dims: readonly (number | string)[] = ["N", 3, "side", "side"]): Graph {
  return graphOf(
    [
      nodeOf("Conv", ["x", "a.weight"], ["a"], { pads: [1, 1, 1, 1] }, "first/Conv"),
      nodeOf("Relu", ["a"], ["ar"], {}, "first/Relu"),
      nodeOf("Conv", ["ar", "b.weight"], ["b"], { pads: [1, 1, 1, 1] }, "second/Conv"),
      nodeOf("Relu", ["b"], ["br"], {}, "second/Relu"),
      nodeOf("GlobalAveragePool", ["br"], ["pool"], {}, "pool"),
      nodeOf("Flatten", ["pool"], ["flat"], {}, "flat"),
      nodeOf("Gemm", ["flat", "fc.weight"], ["y"], { transB: 1 }, "fc"),
    ],
    [weight("a.weight", [16, 3, 3, 3]), weight("b.weight", [32, 16, 3, 3]), weight("fc.weight", [4, 32])],
    dims,
    ["N", 4],
  );
}

/** A residual stream of width 16 under LayerNormalization: its width is not exact to cut, its hidden layer is. */
export function normNet(): Graph {
  return graphOf(
    [
      nodeOf("MatMul", ["x", "in"], ["h"], {}, "in"),
      nodeOf("LayerNormalization", ["h", "scale"], ["n"], {}, "norm"),
      nodeOf("MatMul", ["n", "up"], ["u"], {}, "up"),
      nodeOf("Relu", ["u"], ["r"], {}, "act"),
      nodeOf("MatMul", ["r", "down"], ["d"], {}, "down"),
      nodeOf("Add", ["d", "h"], ["s"], {}, "add"),
      nodeOf("MatMul", ["s", "out"], ["y"], {}, "out"),
    ],
    [
      weight("in", [8, 16]),
      weight("scale", [16]),
      weight("up", [16, 32]),
      weight("down", [32, 16]),
      weight("out", [16, 4]),
    ],
    ["N", 8],
    ["N", 4],
  );
}

/** Attention with 4 heads of 8 channels. */
export function attention(): Graph {
  const nodes = ["q", "k", "v"].flatMap((name) => [
    nodeOf("MatMul", ["x", `${name}.weight`], [name], {}, name),
    nodeOf("Reshape", [name, "split"], [`${name}s`], {}, `${name}/split`),
    nodeOf(
      "Transpose",
      [`${name}s`],
      [`${name}t`],
      { perm: name === "k" ? [0, 2, 3, 1] : [0, 2, 1, 3] },
      `${name}/turn`,
    ),
  ]);
  return graphOf(
    [
      ...nodes,
      nodeOf("MatMul", ["qt", "kt"], ["scores"], {}, "scores"),
      nodeOf("Softmax", ["scores"], ["p"], { axis: -1 }, "softmax"),
      nodeOf("MatMul", ["p", "vt"], ["o"], {}, "mix"),
      nodeOf("Transpose", ["o"], ["ot"], { perm: [0, 2, 1, 3] }, "turn"),
      nodeOf("Reshape", ["ot", "join"], ["oj"], {}, "join"),
      nodeOf("MatMul", ["oj", "o.weight"], ["y"], {}, "out"),
    ],
    [
      ...["q", "k", "v"].map((name) => weight(`${name}.weight`, [16, 32])),
      weight("o.weight", [32, 16]),
      int64Tensor("split", [0, 0, 4, 8]),
      int64Tensor("join", [0, 0, 32]),
    ],
    ["N", "T", 16],
    ["N", "T", 16],
  );
}

/** Convolutions over a signal, whose ends are mirrored: it must be longer than the 64 samples that takes. */
export function signalNet(): Graph {
  return graphOf(
    [
      nodeOf("Pad", ["x", "pads"], ["wide"], { mode: "reflect" }, "mirror"),
      nodeOf("Conv", ["wide", "a.weight"], ["a"], {}, "frames"),
      nodeOf("Relu", ["a"], ["r"], {}, "act"),
      nodeOf("Conv", ["r", "b.weight"], ["y"], {}, "out"),
    ],
    [weight("a.weight", [256, 1, 64]), weight("b.weight", [4, 256, 1]), int64Tensor("pads", [0, 0, 64, 0, 0, 64])],
    ["N", 1, undefined],
    ["N", 4, undefined],
  );
}

/** Writes a graph to a file. */
export function write(graph: Graph, path: string): Promise<void> {
  return saveOnnx({ graph }, path);
}
