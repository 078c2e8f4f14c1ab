import { type Graph, nodeOf, type Node, tensorOf, withAttributes } from "@prune/core";
import { expect, test } from "vitest";
import { failureOf } from "../../test/failure.ts";
import {
  bytes,
  f32,
  fixed32,
  initializer,
  input,
  int,
  model,
  node,
  output,
  raw,
  reluModel,
  text,
  value,
} from "../../test/wire-bytes.ts";
import { concat } from "./chunk.ts";
import { readOnnx } from "./read-model.ts";
import { encodeModel } from "./write-model.ts";

function encode(graph: Graph): Uint8Array {
  return concat(encodeModel(graph).chunks);
}

/** Whether some bytes occur in a file. */
function holds(file: Uint8Array, part: readonly number[]): boolean {
  return Buffer.from(file).includes(Buffer.from(part));
}

/** Fields that no version of ONNX has, and one of each message that it has and this package does not read. */
const UNKNOWN = [...text(900, "from the future"), ...fixed32(901, 1)];
const METADATA = bytes(14, text(1, "author"), text(2, "somebody"));
const FUNCTION = bytes(25, text(1, "MyOp"));
const TRAINING = bytes(20, bytes(2, text(2, "training")));
const QUANTIZATION = bytes(14, text(1, "w"), bytes(2, text(1, "SCALE_TENSOR"), text(2, "w_scale")));
const SHAPES = bytes(13, value("h", ["N", 4]));

/** A model with something of everything, h = x·w (Gemm), y = relu(h). */
const file = Uint8Array.from([
  ...METADATA,
  ...int(1, 7),
  ...text(2, "exporter"),
  ...text(3, "1.2"),
  ...bytes(8, int(2, 13)),
  ...bytes(8, text(1, "com.x"), int(2, 1)),
  ...bytes(
    7,
    node(
      "Gemm",
      ["x", "w"],
      ["h"],
      text(3, "fc"),
      bytes(5, text(1, "alpha"), fixed32(2, 0.5), int(20, 1), text(13, "doc of alpha")),
      bytes(5, text(1, "transB"), int(3, 1), int(20, 2)),
      text(6, "doc of fc"),
      UNKNOWN,
    ),
    node("Relu", ["h"], ["y"], text(6, "doc of relu")),
    text(2, "main"),
    initializer("w", [4, 2], 1, bytes(4, f32(1, 2, 3, 4, 5, 6, 7, 8)), text(12, "doc of w"), UNKNOWN),
    input("x", ["N", 2]),
    bytes(12, value("y", ["N", 4]), text(3, "doc of y"), UNKNOWN),
    SHAPES,
    QUANTIZATION,
    text(10, "doc of main"),
    UNKNOWN,
  ),
  ...FUNCTION,
  ...TRAINING,
  ...UNKNOWN,
]);
const graph = readOnnx(file);
const [gemm, relu] = graph.nodes as [Node, Node];

test("an untouched model is the very bytes it was read from", () => {
  expect(encode(graph)).toBe(file);
  expect(encode({ ...graph })).toBe(file);
});

test("a changed graph keeps everything around and beside what changed", () => {
  const out = encode({ ...graph, nodes: [{ ...gemm, name: "renamed" }, relu] });
  for (const part of [METADATA, FUNCTION, TRAINING, QUANTIZATION, text(10, "doc of main"), text(2, "exporter")]) {
    expect(holds(out, part)).toBe(true);
  }
  const again = readOnnx(out);
  expect(again.opsets).toEqual(graph.opsets);
  expect(again.nodes[0]).toMatchObject({ name: "renamed", attributes: gemm.attributes });
  expect(holds(out, node("Relu", ["h"], ["y"], text(6, "doc of relu")))).toBe(true);
});

test("shapes of inner values are dropped, since they may no longer be right", () => {
  expect(holds(file, SHAPES)).toBe(true);
  expect(holds(encode({ ...graph, name: "changed" }), SHAPES)).toBe(false);
});

test("a changed node keeps its unknown fields, its doc and the attributes that did not change, to the byte", () => {
  const changed = withAttributes(gemm, { transB: { type: "int", value: 0 } });
  const out = encode({ ...graph, nodes: [changed, relu] });
  const alpha = bytes(5, text(1, "alpha"), fixed32(2, 0.5), int(20, 1), text(13, "doc of alpha"));
  const transB = bytes(5, text(1, "transB"), int(3, 0), int(20, 2));
  const fields = [
    text(1, "x"),
    text(1, "w"),
    text(2, "h"),
    text(3, "fc"),
    text(4, "Gemm"),
    alpha,
    transB,
    text(6, "doc of fc"),
    UNKNOWN,
  ];
  expect(holds(out, bytes(1, ...fields))).toBe(true);
});

test("a node whose fields were copied, not changed, is written as it was", () => {
  const copy = { ...gemm, inputs: [...gemm.inputs], attributes: { ...gemm.attributes } };
  const out = encode({ ...graph, name: "changed", nodes: [copy, { ...relu }] });
  expect(holds(out, node("Relu", ["h"], ["y"], text(6, "doc of relu")))).toBe(true);
  expect(holds(out, bytes(1, (gemm.origin as { raw: Uint8Array }).raw))).toBe(true);
});

test("a renamed tensor keeps its data as the file has it; one with other data gets raw_data", () => {
  const w = graph.parameters.get("w")!;
  const renamed = encode({
    ...graph,
    parameters: new Map([
      ["w", w],
      ["w2", w],
    ]),
  });
  expect(
    holds(
      renamed,
      bytes(
        5,
        int(1, 4),
        int(1, 2),
        int(2, 1),
        text(8, "w2"),
        bytes(4, f32(1, 2, 3, 4, 5, 6, 7, 8)),
        text(12, "doc of w"),
        UNKNOWN,
      ),
    ),
  ).toBe(true);
  const data = new Uint8Array(f32(9, 9));
  const cut = encode({ ...graph, parameters: new Map([["w", { ...w, dims: [1, 2], bytes: () => data }]]) });
  expect(
    holds(
      cut,
      bytes(5, int(1, 1), int(1, 2), int(2, 1), text(8, "w"), text(12, "doc of w"), UNKNOWN, raw(...f32(9, 9))),
    ),
  ).toBe(true);
});

test("outputs keep their shapes and docs unless they changed", () => {
  const [y] = graph.outputs as [Graph["outputs"][number]];
  const kept = bytes(12, value("y", ["N", 4]), text(3, "doc of y"), UNKNOWN);
  expect(holds(encode({ ...graph, outputs: [{ ...y }], name: "changed" }), kept)).toBe(true);
  const cut = bytes(12, value("y", ["N", 3]), text(3, "doc of y"), UNKNOWN);
  expect(holds(encode({ ...graph, outputs: [{ ...y, dims: ["N", 3] }] }), cut)).toBe(true);
});

test("an output of unknown type is left for the runtime to infer", () => {
  const out = encode({ ...graph, outputs: [...graph.outputs, { name: "h", dtype: "other", dims: undefined }] });
  expect(holds(out, bytes(12, text(1, "h")))).toBe(true);
});

test("other operator sets are written when they changed", () => {
  const out = encode({ ...graph, opsets: new Map([["", 17]]) });
  expect(readOnnx(out).opsets).toEqual(new Map([["", 17]]));
});

test("initializers that the file lists as inputs stay where they were, with the shape that they have now", () => {
  const old = readOnnx(
    Uint8Array.from([
      ...int(1, 3),
      ...bytes(
        7,
        node("Add", ["x", "w"], ["y"]),
        initializer("w", [2], 1, raw(...f32(1, 2))),
        input("w", [2]),
        input("x", [2]),
        output("y", [2]),
      ),
    ]),
  );
  const cut = tensorOf("w", "float32", [1], new Uint8Array(f32(1)));
  const out = encode({
    ...old,
    parameters: new Map([
      ["w", cut],
      ["bias", cut],
    ]),
  });
  // Version 3 of the format wants every initializer listed, so the new one comes last.
  expect(holds(out, [...input("w", [1]), ...input("x", [2]), ...input("bias", [1]), ...output("y", [2])])).toBe(true);
  expect(holds(encode({ ...old, name: "changed" }), [...input("w", [2]), ...input("x", [2])])).toBe(true);
});

test("bodies lose their shapes too, even in a node that did not change", () => {
  const body = [...node("Relu", ["x"], ["z"]), ...bytes(13, value("q", [64])), ...output("z", [64])];
  const choice = node("If", ["c"], ["y"], bytes(5, text(1, "then_branch"), bytes(6, body), int(20, 5)));
  const inner = readOnnx(model(choice, input("c", []), input("x", [64]), output("y", [64])));
  const out = encode({ ...inner, name: "changed" });
  expect(holds(out, bytes(13, value("q", [64])))).toBe(false);
  expect(holds(out, output("z", [64]))).toBe(true);
});

test("a graph made from nothing", () => {
  const made: Graph = {
    name: "made",
    nodes: [nodeOf("Relu", ["x"], ["y"])],
    inputs: [{ name: "x", dtype: "float32", dims: ["N", undefined] }],
    outputs: [{ name: "y", dtype: "float32", dims: undefined }],
    parameters: new Map([["w", tensorOf("w", "int64", [1], new Uint8Array(8))]]),
    opsets: new Map([["", 21]]),
  };
  expect([...encode(made)]).toEqual([
    ...int(1, 10),
    ...text(2, "prune"),
    ...bytes(8, int(2, 21)),
    ...bytes(
      7,
      node("Relu", ["x"], ["y"]),
      text(2, "made"),
      bytes(5, int(1, 1), int(2, 7), text(8, "w"), raw(0, 0, 0, 0, 0, 0, 0, 0)),
      bytes(11, text(1, "x"), bytes(2, bytes(1, int(1, 1), bytes(2, bytes(1, text(2, "N")), bytes(1))))),
      bytes(12, text(1, "y"), bytes(2, bytes(1, int(1, 1)))),
    ),
  ]);
});

test("weights are not copied", () => {
  const data = new Uint8Array(1 << 16);
  const out = encodeModel({ ...graph, parameters: new Map([["w", tensorOf("w", "uint8", [1 << 16], data)]]) });
  const lazy = out.chunks.filter((chunk) => !(chunk instanceof Uint8Array));
  expect(lazy).toHaveLength(1);
  expect(concat(lazy)).toBe(data);
  expect(out.length).toBe(concat(out.chunks).length);
});

test("what only another backend can write is refused by name", () => {
  const foreign = { ...nodeOf("Op", ["x"], ["y"], {}, "n"), attributes: { blob: { type: "raw", value: 7 } } } as const;
  expect(failureOf(() => encode({ ...graph, nodes: [foreign] }))).toEqual({
    code: "unsupported",
    message:
      'Op "n": attribute "blob" is of a kind that only the backend which read it can write. Save the model with that backend.',
  });
  const strings = tensorOf("s", "string", [1], new Uint8Array(0));
  expect(failureOf(() => encode({ ...graph, parameters: new Map([["s", strings]]) }))).toEqual({
    code: "unsupported",
    message: 'Tensor "s" of type string was changed, which this backend cannot write. Leave its data as it was read.',
  });
});

test("a tensor that yields other bytes than its shape says is an error, not a broken file", () => {
  const wrong = tensorOf("w", "float32", [4], new Uint8Array(3));
  expect(failureOf(() => encode({ ...graph, parameters: new Map([["w", wrong]]) })).message).toBe(
    'Tensor "w" should have 16 bytes: dims [4] of float32; it has 3. Whatever made it gave it the wrong shape.',
  );
});

test("strings and other types that are only carried along survive a change around them", () => {
  const strings = initializer("s", [2], 8, text(6, "a"), text(6, "b"));
  const fp8 = initializer("f", [4], 17, raw(1, 2, 3, 4));
  const some = readOnnx(reluModel(strings, fp8));
  const renamed = { ...some.parameters.get("s")!, name: "t" };
  const out = encode({
    ...some,
    parameters: new Map([
      ["t", renamed],
      ["f", some.parameters.get("f")!],
    ]),
  });
  expect(holds(out, initializer("t", [2], 8, text(6, "a"), text(6, "b")))).toBe(true);
  expect(holds(out, fp8)).toBe(true);
});
