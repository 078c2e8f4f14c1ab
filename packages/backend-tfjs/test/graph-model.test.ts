import { join } from "node:path";
import type { Model } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, test } from "vitest";
import { loadTfjs, loadWasm, saveTfjs } from "../src/node/index.ts";
import { execute } from "./genuine.ts";
import { GraphFile, int, ints, text, type, yes } from "./graph-file.ts";
import { difference, folder, halve, run } from "./prune.ts";

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
});

/** Whether the translation computes what TensorFlow.js computes; tells which nodes it leaves to TensorFlow.js. */
async function agree(path: string): Promise<{ model: Model; foreign: string[] }> {
  const model = await loadTfjs(path);
  const ours = await run(model);
  (await execute(path, model)).forEach((theirs, i) => expect(difference(theirs, ours[i]!)).toBeLessThan(1e-5));
  return { model, foreign: model.graph.nodes.filter((n) => n.domain === "tfjs.op").map((n) => n.opType) };
}

/** Prunes a file, and holds the result against TensorFlow.js; returns the sizes of the weights that are left. */
async function cut(path: string, sparsity = 0.5): Promise<Record<string, readonly number[]>> {
  const { model } = await agree(path);
  const { model: smaller, report } = await halve(model, { sparsity });
  expect(report.verification).toMatchObject({ exact: true });
  const target = join(await folder(), "model.json");
  await saveTfjs(smaller, target);
  const pruned = await run(smaller);
  (await execute(target, smaller)).forEach((theirs, i) => expect(difference(theirs, pruned[i]!)).toBeLessThan(1e-5));
  const again = await run(await loadTfjs(target));
  again.forEach((value, i) => expect(difference(value, pruned[i]!)).toBeLessThan(1e-6));
  return Object.fromEntries([...smaller.graph.parameters.values()].filter((t) => /kernel/.test(t.name)).map((t) => [t.name, t.dims])); // prettier-ignore
}

describe("cuts are written in TensorFlow's words", () => {
  test("Split takes unequal parts", async () => {
    const g = new GraphFile();
    const x = g.conv("a", g.input("x", [1, 6, 6, 3]), 3, 32, 3);
    g.op("split", "Split", [g.ints("axis", [3], []), x], { num_split: int(2) });
    g.op("sum", "AddV2", [g.conv("b", "split", 16, 16), g.conv("c", "split:1", 16, 16)]);
    expect(await cut(await g.save([g.conv("d", "sum", 16, 4)]))).toMatchObject({ "a/kernel": [3, 3, 3, 16] });
  });

  test("StridedSlice moves its bounds", async () => {
    const g = new GraphFile();
    const x = g.conv("a", g.input("x", [1, 6, 6, 3]), 3, 32, 3);
    const bounds = [g.ints("begin", [0, 0, 0, 8]), g.ints("end", [0, 0, 0, 24]), g.ints("strides", [1, 1, 1, 1])];
    g.op("slice", "StridedSlice", [x, ...bounds], { begin_mask: int(7), end_mask: int(7), Index: type("INT32") });
    g.op("joined", "ConcatV2", ["slice", x, g.ints("axis", [-1], [])], { N: int(2) });
    expect(await cut(await g.save([g.conv("b", "joined", 48, 4)]))).toMatchObject({ "a/kernel": [3, 3, 3, 16] });
  });

  test("Slice", async () => {
    const g = new GraphFile();
    const x = g.conv("a", g.input("x", [1, 6, 6, 3]), 3, 32, 3);
    g.op("slice", "Slice", [x, g.ints("begin", [0, 1, 1, 16]), g.ints("size", [-1, 4, 4, 16])], {
      Index: type("INT32"),
    });
    expect(await cut(await g.save([g.conv("b", "slice", 16, 4)]))).toMatchObject({ "b/kernel": [1, 1, 8, 4] });
  });

  test("GatherV2 is renumbered", async () => {
    const g = new GraphFile();
    const x = g.conv("a", g.input("x", [1, 6, 6, 3]), 3, 16, 3);
    const indices = g.ints(
      "indices",
      Array.from({ length: 16 }, (_, i) => (i * 5) % 16),
    );
    g.op("gather", "GatherV2", [x, indices, g.ints("axis", [3], [])]);
    g.op("sum", "AddV2", ["gather", x]);
    expect(await cut(await g.save([g.conv("b", "sum", 16, 4)]))).toBeDefined();
  });

  test("a channel shuffle becomes a GatherV2", async () => {
    const g = new GraphFile();
    const x = g.conv("a", g.input("x", [-1, 6, 6, 3]), 3, 32, 3);
    g.op("apart", "Reshape", [x, g.ints("apart/shape", [-1, 6, 6, 2, 16])]);
    g.op("turned", "Transpose", ["apart", g.ints("perm", [0, 1, 2, 4, 3])]);
    g.op("together", "Reshape", ["turned", g.ints("together/shape", [-1, 6, 6, 32])]);
    const depthwise = { strides: ints(1, 1, 1, 1), dilations: ints(1, 1, 1, 1), padding: text("SAME") };
    g.op("deep", "DepthwiseConv2dNative", ["together", g.weight("deep/kernel", [3, 3, 32, 1])], depthwise);
    expect(await cut(await g.save([g.conv("b", "deep", 32, 4)]))).toMatchObject({ "deep/kernel": [3, 3, 16, 1] });
  });

  test("a Reshape follows, whose shape is computed from the size of the batch", async () => {
    const g = new GraphFile();
    const x = g.conv("a", g.input("x", [-1, 4, 4, 3]), 3, 16, 3);
    const shape = g.op("shape", "Shape", [x], { out_type: type("INT32") });
    const bounds = [g.ints("begin", [0]), g.ints("end", [1]), g.ints("strides", [1])];
    g.op("batch", "StridedSlice", [shape, ...bounds], {
      T: type("INT32"),
      Index: type("INT32"),
      shrink_axis_mask: int(1),
    });
    g.op("target", "Pack", ["batch", g.ints("rest", [256], [])], { T: type("INT32"), N: int(2), axis: int(0) });
    g.op("flat", "Reshape", [x, "target"]);
    const rows = g.op("rows", "MatMul", ["flat", g.weight("rows/kernel", [256, 24])]);
    expect(await cut(await g.save([g.op("out", "MatMul", [rows, g.weight("out/kernel", [24, 5])])]))).toMatchObject({ "rows/kernel": [128, 8] }); // prettier-ignore
  });

  test("padding, normalisation and pooling between layers", async () => {
    const g = new GraphFile();
    const x = g.conv("a", g.input("x", [1, 8, 8, 3]), 3, 16, 3);
    g.op("padded", "Pad", [x, g.ints("sides", [0, 0, 1, 2, 0, 1, 0, 0], [4, 2])]);
    g.op("mirrored", "MirrorPad", ["padded", g.ints("more", [0, 0, 1, 1, 2, 1, 0, 0], [4, 2])], {
      mode: text("REFLECT"),
    });
    const statistics = ["gamma", "beta", "mu"].map((name) => g.weight(name, [16]));
    g.op("normal", "FusedBatchNormV3", ["mirrored", ...statistics, g.floats("variance", Array.from({ length: 16 }, (_, i) => 0.5 + i / 16))], { epsilon: { f: 0.01 }, is_training: { b: false } }); // prettier-ignore
    g.op("pooled", "AvgPool", ["normal"], {
      ksize: ints(1, 3, 3, 1),
      strides: ints(1, 2, 2, 1),
      padding: text("SAME"),
    });
    g.op("larger", "ResizeNearestNeighbor", ["pooled", g.ints("size", [9, 11])], { half_pixel_centers: yes });
    g.op("mean", "Mean", [g.conv("b", "larger", 16, 16), g.ints("axes", [1, 2])], { keep_dims: yes });
    g.op("squeezed", "Squeeze", ["mean"], { squeeze_dims: ints(1, 2) });
    expect(await cut(await g.save([g.op("out", "MatMul", ["squeezed", g.weight("out/kernel", [16, 3])])]))).toMatchObject({ "b/kernel": [1, 1, 8, 8] }); // prettier-ignore
  });
});

describe("operators", () => {
  const shape = [2, 4, 5, 6];

  test.each("Abs Asinh Atan Ceil Cos Cosh Elu Erf Exp Expm1 Floor Neg Relu Relu6 Round Selu Sigmoid Sign Sin Sinh Softplus Square Tan Tanh Softmax LogSoftmax Identity".split(" "))("%s", async (op) => {
    const g = new GraphFile();
    const { foreign } = await agree(await g.save([g.op("y", op, [g.input("x", shape)])]));
    expect(foreign).toEqual([]);
  }); // prettier-ignore

  test.each("Log Log1p Rsqrt Sqrt Reciprocal".split(" "))("%s", async (op) => {
    const g = new GraphFile();
    g.op("positive", "AddV2", [g.op("square", "Square", [g.input("x", shape)]), g.floats("one", [0.1], [])]);
    expect((await agree(await g.save([g.op("y", op, ["positive"])]))).foreign).toEqual([]);
  });

  test.each("Add AddV2 Sub Mul RealDiv Maximum Minimum SquaredDifference DivNoNan FloorDiv BiasAdd".split(" "))("%s", async (op) => {
    const g = new GraphFile();
    const { foreign } = await agree(await g.save([g.op("y", op, [g.input("x", shape), g.weight("w", [6])])]));
    expect(foreign).toEqual([]);
  }); // prettier-ignore

  test("integers, and back to numbers", async () => {
    const g = new GraphFile();
    const int32 = { T: type("INT32") };
    const x = g.input("x", [2, 3], "INT32");
    g.op(
      "quotient",
      "FloorDiv",
      [g.op("less", "Sub", [x, g.ints("nine", [9], [])], int32), g.ints("two", [2], [])],
      int32,
    );
    g.op(
      "rest",
      "FloorMod",
      [g.op("least", "Minimum", [x, g.ints("five", [5], [])], int32), g.ints("three", [3], [])],
      int32,
    );
    g.op("number", "Cast", [g.op("sum", "AddV2", ["quotient", "rest"], int32)], {
      SrcT: type("INT32"),
      DstT: type("FLOAT"),
    });
    expect((await agree(await g.save(["number"]))).foreign).toEqual([]);
  });

  test("comparisons and choices", async () => {
    const g = new GraphFile();
    const x = g.input("x", [3, 4]);
    const zero = g.floats("zero", [0], []);
    const both = g.op("both", "LogicalAnd", [g.op("greater", "Greater", [x, zero]), g.op("not", "LogicalNot", [g.op("equal", "NotEqual", [x, x])])]); // prettier-ignore
    g.op("y", "SelectV2", [both, x, g.op("negated", "Neg", [x])]);
    expect((await agree(await g.save(["y"]))).foreign).toEqual([]);
  });

  test("Pack, Unpack, ExpandDims, Tile, BroadcastTo, Cumsum, ArgMax, TopKV2, reductions", async () => {
    const g = new GraphFile();
    const x = g.input("x", [2, 3, 4]);
    g.op("rows", "Unpack", [x], { num: int(3), axis: int(1) });
    g.op("packed", "Pack", ["rows:2", "rows", "rows:1"], { N: int(3), axis: int(-1) });
    g.op("wide", "ExpandDims", ["packed", g.ints("dim", [0], [])]);
    g.op("tiled", "Tile", ["wide", g.ints("multiples", [2, 1, 1, 2])]);
    g.op("sums", "Cumsum", ["tiled", g.ints("along", [1], [])], { reverse: yes });
    g.op("best", "TopKV2", ["sums", g.ints("k", [3], [])]);
    g.op("at", "ArgMax", ["sums", g.ints("last", [3], [])], { output_type: type("INT32") });
    g.op("largest", "Max", ["sums", g.ints("axes", [1, 2])]);
    g.op("stretched", "BroadcastTo", [g.op("least", "Min", [x, g.ints("axis", [2])], { keep_dims: yes }), g.ints("shape", [2, 3, 5])]); // prettier-ignore
    g.op("index", "Cast", ["at"], { SrcT: type("INT32"), DstT: type("FLOAT") });
    expect((await agree(await g.save(["best", "index", "largest", "stretched"]))).foreign).toEqual([]);
  });

  // TensorFlow.js itself gets a step wrong where an axis comes or goes.
  test.each<[string, number[], number[], number[], Readonly<Record<string, number>>]>([
    ["a new axis", [0, 2, 4, 1], [0, 0, 0, 3], [1, 1, 1, 1], { new_axis_mask: 1, shrink_axis_mask: 2, end_mask: 4 }],
    ["a step", [0, 0, 1], [3, 6, 4], [1, 2, 1], { begin_mask: 1 }],
    ["steps backwards", [0, 4, 3], [3, 0, 0], [1, -2, -1], { begin_mask: 4, end_mask: 5 }],
    ["the last of an axis", [-1, 0, 0], [0, 6, 4], [1, 1, 1], { shrink_axis_mask: 1 }],
  ])("StridedSlice with %s", async (_, begin, end, strides, masks) => {
    const g = new GraphFile();
    const bounds = [g.ints("begin", begin), g.ints("end", end), g.ints("strides", strides)];
    const attr = Object.fromEntries(Object.entries(masks).map(([key, mask]) => [key, int(mask)]));
    g.op("y", "StridedSlice", [g.input("x", [3, 6, 4]), ...bounds], attr);
    expect((await agree(await g.save(["y"]))).foreign).toEqual([]);
  });

  test("Conv2DBackpropInput and Conv3D", async () => {
    const g = new GraphFile();
    const attr = { strides: ints(1, 2, 2, 1), padding: text("SAME"), dilations: ints(1, 1, 1, 1) };
    g.op("up", "Conv2DBackpropInput", [g.ints("size", [1, 8, 8, 5]), g.weight("w", [3, 3, 5, 4]), g.input("x", [1, 4, 4, 4])], attr); // prettier-ignore
    const deep = {
      strides: ints(1, 1, 1, 1, 1),
      padding: text("VALID"),
      dilations: ints(1, 1, 1, 1, 1),
      data_format: text("NDHWC"),
    };
    g.op("deep", "Conv3D", [g.input("v", [1, 4, 4, 4, 2]), g.weight("k", [2, 2, 2, 2, 3])], deep);
    expect((await agree(await g.save(["up", "deep"]))).foreign).toEqual([]);
  });

  test("what ONNX has no words for is left to TensorFlow.js, and cut on neither side", async () => {
    const g = new GraphFile();
    const x = g.conv("a", g.input("x", [1, 6, 6, 3]), 3, 16, 3);
    const padded = g.op("symmetric", "MirrorPad", [x, g.ints("sides", [0, 0, 1, 1, 1, 1, 0, 0], [4, 2])], { mode: text("SYMMETRIC") }); // prettier-ignore
    const path = await g.save([g.conv("c", g.conv("b", padded, 16, 16), 16, 4)]);
    expect((await agree(path)).foreign).toEqual(["MirrorPad"]);
    const left = await cut(path);
    expect(left).toMatchObject({ "a/kernel": [3, 3, 3, 16], "b/kernel": [1, 1, 16, 8] });
  });

  test("operators whose results have sizes that only data tells", async () => {
    const g = new GraphFile();
    const found = g.op("found", "Where", [
      g.op("positive", "Greater", [g.input("x", [4, 3]), g.floats("zero", [0], [])]),
    ]);
    g.op("y", "Cast", [found], { SrcT: type("INT32"), DstT: type("FLOAT") });
    expect((await agree(await g.save(["y"]))).foreign).toEqual(["Where"]);
  });
});
