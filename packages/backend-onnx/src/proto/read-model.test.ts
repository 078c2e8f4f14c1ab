import { toFloat32 } from "@prune/core";
import { expect, test } from "vitest";
import { failureOf } from "../../test/failure.ts";
import {
  bytes,
  f32,
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
import { readOnnx } from "./read-model.ts";

/** What reading a file fails with. */
function failure(file: Uint8Array) {
  return failureOf(() => readOnnx(file, { source: "net.onnx" }));
}

test("a small network", () => {
  const graph = readOnnx(
    model(
      text(2, "main"),
      node("Gemm", ["x", "w", ""], ["h"], text(3, "fc1")),
      node("Relu", ["h"], ["y"]),
      initializer("w", [2, 3], 1, raw(...f32(1, 2, 3, 4, 5, 6))),
      input("x", ["batch", 2]),
      output("y", ["batch", 3]),
    ),
  );
  expect(graph.name).toBe("main");
  expect(graph.opsets).toEqual(new Map([["", 13]]));
  expect(graph.nodes).toMatchObject([
    { name: "fc1", opType: "Gemm", domain: "", inputs: ["x", "w", ""], outputs: ["h"], attributes: {} },
    { name: "", opType: "Relu", inputs: ["h"], outputs: ["y"] },
  ]);
  expect(graph.inputs).toMatchObject([{ name: "x", dtype: "float32", dims: ["batch", 2] }]);
  expect(graph.outputs).toMatchObject([{ name: "y", dtype: "float32", dims: ["batch", 3] }]);
  expect([...toFloat32(graph.parameters.get("w")!)]).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a Buffer, whose slices are views, is read as any other bytes are", () => {
  for (const shift of [0, 1, 2, 3]) {
    const weight = initializer("w", [2], 1, raw(...f32(1, 2)));
    const file = model(text(2, "n".repeat(shift + 1)), node("Relu", ["w"], ["y"]), weight);
    const tensor = readOnnx(Buffer.from(file)).parameters.get("w")!;
    expect([...toFloat32(tensor)]).toEqual([1, 2]);
    expect(tensor.bytes().slice().buffer).not.toBe(tensor.bytes().buffer);
  }
});

test("shapes: unknown sizes, unknown rank, scalars and other types", () => {
  const unknown = [
    ...text(1, "a"),
    ...bytes(2, bytes(1, int(1, 7), bytes(2, bytes(1), bytes(1, int(1, -1)), bytes(1, text(2, ""))))),
  ];
  const rankless = [...text(1, "b"), ...bytes(2, bytes(1, int(1, 9)))];
  const sequence = [...text(1, "c"), ...bytes(2, bytes(4, bytes(1, bytes(1, int(1, 1)))))];
  const graph = readOnnx(model(bytes(11, unknown), bytes(11, rankless), bytes(11, sequence), input("d", [])));
  expect(graph.inputs).toMatchObject([
    { name: "a", dtype: "int64", dims: [undefined, undefined, undefined] },
    { name: "b", dtype: "bool", dims: undefined },
    { name: "c", dtype: "other", dims: undefined },
    { name: "d", dtype: "float32", dims: [] },
  ]);
});

test("old files list initializers among the inputs; the graph does not", () => {
  const graph = readOnnx(
    model(
      node("Add", ["x", "w"], ["y"]),
      initializer("w", [1], 1, raw(0, 0, 0, 0)),
      input("w", [1]),
      input("x", [1]),
      output("y", [1]),
    ),
  );
  expect(graph.inputs.map((v) => v.name)).toEqual(["x"]);
  expect([...graph.parameters.keys()]).toEqual(["w"]);
});

test("the domain ai.onnx is ONNX's own", () => {
  const file = [
    ...int(1, 8),
    ...bytes(7, node("Op", [], ["y"], text(7, "ai.onnx"))),
    ...bytes(8, text(1, "ai.onnx"), int(2, 17)),
    ...bytes(8, text(1, "com.x"), int(2, 2)),
  ];
  const graph = readOnnx(Uint8Array.from(file));
  expect(graph.opsets).toEqual(
    new Map([
      ["", 17],
      ["com.x", 2],
    ]),
  );
  expect(graph.nodes[0]!.domain).toBe("");
});

test("nodes out of order are sorted; those that can stay in order do", () => {
  const graph = readOnnx(
    model(
      node("C", ["b", "a"], ["c"]),
      node("B", ["x"], ["b"]),
      node("A", ["b"], ["a"]),
      node("D", ["x"], ["d"]),
      input("x", []),
      output("c", []),
    ),
  );
  expect(graph.nodes.map((n) => n.opType)).toEqual(["B", "A", "C", "D"]);
});

test("a long chain in reverse is sorted without deep recursion", () => {
  const nodes = Array.from({ length: 20_000 }, (_, i) => node("Op", [`v${i}`], [`v${i + 1}`])).toReversed();
  const graph = readOnnx(model(...nodes, input("v0", []), output("v20000", [])));
  expect(graph.nodes[0]!.inputs).toEqual(["v0"]);
  expect(graph.nodes.at(-1)!.outputs).toEqual(["v20000"]);
});

test("names of nodes may be missing or shared", () => {
  const graph = readOnnx(
    model(
      node("A", ["x"], ["a"], text(3, "n")),
      node("B", ["a"], ["b", ""], text(3, "n")),
      node("C", ["b"], ["c", ""]),
      input("x", []),
      output("c", []),
    ),
  );
  expect(graph.nodes.map((n) => n.name)).toEqual(["n", "n", ""]);
});

const text1 = (content: string) => new TextEncoder().encode(content);

test.each<[string, Uint8Array, string]>([
  ["nothing", new Uint8Array(0), "an empty file; export or download it again"],
  ["a PNG", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13), "a PNG image"],
  [
    "a PyTorch checkpoint",
    Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 8, 8),
    "a zip archive (a PyTorch checkpoint or an .npz file?); export the network to ONNX first",
  ],
  [
    "a Git LFS pointer",
    text1("version https://git-lfs.github.com/spec/v1\noid sha256:00\n"),
    "a Git LFS pointer; fetch the file itself with `git lfs pull`",
  ],
  ["a web page", text1("<!doctype html><title>404</title>"), "a web page or XML; the download probably failed"],
  ["JSON", text1('{"format": "layers-model"}'), "JSON (a TensorFlow.js model.json?); ONNX files are binary"],
  ["text", text1("hello, this is no network\n"), "a text file"],
  ["noise", Uint8Array.of(0xff, 0x03, 0x81, 0x99, 0x12, 0x00), "something else"],
  ["a message without a graph", Uint8Array.from(int(1, 8)), "something else"],
])("%s is not a model", (_, file, found) => {
  expect(failure(file)).toEqual({ code: "bad-model", message: `net.onnx: expected an ONNX model, found ${found}.` });
});

test("a model that breaks off says so", () => {
  const file = reluModel();
  expect(failure(file.subarray(0, 20)).message).toMatch(
    /^net\.onnx: ModelProto at byte 2 needs \d+ bytes, but only \d+ are left\. The file is truncated or damaged; export or download it again\.$/,
  );
});

test("noise after a good start names the place", () => {
  const file = Uint8Array.from([...int(1, 8), ...bytes(7, bytes(1, [0xff, 0xff, 0xff, 0x03]))]);
  expect(failure(file)).toEqual({
    code: "bad-model",
    message:
      "net.onnx: NodeProto at byte 6: field 1048575 has wire type 7, which ONNX does not use. The file is damaged or not an ONNX model; export or download it again.",
  });
});

const FIX = "The file is damaged or not an ONNX model; export or download it again.";

test.each<[string, Uint8Array, string]>([
  [
    "a cycle",
    model(node("Add", ["x", "b"], ["a"], text(3, "one")), node("Relu", ["a"], ["b"]), input("x", []), output("b", [])),
    'net.onnx: Add "one" reads, directly or through other nodes, what it makes itself. Nodes must not form a cycle; export the model again.',
  ],
  [
    "a node that reads its own output",
    model(node("Relu", ["y"], ["y"])),
    'net.onnx: Relu "y" reads, directly or through other nodes, what it makes itself. Nodes must not form a cycle; export the model again.',
  ],
  [
    "a value with two definitions",
    model(node("A", ["x"], ["y"]), node("B", ["x"], ["y"]), input("x", []), output("y", [])),
    'net.onnx: B "y" makes value "y", which is defined already. Every value must have one definition; export the model again.',
  ],
  [
    "a node that makes what is an input",
    model(node("A", ["x"], ["x"]), input("x", [])),
    'net.onnx: A "x" makes value "x", which is defined already. Every value must have one definition; export the model again.',
  ],
  [
    "two inputs of one name",
    model(input("x", []), input("x", [])),
    'net.onnx: two graph inputs are named "x". Every value must have one definition; export the model again.',
  ],
  [
    "an undefined value",
    model(node("Add", ["x", "ghost"], ["y"], text(3, "add")), input("x", []), output("y", [])),
    'net.onnx: Add "add" reads value "ghost", which no node, input or initializer defines. Export the model again.',
  ],
  [
    "an undefined output",
    model(node("Relu", ["x"], ["y"]), input("x", []), output("z", [])),
    'net.onnx: graph output "z" is defined by no node, input or initializer. Export the model again.',
  ],
  [
    "two initializers of one name",
    model(initializer("w", [0], 1), initializer("w", [0], 1)),
    `net.onnx: GraphProto at byte 13: two initializers are named "w". ${FIX}`,
  ],
  [
    "an initializer without a name",
    model(bytes(5, int(1, 0), int(2, 1))),
    `net.onnx: GraphProto at byte 4: an initializer has no name. ${FIX}`,
  ],
  [
    "a node without an operator",
    model(bytes(1, text(2, "y"))),
    `net.onnx: NodeProto at byte 6: node "y" has no operator type. ${FIX}`,
  ],
  [
    "an input without a name",
    model(bytes(11, value("", []))),
    `net.onnx: ValueInfoProto at byte 8: a graph input or output has no name. ${FIX}`,
  ],
  [
    "two graphs",
    Uint8Array.from([...reluModel(), ...bytes(7, text(2, "again"))]),
    `net.onnx: ModelProto at byte 66: the model has two graphs. ${FIX}`,
  ],
])("%s is an error", (_, file, message) => {
  expect(failure(file)).toEqual({ code: "bad-model", message });
});

/** A node whose body holds such a node again, and so on. */
function nested(depth: number): number[] {
  let body: number[] = [];
  for (let i = 0; i < depth; i++)
    body = bytes(1, text(4, "If"), bytes(5, text(1, "then_branch"), bytes(6, body), int(20, 5)));
  return body;
}

test("bodies may be nested 32 deep, and no deeper", () => {
  expect(readOnnx(model(nested(32))).nodes).toHaveLength(1);
  expect(failure(model(nested(33))).message).toMatch("graphs are nested more than 33 deep");
  expect(failure(model(nested(200))).message).toMatch("graphs are nested more than 33 deep");
});

test("a body that captures what nobody defines is an error of its node", () => {
  const body = [...node("Relu", ["ghost"], ["z"]), ...output("z", [])];
  const file = model(
    node("If", ["x"], ["y"], text(3, "choice"), bytes(5, text(1, "then_branch"), bytes(6, body), int(20, 5))),
    input("x", []),
    output("y", []),
  );
  expect(failure(file).message).toBe(
    'net.onnx: If "choice" reads value "ghost", which no node, input or initializer defines. Export the model again.',
  );
});
