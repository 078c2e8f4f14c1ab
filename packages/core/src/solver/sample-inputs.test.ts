import { describe, expect, test } from "vitest";
import type { DType } from "../graph/dtype.ts";
import type { Graph, ValueInfo } from "../graph/graph.ts";
import { inputDims, sampleInputs } from "./sample-inputs.ts";

const input = (dims: ValueInfo["dims"], dtype: DType = "float32", name = "x"): ValueInfo => ({ name, dtype, dims });
const graph = (...inputs: ValueInfo[]): Graph => ({
  name: "",
  nodes: [],
  inputs,
  outputs: [],
  parameters: new Map(),
  opsets: new Map([["", 17]]),
});
const both = (v: ValueInfo, sizes = {}): number[][] => [inputDims(v, sizes, "canonical"), inputDims(v, sizes, "wide")];

describe("sizes", () => {
  test("fixed ones stay", () => {
    expect(both(input([2, 3]))).toEqual([
      [2, 3],
      [2, 3],
    ]);
  });

  test("the first dynamic dimension is the batch; images are 64 wide, sequences 16 long", () => {
    expect(both(input(["n", 3, "h", "w"]))).toEqual([
      [1, 3, 64, 64],
      [2, 3, 96, 96],
    ]);
    expect(both(input(["n", "t"]))).toEqual([
      [1, 16],
      [2, 24],
    ]);
  });

  test("a dimension called batch is the batch, wherever it stands", () => {
    expect(both(input(["steps", "batch_size", 28]))).toEqual([
      [16, 1, 28],
      [24, 2, 28],
    ]);
  });

  test("a name means one size, and a sum of names that of their sizes", () => {
    const cache = graph(input(["n", "t"]), input(["n", 2, "past", "t"], "float32", "p"), input(["n", "past + t"], "float32", "m")); // prettier-ignore
    const dims = Object.values(sampleInputs(cache, { past: 5 })).map((v) => v.dims);
    expect(dims).toEqual([
      [1, 16],
      [1, 2, 5, 16],
      [1, 21],
    ]);
    expect(sampleInputs(cache, { past: 5 }, "wide")["m"]!.dims).toEqual([2, 61]);
    expect(sampleInputs(cache, { "past + t": 9 })["m"]!.dims).toEqual([1, 9]);
  });

  test("a dimension without a name is dynamic too", () => {
    expect(both(input([undefined, 10]))).toEqual([
      [1, 10],
      [2, 10],
    ]);
  });

  test("named sizes win, for the batch too", () => {
    expect(inputDims(input(["n", "t"]), { n: 4, t: 9 }, "canonical")).toEqual([4, 9]);
  });

  test("the narrow kind of wide changes the batch alone", () => {
    expect(inputDims(input(["n", "t"]), {}, "wide-batch")).toEqual([2, 16]);
  });

  test("an input without a stated rank is a scalar", () => {
    expect(inputDims(input(undefined), {}, "canonical")).toEqual([]);
  });
});

describe("values", () => {
  test("are the same every time, and others for another seed", () => {
    const g = graph(input([3, 4]));
    expect(sampleInputs(g)).toEqual(sampleInputs(g));
    expect(sampleInputs(g, {}, "canonical", 1)).not.toEqual(sampleInputs(g));
  });

  test("floats lie between −1 and 1 and differ", () => {
    const { data } = sampleInputs(graph(input([100])))["x"]!;
    const numbers = Array.from(data as Float32Array);
    expect(Math.max(...numbers.map(Math.abs))).toBeLessThanOrEqual(1);
    expect(new Set(numbers).size).toBe(100);
  });

  test("token numbers are small and from 1; masks are one; segments zero; positions count", () => {
    const names = ["input_ids", "attention_mask", "token_type_ids", "position_ids"];
    const values = sampleInputs(graph(...names.map((name) => input([1, 4], "int64", name))));
    const numbers = names.map((name) => Array.from(values[name]!.data as BigInt64Array, Number));
    expect(numbers).toEqual([
      [1, 8, 2, 9],
      [1, 1, 1, 1],
      [0, 0, 0, 0],
      [0, 1, 2, 3],
    ]);
  });

  test.each(["float32", "float16", "float64", "int64", "int32", "uint8", "int8", "bool"] as const)("%s", (dtype) => {
    const value = sampleInputs(graph(input([2, 3], dtype)))["x"]!;
    expect([value.dtype, value.dims, value.data.length]).toEqual([dtype, [2, 3], 6]);
  });

  test("a type without numbers is refused", () => {
    expect(() => sampleInputs(graph(input([2], "string", "words")))).toThrow(
      'Input "words" has type string, for which no sample value can be made. Convert the input to a numeric type.',
    );
  });
});

test("an input of more elements than memory holds is refused", () => {
  expect(() => sampleInputs(graph(input([2 ** 30, 2 ** 20])), {}, "canonical")).toThrow(
    'Input "x" has 1073741824 x 1048576 elements; sample values are made for at most 268435456.',
  );
});
