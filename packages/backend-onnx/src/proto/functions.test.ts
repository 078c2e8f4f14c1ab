import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytes, f32, initializer, input, int, node, output, raw, text } from "../../test/wire-bytes.ts";
import { failureOf } from "../../test/failure.ts";
import { ortRuntime } from "../runtime/ort-runtime.ts";
import { onnxruntimeNode } from "../node/onnxruntime-node.ts";
import { concat } from "./chunk.ts";
import { readOnnx } from "./read-model.ts";
import { encodeModel } from "./write-model.ts";

/** The fields of a node, without its tag. */
const call = (opType: string, inputs: readonly string[], outputs: readonly string[], ...more: number[][]): number[] => [
  ...inputs.flatMap((x) => text(1, x)),
  ...outputs.flatMap((x) => text(2, x)),
  ...text(4, opType),
  ...more.flat(),
];
const own = text(7, "own");

/** A FunctionProto of the domain "own". */
function fn(name: string, inputs: readonly string[], outputs: readonly string[], nodes: readonly number[][], ...more: readonly number[][]): number[] {
  const opset = more.length ? more : [bytes(9, int(2, 17)), bytes(9, text(1, "own"), int(2, 1))];
  return bytes(25, text(1, name), ...inputs.map((x) => text(4, x)), ...outputs.map((x) => text(5, x)), ...nodes.map((n) => bytes(7, n)), text(10, "own"), ...opset);
} // prettier-ignore

/** A float attribute that takes its value from the function's attribute of that name. */
const reference = (name: string, of: string): number[] => bytes(5, text(1, name), text(21, of), int(20, 1));
const float = (name: string, value: number): number[] => [
  ...text(1, name),
  ...[2 * 8 + 5, ...f32(value)],
  ...int(20, 1),
];

function model(graph: readonly number[][], functions: readonly number[][]): Uint8Array {
  return Uint8Array.from([...int(1, 8), ...bytes(7, ...graph), ...bytes(8, int(2, 17)), ...bytes(8, text(1, "own"), int(2, 1)), ...functions.flat()]); // prettier-ignore
}

const edges = [input("x", [1, 2]), output("y", [1, 2])];
const leaky = fn(
  "Leaky",
  ["a"],
  ["b"],
  [call("LeakyRelu", ["a"], ["h"], reference("alpha", "slope")), call("Neg", ["h"], ["b"], text(3, "last"))],
  bytes(9, int(2, 17)),
  bytes(11, float("slope", 0.5)),
);
/** Calls `Leaky` twice, with one slope and with the other. */
const twice = fn("Twice", ["a"], ["c"], [call("Leaky", ["a"], ["m"], own), call("Leaky", ["m"], ["c"], own, bytes(5, float("slope", 0.25)))]); // prettier-ignore

const failure = (file: Uint8Array) => failureOf(() => readOnnx(file, { source: "net.onnx" }));

async function run(file: Uint8Array): Promise<number[]> {
  const session = await ortRuntime(onnxruntimeNode).open(readOnnx(file));
  const { y } = await session.run({ x: { dtype: "float32", dims: [1, 2], data: Float32Array.of(-4, 3) } });
  await session.release();
  return Array.from(y!.data as Float32Array);
}

test("a call becomes the function's nodes, with the values and attributes of the call, or else with defaults", () => {
  const graph = readOnnx(model([node("Leaky", ["x"], ["h"], own, text(3, "first")), node("Leaky", ["h"], ["y"], own, bytes(5, float("slope", 0.25))), ...edges], [leaky])); // prettier-ignore
  expect(graph.nodes.map(({ name, opType, inputs, outputs }) => [name, opType, ...inputs, ...outputs])).toEqual([
    ["", "LeakyRelu", "x", "first/h"],
    ["first/last", "Neg", "first/h", "h"],
    ["", "LeakyRelu", "h", "y/h"],
    ["y/last", "Neg", "y/h", "y"],
  ]);
  const slopes = [0, 2].map((i) => graph.nodes[i]!.attributes["alpha"]);
  expect(slopes).toEqual([0.5, 0.25].map((value) => ({ type: "float", value })));
});

describe("what is written computes the same", () => {
  const nested = [node("Twice", ["x"], ["h"], own), node("Relu", ["h"], ["y"]), ...edges];
  const branches = (): number[][] => {
    // if x₀ < 0 then Leaky(x) else x, in a function whose slope the call gives
    const body = (...parts: number[][]): number[] => [...text(2, "body"), ...parts.flat()];
    const attribute = (name: string, graph: number[]): number[] => bytes(5, text(1, name), bytes(6, graph), int(20, 5));
    const result = bytes(12, text(1, "r"));
    const then = body(bytes(1, call("LeakyRelu", ["a"], ["r"], reference("alpha", "slope"))), result);
    const otherwise = body(bytes(1, call("Leaky", ["a"], ["r"], own)), result);
    const choose = fn("Choose", ["a", "limit"], ["c"], [
      call("ReduceMin", ["a"], ["least"], bytes(5, text(1, "keepdims"), int(3, 0), int(20, 2))),
      call("Less", ["least", "limit"], ["below"]),
      call("If", ["below"], ["c"], attribute("then_branch", then), attribute("else_branch", otherwise)),
    ]); // prettier-ignore
    return [node("Choose", ["x", "zero"], ["y"], own, bytes(5, float("slope", 0.125))), initializer("zero", [], 1, raw(...f32(0))), ...edges, choose]; // prettier-ignore
  };

  test.each([
    ["functions within functions", model(nested, [leaky, twice]), [0, 0.75]],
    ["in the order in which they come", model(nested, [twice, leaky]), [0, 0.75]],
    ["bodies within functions", model(branches().slice(0, -1), [branches().at(-1)!, leaky]), [-0.5, 3]],
  ])("%s", async (_, file, wanted) => {
    const graph = readOnnx(file);
    expect(concat(encodeModel(graph).chunks)).toEqual(file);
    expect(graph.nodes.some(({ domain }) => domain === "own")).toBe(false);
    const changed = concat(encodeModel({ ...graph, nodes: [...graph.nodes] }).chunks);
    expect(await run(file)).toEqual(wanted);
    expect(await run(changed)).toEqual(wanted);
    expect(Buffer.from(changed).includes("FunctionProto") || Buffer.from(changed).includes("slope")).toBe(false);
  });

  test("a value that a function passes on, and outputs that nobody asks for", async () => {
    const through = fn("Through", ["a"], ["a", "b"], [call("Neg", ["a"], ["b"])]);
    const file = model([node("Through", ["x"], ["y"], own), ...edges], [through]);
    const graph = readOnnx(file);
    expect(graph.nodes.map((n) => [n.opType, ...n.outputs])).toEqual([["Neg", "y/b"], ["Identity", "y"]]); // prettier-ignore
    expect(await run(concat(encodeModel({ ...graph, nodes: [...graph.nodes] }).chunks))).toEqual([-4, 3]);
  });

  test("operator sets that only a function uses come along", () => {
    const other = bytes(9, text(1, "other"), int(2, 3));
    const graph = readOnnx(model([node("F", ["x"], ["y"], own), ...edges], [fn("F", ["a"], ["b"], [call("G", ["a"], ["b"], text(7, "other"))], other)])); // prettier-ignore
    const again = readOnnx(concat(encodeModel({ ...graph, nodes: [...graph.nodes] }).chunks));
    expect(again.opsets.get("other")).toBe(3);
  });

  test("a function that means another version of an operator stays a function", async () => {
    const older = fn("Leaky", ["a"], ["b"], [call("Neg", ["a"], ["b"])], bytes(9, int(2, 12)));
    const graph = readOnnx(model([node("Leaky", ["x"], ["h"], own), node("Neg", ["h"], ["y"]), ...edges], [older]));
    expect(graph.nodes[0]).toMatchObject({ opType: "Leaky", domain: "own" });
    expect(await run(concat(encodeModel({ ...graph, nodes: [...graph.nodes] }).chunks))).toEqual([-4, 3]);
  });
});

test("names never meet, whatever they are", () =>
  fc.assert(
    fc.property(fc.array(fc.constantFrom("h", "y/h", "first/h", "b", "a"), { minLength: 2, maxLength: 5 }), (names) => {
      const values = ["x", ...new Set(names), "y"];
      const calls = values.slice(1).map((name, i) => node("Leaky", [values[i]!], [name], own, text(3, "first")));
      const graph = readOnnx(model([...calls, ...edges], [leaky]));
      const made = graph.nodes.flatMap((n) => n.outputs);
      expect(new Set(made).size).toBe(made.length);
      expect(made).toEqual(expect.arrayContaining(values.slice(1)));
    }),
  ));

describe("hostile files", () => {
  test("a function that calls itself", () => {
    const loop = fn("Loop", ["a"], ["b"], [call("Loop", ["a"], ["b"], own)]);
    expect(failure(model([node("Loop", ["x"], ["y"], own), ...edges], [loop]))).toMatchObject({ code: "bad-model", message: expect.stringContaining('function "Loop" calls itself') as string }); // prettier-ignore
  });

  const chain = (length: number, calls: number): number[][] =>
    Array.from({ length }, (_, i) =>
      fn(`F${i}`, ["a"], ["b"], Array.from({ length: calls }, (_, k) => call(i + 1 < length ? `F${i + 1}` : "Neg", [k ? `b${k}` : "a"], [k + 1 < calls ? `b${k + 1}` : "b"], ...(i + 1 < length ? [own] : [])))),
    ); // prettier-ignore

  test("functions that double with every level", () => {
    const started = performance.now();
    expect(failure(model([node("F0", ["x"], ["y"], own), ...edges], chain(40, 2)))).toMatchObject({ code: "bad-model", message: expect.stringContaining("262144 nodes") as string }); // prettier-ignore
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test("functions deep within each other", () => {
    expect(failure(model([node("F0", ["x"], ["y"], own), ...edges], chain(5000, 1)))).toMatchObject({ code: "bad-model", message: expect.stringContaining("64 deep") as string }); // prettier-ignore
  });
});
