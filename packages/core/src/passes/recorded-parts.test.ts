import { describe, expect, test } from "vitest";
import { modelOf, runtime } from "../../test/onnx.ts";
import type { DataSource } from "../data.ts";
import { divergenceOf } from "../divergence.ts";
import { gatherEvidence } from "../evidence/gather.ts";
import type { Graph, ValueInfo } from "../graph/graph.ts";
import { nodeOf, type Attribute, type Node } from "../graph/node.ts";
import { float32Tensor, int64Tensor, type Tensor } from "../graph/tensor.ts";
import type { RunValues } from "../model.ts";
import { analyzeModel, analyzeSeen } from "../prune.ts";
import type { Analysis } from "../solver/analyze.ts";
import { ownLayers, partsOf, withoutUnseen } from "./recorded-parts.ts";

const info = (name: string, ...dims: (number | string)[]): ValueInfo => ({ name, dtype: "float32", dims });
const scalar = (name: string, dtype: "bool" | "int64"): ValueInfo => ({ name, dtype, dims: [] });
const named = (...tensors: Tensor[]): Map<string, Tensor> => new Map(tensors.map((t) => [t.name, t]));
const base = { name: "test", opsets: new Map([["", 17]]) };
const body = (nodes: Node[], outputs: ValueInfo[], rest: Partial<Graph> = {}): Attribute => ({
  type: "graph",
  value: { ...base, inputs: [], parameters: new Map(), ...rest, nodes, outputs },
});
const state = (dims: number[], ...values: number[]): Tensor => float32Tensor("", values, dims);

/** [1, 2; 0, 1] up to three units, and back to two. */
const up = { ...state([2, 3], 1, 0, 1, 2, 1, -1), name: "up" };
const down = { ...state([3, 2], 1, 0, 0, 1, 0.5, 0), name: "down" };
const layers = (prefix: string, x: string, y: string): Node[] => [
  nodeOf("MatMul", [x, "up"], [`${prefix}a`], {}, `${prefix}/up`),
  nodeOf("Relu", [`${prefix}a`], [`${prefix}b`]),
  nodeOf("MatMul", [`${prefix}b`, "down"], [y], {}, `${prefix}/down`),
];
const end = [scalar("again", "bool"), info("next", "batch", 2)];
const turn = {
  inputs: [scalar("i", "int64"), scalar("more", "bool"), info("state", "batch", 2)],
  parameters: named(up, down),
};
const again = nodeOf("Identity", ["more"], ["again"]);
const loop = (from: string, to: string, nodes: Node[], rest: Partial<Graph> = turn): Node =>
  nodeOf("Loop", ["times", "", from], [to], { body: body([...nodes, again], end, rest) }, "repeat");
const network = (nodes: Node[], rest: Partial<Graph> = {}): Graph => ({
  ...base,
  inputs: [info("x", "batch", 2), scalar("flag", "bool")],
  outputs: [info("y", "batch", 2)],
  parameters: named(int64Tensor("times", [3], [])),
  nodes,
  ...rest,
});

/** Samples of two numbers, two at a time, each batch with a flag of its own. */
const samples = [1, 2, -1, 3, 0.5, -2, 2, 2, 1, 0.5, -2, 1];
const dataOf = (flags: readonly number[]): DataSource => ({
  count: 2 * flags.length,
  batchSize: 2,
  batch: (from, to): RunValues => ({
    x: { dtype: "float32", dims: [to - from, 2], data: Float32Array.from(samples.slice(2 * from, 2 * to)) },
    flag: { dtype: "bool", dims: [], data: Uint8Array.of(flags[from / 2]!) },
  }),
});
const kinds = ["activations", "samples", "hessian"] as const;

/** Statistics of what the layers called so read, by the name of the node. */
async function statistics(graph: Graph, calibration: DataSource, names: readonly string[]) {
  const model = modelOf(graph);
  const analysis = await analyzeModel(model);
  const evidence = await gatherEvidence(model, analysis, { who: "test", kinds, calibration });
  const found = [];
  for (const name of names) {
    const layer = layerOf(analysis, name);
    const { count, meanAbs, meanSquare } = evidence.get("activations").of(layer.input);
    const rows = evidence.get("samples").of(layer.input);
    const moments = await evidence.get("hessian").of(layer);
    found.push({ count, meanAbs, meanSquare, rows: rows.samples, moments: moments!.blocks, seen: moments!.count });
  }
  return found;
}
const layerOf = (analysis: Analysis, name: string) => analysis.linear.find(({ node }) => node.name === name)!;

describe("what layers in bodies read", () => {
  test("three turns of a Loop count as what three layers read that are written one after another", async () => {
    const names = ["1/up", "2/up", "3/up"];
    const inline = network(
      [...layers("1", "x", "u"), ...layers("2", "u", "v"), ...layers("3", "v", "y")],
      { inputs: [info("x", "batch", 2)], parameters: named(up, down) },
    ); // prettier-ignore
    const apart = await statistics(inline, dataOf([0, 0]), names);
    const [together] = await statistics(network([loop("x", "y", layers("", "state", "next"))], { inputs: [info("x", "batch", 2)] }), dataOf([0, 0]), ["/up"]); // prettier-ignore
    expect(apart.map(({ count }) => count)).toEqual([4, 4, 4]);
    expect([together!.count, together!.rows, together!.seen]).toEqual([12, 12, 12]);
    const mean = (of: (s: (typeof apart)[number]) => Float64Array): number[] =>
      Array.from(of(apart[0]!), (_, i) => apart.reduce((sum, s) => sum + of(s)[i]! / 3, 0));
    mean((s) => s.meanAbs).forEach((m, i) => expect(together!.meanAbs[i]).toBeCloseTo(m, 5));
    mean((s) => s.meanSquare).forEach((m, i) => expect(together!.meanSquare[i]).toBeCloseTo(m, 4));
    mean((s) => s.moments[0]!).forEach((m, i) => expect(together!.moments[0]![i]).toBeCloseTo(m, 4));
  });

  const own = { parameters: named(up, down) };
  const others = { parameters: named({ ...state([2, 3], 2, 0, 1, 2, 1, -1), name: "up" }, { ...state([3, 2], 2, 0, 0, 1, 0.5, 0), name: "down" }) }; // prettier-ignore
  const choice = network([
    nodeOf("Abs", ["x"], ["h"]),
    nodeOf("If", ["flag"], ["z"], {
      then_branch: body(layers("t", "h", "ty"), [info("ty", "batch", 2)], own),
      else_branch: body(layers("e", "x", "ey"), [info("ey", "batch", 2)], others),
    }),
    nodeOf("Neg", ["z"], ["y"]),
  ]);

  test("each branch of an If sees the batches that take it", async () => {
    const [then, other] = await statistics(choice, dataOf([1, 0]), ["t/up", "e/up"]);
    expect([then!.count, [...then!.meanAbs], [...then!.meanSquare]]).toEqual([2, [1, 2.5], [1, 6.5]]);
    expect([other!.count, [...other!.meanAbs], [...other!.meanSquare]]).toEqual([2, [1.25, 2], [2.125, 4]]);
    expect([...other!.moments[0]!]).toEqual([2.125, 1.5, 1.5, 4]);
  });

  test("a branch that no sample takes stays whole, and says so", async () => {
    const analysis = await analyzeSeen(modelOf(choice), { calibration: dataOf([1, 1]) });
    const reasons = analysis.groups
      .filter((g) => g.layers.some((n) => n.name === "e/up"))
      .map((g) => g.blocked?.reason);
    expect(reasons).toContain("is in a body that did not run on the calibration data");
    expect(analysis.groups.filter((g) => !g.blocked).flatMap((g) => g.layers.map((n) => n.name))).toEqual(["t/up", "t/down"]); // prettier-ignore
    expect([layerOf(analysis, "e/up"), layerOf(analysis, "t/up")].map(analysis.ignored)).toEqual([true, false]);
    analysis.groups.forEach((group, i) => expect(analysis.indexOf(group)).toBe(i));
  });

  const shared = network(
    [
      nodeOf("If", ["flag"], ["y"], {
        then_branch: body(layers("t", "x", "ty"), [info("ty", "batch", 2)]),
        else_branch: body(layers("e", "x", "ey"), [info("ey", "batch", 2)]),
      }),
    ],
    { parameters: named(up, down) },
  );

  test("weights that both branches read are judged by the one that samples take", async () => {
    for (const [flag, taken] of [
      [0, "e"],
      [1, "t"],
    ] as const) {
      // prettier-ignore
      const analysis = await analyzeSeen(modelOf(shared), { calibration: dataOf([flag, flag]) });
      const free = analysis.groups.filter((g) => !g.blocked);
      expect(free.map((g) => g.layers.map((n) => n.name))).toEqual([["t/up", "t/down", "e/up", "e/down"]]);
      expect(analysis.linear.map(({ node }) => node.name)).toEqual([`${taken}/up`, `${taken}/down`]);
      expect(analysis.linear.map(analysis.ignored)).toEqual([false, false]);
      const evidence = await gatherEvidence(modelOf(shared), analysis, { who: "test", kinds, calibration: dataOf([flag, flag]) }); // prettier-ignore
      expect(evidence.get("activations").of(analysis.linear[0]!.input).count).toBe(4);
    }
  });

  test("weights that both branches read are recovered once, in the one that most samples take", async () => {
    const analysis = await analyzeModel(modelOf(shared));
    const layersOf = async (...flags: number[]): Promise<string[][]> =>
      ownLayers(await partsOf(runtime, analysis, dataOf(flags))).map((part) => part.analysis.linear.map(({ node }) => node.name)); // prettier-ignore
    expect(await layersOf(0, 1, 0)).toEqual([["e/up", "e/down"]]);
    expect(await layersOf(0, 1, 1)).toEqual([["t/up", "t/down"]]);
    const apart = ownLayers(await partsOf(runtime, await analyzeModel(modelOf(choice)), dataOf([0, 1, 0])));
    expect(apart.map((part) => part.analysis.linear.map(({ node }) => node.name))).toEqual([["e/up", "e/down"], ["t/up", "t/down"]]); // prettier-ignore
  });

  test("a Loop in a branch, and a Scan that has outputs along another axis", async () => {
    const scan = nodeOf("Scan", ["x"], ["all"], {
      num_scan_inputs: 1,
      scan_input_axes: [1],
      scan_output_axes: [1],
      body: body([nodeOf("Abs", ["part"], ["abs"]), nodeOf("Unsqueeze", ["abs", "one"], ["column"]), nodeOf("MatMul", ["column", "row"], ["both"], {}, "scan/up"), nodeOf("ReduceSum", ["both", "one"], ["done"], { keepdims: 0 })], [info("done", "batch")], { inputs: [info("part", "batch")], parameters: named(int64Tensor("one", [1], [1]), { ...state([1, 2], 1, 2), name: "row" }) }), // prettier-ignore
    });
    const nested = network([
      scan,
      nodeOf("If", ["flag"], ["y"], {
        then_branch: body([loop("all", "then", layers("", "state", "next"))], [info("then", "batch", 2)]),
        else_branch: body([nodeOf("Identity", ["all"], ["same"])], [info("same", "batch", 2)]),
      }),
    ]);
    const [inLoop, inScan] = await statistics(nested, dataOf([0, 1]), ["/up", "scan/up"]);
    expect([inLoop!.count, inScan!.count, [...inScan!.meanAbs]]).toEqual([6, 8, [(1 + 2 + 1 + 3 + 0.5 + 2 + 2 + 2) / 8]]); // prettier-ignore
    // all = 3|x|; of the second batch [1.5, 6], [6, 6]; the next turns' states follow from it.
    const turns = [[1.5, 6], [6, 6]]; // prettier-ignore
    for (let t = 0; t < 2; t++)
      for (const [a, b] of turns.slice(-2) as [number, number][]) {
        const [u, v, w] = [a + 2 * b, b, Math.max(0, a - b)];
        turns.push([u + 0.5 * w, v]);
      }
    expect([...inLoop!.meanAbs].map((m) => m.toFixed(4))).toEqual([0, 1].map((i) => (turns.reduce((sum, row) => sum + row[i]!, 0) / 6).toFixed(4))); // prettier-ignore
  });

  test("parts know their place; divergence is that of the whole", async () => {
    const analysis = await analyzeModel(modelOf(choice));
    const parts = await partsOf(runtime, analysis, dataOf([1, 0]));
    expect(parts.map(({ place, data }) => [place, data.count])).toEqual([[undefined, 2], ['then_branch of "z"', 1], ['else_branch of "z"', 1]]); // prettier-ignore
    expect(withoutUnseen(analysis, parts)).toBe(analysis);
    const group = analysis.groups.find((g) => !g.blocked && g.layers.some((n) => n.name === "t/up"))!;
    const divergence = divergenceOf(analysis, runtime, dataOf([1, 0]));
    expect(await divergence(new Map([[group, Uint8Array.of(0, 0, 0)]]))).toBe(0);
    expect(await divergence(new Map([[group, Uint8Array.of(1, 0, 0)]]))).toBeGreaterThan(0.1);
  });
});
