import {
  analyze,
  cutOf,
  gatherEvidence,
  probe,
  toFloat32,
  type Analysis,
  type DataSource,
  type Model,
} from "@prune/core";
import { Network } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import { onnxModel } from "../src/onnx-model.ts";
import { onnxruntimeNode, ortRuntime } from "../src/node/index.ts";

const runtime = ortRuntime(onnxruntimeNode);

async function setUp(net: Network, output: string): Promise<{ model: Model; analysis: Analysis }> {
  const graph = net.graph(output);
  return { model: onnxModel(graph, { runtime }), analysis: await analyze(graph, (g) => probe(g, runtime)) };
}

/** Samples of an input "x". */
const dataOf = (dims: readonly number[], values: readonly number[], batchSize: number): DataSource => {
  const size = dims.reduce((a, b) => a * b, 1);
  const batch: DataSource["batch"] = (from, to) => ({
    x: { dtype: "float32", dims: [to - from, ...dims], data: Float32Array.from(values.slice(from * size, to * size)) },
  });
  return { count: values.length / size, batchSize, batch };
};

describe("of a dense layer, over three samples in two batches", () => {
  const values = [1, -2, 0, 3, 4, 0];
  const build = async () => {
    const net = new Network();
    return setUp(net, net.gemm("a", net.input("x", ["batch", 2]), 3));
  };

  test("activations", async () => {
    const { model, analysis } = await build();
    const calibration = dataOf([2], values, 2);
    const evidence = await gatherEvidence(model, analysis, { who: "test", kinds: ["activations"], calibration });
    const { count, mean, meanAbs, meanSquare, zeroFraction } = evidence
      .get("activations")
      .of(analysis.linear[0]!.input);
    expect(count).toBe(3);
    expect([...mean]).toEqual([5 / 3, 1 / 3]);
    expect([...meanAbs]).toEqual([5 / 3, 5 / 3]);
    expect([...meanSquare]).toEqual([17 / 3, 13 / 3]);
    expect([...zeroFraction].map((z) => z.toFixed(6))).toEqual(["0.333333", "0.333333"]);
  });

  test("samples", async () => {
    const { model, analysis } = await build();
    const calibration = dataOf([2], values, 2);
    const evidence = await gatherEvidence(model, analysis, { who: "test", kinds: ["samples"], calibration });
    const found = evidence.get("samples").of(analysis.linear[0]!.input);
    expect(found).toEqual({ samples: 3, values: Float32Array.from(values) });
  });

  test("second moments", async () => {
    const { model, analysis } = await build();
    const calibration = dataOf([2], values, 2);
    const evidence = await gatherEvidence(model, analysis, { who: "test", kinds: ["hessian"], calibration });
    const found = (await evidence.get("hessian").of(analysis.linear[0]!))!;
    expect([...found.blocks[0]!]).toEqual([17 / 3, -2 / 3, -2 / 3, 13 / 3]);
    expect([...found.means[0]!]).toEqual([5 / 3, 1 / 3]);
  });

  test("what was not asked for, or cannot be had, is an error", async () => {
    const { model, analysis } = await build();
    await expect(gatherEvidence(model, analysis, { who: 'scorer "s"', kinds: ["samples"] })).rejects.toMatchObject({
      code: "bad-option",
      message: 'scorer "s" needs samples: give calibration data (calibration, --calib).',
    });
    const calibration = dataOf([2], values, 2);
    await expect(gatherEvidence(model, analysis, { who: "s", kinds: ["gradients"], calibration })).rejects.toThrow(
      "no provider was given",
    );
    const evidence = await gatherEvidence(model, analysis, { who: "s", kinds: [], calibration });
    expect(() => evidence.get("hessian")).toThrow('Evidence "hessian" was not gathered');
  });
});

describe("of a convolution", () => {
  const image = Array.from({ length: 2 * 2 * 9 }, (_, i) => ((i * 7) % 11) - 4);

  test("windows in the order of the kernel's elements, padding included; grouped ones block by block", async () => {
    for (const group of [1, 2]) {
      const net = new Network();
      const { model, analysis } = await setUp(
        net,
        net.conv("c", net.input("x", ["batch", 2, 3, 3]), 2, { size: 3, group }),
      );
      const calibration = dataOf([2, 3, 3], image, 1);
      const layer = analysis.linear[0]!;
      const evidence = await gatherEvidence(model, analysis, { who: "test", kinds: ["hessian"], calibration });
      const { blocks, count } = (await evidence.get("hessian").of(layer))!;
      expect(count).toBe(2 * 9);
      const perBlock = 2 / group;
      const at = (n: number, c: number, y: number, x: number): number =>
        y < 0 || x < 0 || y > 2 || x > 2 ? 0 : image[n * 18 + c * 9 + y * 3 + x]!;
      blocks.forEach((found, b) => {
        const columns = perBlock * 9;
        const sum = new Float64Array(columns * columns);
        for (let n = 0; n < 2; n++) {
          for (let p = 0; p < 9; p++) {
            const window = Array.from({ length: columns }, (_, k) =>
              at(
                n,
                b * perBlock + Math.floor(k / 9),
                Math.floor(p / 3) + Math.floor((k % 9) / 3) - 1,
                (p % 3) + (k % 3) - 1,
              ),
            );
            for (let i = 0; i < sum.length; i++) sum[i]! += window[Math.floor(i / columns)]! * window[i % columns]!;
          }
        }
        found.forEach((value, i) => expect(value).toBeCloseTo(sum[i]! / 18, 4));
      });
    }
  });

  test("targets are, where nothing has changed yet, the weights times the moments of their block", async () => {
    for (const group of [1, 2]) {
      const net = new Network();
      const x = net.input("x", ["batch", 2, 3, 3]);
      const { model, analysis } = await setUp(net, net.conv("c", x, 4, { size: 3, group }));
      const calibration = dataOf([2, 3, 3], image, 1);
      const layer = analysis.linear[0]!;
      const evidence = await gatherEvidence(model, analysis, { who: "test", kinds: ["hessian"], calibration });
      const changing = evidence.get("hessian").after(cutOf(analysis, new Map()), {});
      const values = toFloat32(layer.tensor);
      const { blocks, columns, targets } = (await changing.withTargets(layer, values))!;
      expect(targets).toHaveLength(group);
      for (const [b, target] of targets.entries()) {
        const weightAt = (r: number, c: number): number => values[layer.at(b, r, Math.floor(c / 9), c % 9)]!;
        expect(target).toHaveLength(layer.rows * columns);
        target.forEach((value, at) => {
          const [r, c] = [Math.floor(at / columns), at % columns];
          let sum = 0;
          for (let k = 0; k < columns; k++) sum += weightAt(r, k) * blocks[b]![k * columns + c]!;
          expect(value).toBeCloseTo(sum, 3);
        });
      }
    }
  });

  test("samples are averaged over positions", async () => {
    const net = new Network();
    const { model, analysis } = await setUp(net, net.conv("c", net.input("x", ["batch", 2, 3, 3]), 2));
    const calibration = dataOf([2, 3, 3], image, 2);
    const evidence = await gatherEvidence(model, analysis, { who: "test", kinds: ["samples"], calibration });
    const { samples, values } = evidence.get("samples").of(analysis.linear[0]!.input);
    expect(samples).toBe(2);
    values.forEach((v, i) => expect(v).toBeCloseTo(image.slice(i * 9, i * 9 + 9).reduce((a, b) => a + b) / 9, 5));
  });
});

test("of a layer that reads a constant, as some generators start from one", async () => {
  const net = new Network();
  const start = net.weight("start", [1, 2, 1, 3], [1, -2, 3, 0, 5, 0]);
  const made = net.conv("made", start, 4);
  const { model, analysis } = await setUp(net, net.add(net.conv("read", net.input("x", ["batch", 1, 1, 3]), 4), made));
  const calibration = dataOf([1, 1, 3], [1, 2, 3, 4, 5, 6], 1);
  const kinds = ["activations", "samples"] as const;
  const evidence = await gatherEvidence(model, analysis, { who: "test", kinds, calibration });
  const { input } = analysis.linear.find(({ node }) => node.name === "made")!;
  const { meanAbs, zeroFraction } = evidence.get("activations").of(input);
  expect([...meanAbs]).toEqual([2, 5 / 3]);
  expect(zeroFraction[1]).toBeCloseTo(2 / 3, 6);
  expect([...evidence.get("samples").of(input).values].map((v) => v.toFixed(4))).toEqual(
    ["0.6667", "1.6667", "0.6667", "1.6667"], // the same for both samples
  );
});

test("a layer's map is its weights times its windows plus its bias: what it yields, to rounding", async () => {
  const net = new Network();
  const x = net.input("x", ["batch", 4, 3, 3]);
  const { analysis } = await setUp(net, net.conv("c", x, 6, { size: 3, group: 2 }));
  const layer = analysis.linear[0]!;
  const { graph } = analysis;
  const { GraphBuilder, toFloat32 } = await import("@prune/core");
  const builder = new GraphBuilder(graph);
  const windows = builder.output(layer.unfold!(builder));
  const rows = builder.output(layer.unfoldOutput!(builder, layer.output.value));
  const session = await runtime.open(builder.build());
  const data = Float32Array.from({ length: 2 * 36 }, (_, i) => Math.sin(i));
  const result = await session.run({ x: { dtype: "float32", dims: [2, 4, 3, 3], data } });
  await session.release();
  const [w, b] = [toFloat32(layer.tensor), toFloat32(layer.bias!)];
  const columns = layer.features * layer.kernel;
  const [u, y] = [result[windows]!.data as Float32Array, result[rows]!.data as Float32Array];
  for (let p = 0; p < 18; p++) {
    for (let block = 0; block < 2; block++) {
      for (let row = 0; row < layer.rows; row++) {
        let sum = b[layer.outputOf(block, row)]!;
        for (let k = 0; k < columns; k++) {
          const [feature, position] = [Math.floor(k / layer.kernel), k % layer.kernel];
          sum += w[layer.at(block, row, feature, position)]! * u[(p * 2 + block) * columns + k]!;
        }
        expect(y[p * 6 + layer.outputOf(block, row)]!).toBeCloseTo(sum, 4);
      }
    }
  }
});

describe("after a change", () => {
  const values = [1, -2, 0, 3, 4, 1];
  const build = async () => {
    const net = new Network();
    const y = net.gemm("b", net.relu(net.gemm("a", net.input("x", ["batch", 2]), 3)), 2);
    const { model, analysis } = await setUp(net, y);
    const kinds = ["hessian"] as const;
    const evidence = await gatherEvidence(model, analysis, { who: "t", kinds, calibration: dataOf([2], values, 2) });
    return { analysis, hessian: evidence.get("hessian"), second: analysis.linear[1]! };
  };
  /** What the second layer reads, given the weights `[2, 3]` and biases of the first. */
  const hidden = (weights: ArrayLike<number>, bias: ArrayLike<number>): number[][] =>
    [0, 2, 4].map((i) =>
      [0, 1, 2].map((r) => Math.max(0, weights[r]! * values[i]! + weights[3 + r]! * values[i + 1]! + bias[r]!)),
    );
  const meanOf = (a: number[][], b: number[][]): number[] =>
    [0, 1, 2].flatMap((i) => [0, 1, 2].map((j) => a.reduce((sum, row, s) => sum + (row[i]! * b[s]![j]!) / 3, 0)));

  test("moments are those of the changed network; targets pair it with what weights make of the original", async () => {
    const { analysis, hessian, second } = await build();
    const { tensor, bias } = analysis.linear[0]!;
    const changing = hessian.after(cutOf(analysis, new Map()), {});
    const [weights, own] = [toFloat32(tensor), toFloat32(bias!)];
    const before = hidden(weights, own);
    expect((await changing.of(analysis.linear[0]!))!.blocks).toEqual((await hessian.of(analysis.linear[0]!))!.blocks);
    const other = weights.map((w, i) => (i % 2 ? 0 : w + 1));
    changing.change(tensor, () => other);
    const alone = (await changing.of(second))!;
    const rows = [
      [1, 2, 3],
      [-1, 0, 2],
    ];
    const found = (await changing.withTargets(second, [1, -1, 2, 0, 3, 2]))!; // [inputs, outputs]
    expect(alone).toEqual({ ...found, targets: [] });
    const after = hidden(other, own);
    meanOf(after, after).forEach((v, i) => expect(found.blocks[0]![i]).toBeCloseTo(v, 4));
    const yielded = before.map((x) => rows.map((row) => row.reduce((sum, w, c) => sum + w * x[c]!, 0)));
    for (const [r, c] of [0, 1].flatMap((row) => [0, 1, 2].map((column) => [row, column] as const)))
      expect(found.targets[0]![r * 3 + c]).toBeCloseTo(yielded.reduce((sum, y, s) => sum + (y[r]! * after[s]![c]!) / 3, 0), 4); // prettier-ignore
  });

  test("what a cut removes is zero, and stays so under new weights", async () => {
    const { analysis, hessian, second } = await build();
    const group = analysis.groups.find((g) => g.id === "a.weight")!;
    const cut = cutOf(analysis, new Map([[group, Uint8Array.of(0, 1, 0)]]));
    const changing = hessian.after(cut, {});
    const { tensor, bias } = analysis.linear[0]!;
    const ones = toFloat32(tensor).fill(1);
    changing.change(tensor, () => ones);
    const kept = hidden([1, 0, 1, 1, 0, 1], toFloat32(bias!).map((b, i) => (i === 1 ? 0 : b))); // prettier-ignore
    const found = (await changing.of(second))!;
    meanOf(kept, kept).forEach((v, i) => expect(found.blocks[0]![i]).toBeCloseTo(v, 4));
  });
});
