import { describe, expect, test } from "vitest";
import { runtime } from "../../test/onnx.ts";
import { nodeOf } from "../graph/node.ts";
import { float32Tensor, int64Tensor } from "../graph/tensor.ts";
import type { Runtime } from "../model.ts";
import { Network } from "../testing/network.ts";
import { probe } from "./probe.ts";

test("reports what the builder of test networks says of itself", async () => {
  const net = new Network();
  const x = net.batchNorm("bn", net.conv("a", net.input("x", ["batch", 3, 8, 8]), 6, { size: 3, group: 3 }));
  const [left, right] = net.split(net.relu(x), [2, 4]);
  const joined = net.concat([net.conv("b", left!, 4), right!]);
  const flat = net.reshape(net.transpose(net.pool(joined), [0, 2, 3, 1]), [0, -1]);
  const graph = net.graph(net.gemm("c", net.linear("d", flat, 5), 2));
  const { canonical, wide, ints } = await probe(graph, runtime);
  const said = net.shapes(graph);
  expect(new Map([...canonical].toSorted())).toEqual(new Map([...said.canonical].toSorted()));
  expect(new Map([...wide].toSorted())).toEqual(new Map([...said.wide].toSorted()));
  expect(ints).toEqual(said.ints);
});

describe("dynamic dimensions", () => {
  const tokens = (): Network => {
    const net = new Network();
    net.relu(net.input("x", ["batch", "steps", 3]));
    return net;
  };

  test("show by changing between two runs", async () => {
    const { canonical, wide } = await probe(tokens().graph("relu0"), runtime);
    expect(canonical.get("relu0")).toEqual([1, 16, 3]);
    expect(wide.get("relu0")).toEqual([2, 24, 3]);
  });

  test("take other sizes where the graph does not run at the canonical ones", async () => {
    const net = new Network();
    net.add(net.input("x", ["batch", "steps", 3]), net.weight("table", [8, 3]));
    const { canonical, wide, sizes } = await probe(net.graph("add0"), runtime);
    expect(canonical.get("add0")).toEqual([1, 8, 3]);
    expect(wide.get("add0")).toEqual([2, 8, 3]);
    expect(sizes).toEqual({ batch: 1, steps: 8 });
    // Sizes that were asked for are not changed.
    await expect(probe(net.graph("add0"), runtime, { steps: 5 })).rejects.toThrow("could not run the graph");
    await expect(probe(net.graph("add0"), runtime, { steps: 5 })).rejects.toThrow(
      "The model runs at none of the sizes that were tried for its dynamic dimensions (batch=1 steps=5; batch=2 steps=5). At the first: ",
    );
  });

  test("take the batch that tracing has fixed", async () => {
    const net = new Network();
    net.reshape(net.input("x", ["batch", "steps", 6]), [2, -1, 3]);
    const { canonical, sizes } = await probe(
      net.graph(net.op("Add", ["reshape0", net.weight("w", [2, 32, 3])])),
      runtime,
    );
    expect(sizes).toEqual({ batch: 2, steps: 16 });
    expect(canonical.get("reshape0")).toEqual([2, 32, 3]);
  });

  test.each(["total_length", "attention_mask_sequence_length"])(
    "hold a cache and what is attended to, the cache and the steps: %s",
    async (total) => {
      const net = new Network();
      const step = net.input("x", ["batch", 2, "steps", 4]);
      const keys = net.concat([net.input("past", ["batch", 2, "past_length", 4]), step], 2);
      const mask = net.op("Unsqueeze", [net.input("mask", ["batch", total]), net.ints([1, 3])], {}, ([n, t] = []) => [n!, 1, t!, 1]); // prettier-ignore
      const table = net.weight("table", [16, 4]);
      const places = net.op("Slice", [table, net.ints([0]), net.op("Shape", [keys], { start: 2, end: 3 }, [1])], {}, () => [2, 4]); // prettier-ignore
      const graph = net.graph(net.op("Add", [net.op("Mul", [keys, mask]), places]));
      const { canonical, sizes } = await probe(graph, runtime);
      expect(sizes).toEqual({ batch: 1, steps: 8, past_length: 8, [total]: 16 });
      expect(canonical.get(keys)).toEqual([1, 2, 16, 4]);
    },
  );

  test("take the sizes they are given", async () => {
    const { canonical } = await probe(tokens().graph("relu0"), runtime, { steps: 7 });
    expect(canonical.get("relu0")).toEqual([1, 7, 3]);
  });

  test("that the graph does not bear are taken for fixed", async () => {
    const net = new Network();
    // 16 steps and no other number: the sum with a table of 16 rows.
    net.add(net.input("x", ["batch", "steps", 3]), net.weight("table", [16, 3]));
    const { wide } = await probe(net.graph("add0"), runtime);
    expect(wide.get("add0")).toEqual([2, 16, 3]);
  });
});

describe("integers", () => {
  test("that come from sizes alone are known, those that vary are not", async () => {
    const net = new Network();
    const x = net.input("x", ["batch", 6, 4]);
    const shape = net.op("Shape", [x], {}, [3]);
    net.op("Gather", [shape, net.ints([1])], {}, [1], "channels");
    net.op("Gather", [shape, net.ints([0])], {}, [1], "batch");
    net.op("Div", ["channels", net.ints([2])], {}, [1], "half");
    const { ints } = await probe(net.graph(net.relu(x)), runtime);
    expect(Object.fromEntries(ints)).toMatchObject({ channels: [6], half: [3], ints_1: [1] });
    expect(ints.has("batch")).toBe(false);
    expect(ints.has(shape)).toBe(false);
  });

  test("of every integer type are read from constants", async () => {
    const net = new Network();
    const bytes = (array: ArrayBufferView): Uint8Array => new Uint8Array(array.buffer, 0, array.byteLength);
    net.parameter({ name: "narrow", dtype: "int32", dims: [2], bytes: () => bytes(Int32Array.of(-1, 7)) });
    const x = net.relu(net.input("x", [1, 2]));
    const constant = nodeOf("Constant", [], ["inline"], { value_ints: { type: "ints", value: [4, 5] } });
    const graph = { ...net.graph(x), nodes: [constant, ...net.graph(x).nodes] };
    const { ints, canonical } = await probe(graph, runtime);
    expect(ints.get("narrow")).toEqual([-1, 7]);
    expect(ints.get("inline")).toEqual([4, 5]);
    expect(canonical.get("inline")).toEqual([2]);
  });
});

describe("weights", () => {
  const large = float32Tensor("w", new Float32Array(2048).fill(2), [2, 1024]);

  test("that are large stay behind", async () => {
    const net = new Network();
    net.matMul(net.input("x", [1, 2]), net.parameter(large));
    const { opened, spy } = spied();
    const { canonical } = await probe(net.graph("matmul0"), spy);
    expect(canonical.get("matmul0")).toEqual([1, 1024]);
    expect(opened.map((graph) => graph.parameters.has("w"))).toEqual([false]);
  });

  test("that a shape depends on come along after all", async () => {
    const net = new Network();
    const bounds = net.op("Cast", [net.op("ReduceMax", [net.parameter(large)], { axes: [0, 1], keepdims: 0 }, [])], {
      to: 7,
    });
    const shape = net.op("Unsqueeze", [bounds, net.ints([0])], {}, [1]);
    const x = net.input("x", [2, 2]);
    net.add(x, net.op("ConstantOfShape", [shape], {}, [2], "fill"));
    const { canonical } = await probe(net.graph("add5"), runtime);
    expect(canonical.get("fill")).toEqual([2]);
  });
});

test("an input that states no shape at all, for a graph that wants one, is named", async () => {
  const net = new Network();
  const graph = net.graph(net.conv("a", net.input("x", ["batch", 3, 8, 8]), 4));
  const shapeless = { ...graph, inputs: graph.inputs.map((v) => ({ ...v, dims: undefined })) };
  await expect(probe(shapeless, runtime)).rejects.toThrow('Input "x" states no shape, not even how many dimensions');
});

test("sequences have no shape to ask for", async () => {
  const net = new Network();
  const x = net.relu(net.input("x", [1, 2]));
  const sequence = net.op("SequenceConstruct", [x, x]);
  net.op("ConcatFromSequence", [sequence], { axis: 1 }, [1, 4], "joined");
  const { canonical } = await probe(net.graph("joined"), runtime);
  expect(canonical.has(sequence)).toBe(false);
  expect(canonical.get(x)).toEqual([1, 2]);
});

test("a graph that the runtime refuses is an error", async () => {
  const net = new Network();
  const x = net.matMul(net.input("x", [1, 2]), net.weight("w", [3, 4]));
  await expect(probe(net.graph(x), runtime)).rejects.toMatchObject({ code: "runtime-failed" });
});

test("sessions are released, come what may", async () => {
  const net = new Network();
  const { state, spy } = spied();
  await probe(net.graph(net.relu(net.input("x", ["batch", 2]))), spy);
  expect(state.open).toBe(0);
});

test("int64 beyond what a number holds is no problem of shapes", async () => {
  const net = new Network();
  net.parameter(int64Tensor("limit", [2 ** 53]));
  const { ints } = await probe(net.graph(net.relu(net.input("x", [1, 2]))), runtime);
  expect(ints.get("limit")).toEqual([2 ** 53]);
});

/** The runtime, with a record of what it was given and of how many sessions are open. */
function spied(): { opened: Parameters<Runtime["open"]>[0][]; state: { open: number }; spy: Runtime } {
  const opened: Parameters<Runtime["open"]>[0][] = [];
  const state = { open: 0 };
  const spy: Runtime = {
    name: "spy",
    async open(graph, options) {
      opened.push(graph);
      const session = await runtime.open(graph, options);
      state.open++;
      return {
        run: (feeds, fetches) => session.run(feeds, fetches),
        release: () => {
          state.open--;
          return session.release();
        },
      };
    },
  };
  return { opened, state, spy };
}
