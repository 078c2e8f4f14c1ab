import {
  analyze,
  analyzeModel,
  consumersOf,
  type DataSource,
  type EvidenceContext,
  type GradientEvidence,
  probe,
  sumsOver,
  toFloat32,
} from "@prune/core";
import { Network } from "@prune/core/testing";
import { onnxModel } from "@prune/backend-onnx";
import { loadOnnx, onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { gradients, type GradientsOptions, type Loss } from "../src/index.ts";
import { fashion } from "./fashion.ts";

const fixtures = new URL("../../../fixtures/fashion-mnist/", import.meta.url);
const runtime = ortRuntime(onnxruntimeNode);

/** Rows of an input "x", with labels where given. */
const dataOf = (rows: readonly (readonly number[])[], labels?: readonly number[], dims = [rows[0]!.length]): DataSource => ({
  count: rows.length,
  batchSize: 2,
  labels: labels && Int32Array.from(labels),
  batch: (from, to) => ({
    x: { dtype: "float32", dims: [to - from, ...dims], data: Float32Array.from(rows.slice(from, to).flat()) },
  }),
}); // prettier-ignore

async function gathered(
  net: Network,
  output: string,
  data: DataSource,
  options?: GradientsOptions,
): Promise<{ evidence: GradientEvidence; analysis: EvidenceContext["analysis"] }> {
  const graph = net.graph(output);
  const analysis = await analyze(graph, (g) => probe(g, runtime));
  const model = onnxModel(graph, { runtime });
  return { analysis, evidence: await gradients(options).gather({ model, analysis, data, seed: 0 }) };
}

type Batch = "batch" | number;

/** `y = w · x` with w = (2, −1), or of more rows. */
function dense(rows = [[2, -1]], batch: Batch = "batch"): { net: Network; y: string } {
  const net = new Network();
  const w = net.weight("w", [rows.length, 2], rows.flat());
  const y = net.op("Gemm", [net.input("x", [batch, 2]), w], { transB: 1 }, ([n] = []) => [n!, rows.length]);
  return { net, y };
}

const rounded = (values: ArrayLike<number> | undefined): number[] =>
  Array.from(values ?? [], (v) => Math.round(v * 1e4) / 1e4);

describe("of half the squared norm of one output, y = 1 and y = 4 over two samples", () => {
  const samples = dataOf([[1, 1], [3, 2]]); // prettier-ignore

  test("gradients y·x are (1, 1) and (12, 8)", async () => {
    const { net, y } = dense();
    const { evidence } = await gathered(net, y, samples);
    expect([...evidence.mean("w")!]).toEqual([6.5, 4.5]);
    expect([...evidence.meanSquare("w")!]).toEqual([(1 + 144) / 2, (1 + 64) / 2]);
  });

  test("a fixed batch is taken whole, and what does not fill one is left out", async () => {
    const { net, y } = dense([[2, -1]], 2);
    const { evidence } = await gathered(net, y, dataOf([[1, 1], [3, 2], [100, 100]])); // prettier-ignore
    expect([...evidence.mean("w")!]).toEqual([6.5, 4.5]);
    expect([...evidence.meanSquare("w")!]).toEqual([6.5 ** 2, 4.5 ** 2]);
  });

  test("the Hessian, mean x·xᵀ = (5, 3.5; 3.5, 2.5), times the gradient is (48.25, 34)", async () => {
    const { net, y } = dense();
    const { evidence } = await gathered(net, y, samples);
    const [a, b] = (await evidence.hessianGradient!("w"))!;
    expect(Math.abs(a! / 48.25 - 1)).toBeLessThan(1e-3);
    expect(Math.abs(b! / 34 - 1)).toBeLessThan(1e-3);
  });

  test("of a tensor that is not there, nothing is known", async () => {
    const { net, y } = dense();
    const { evidence } = await gathered(net, y, samples);
    expect([evidence.mean("v"), evidence.meanSquare("v"), await evidence.hessianGradient!("v")]).toEqual(Array(3));
  });
});

describe("of class scores, equal for both classes", () => {
  const equal = [[0, 0], [0, 0]]; // prettier-ignore

  test("with labels: (p − hot)·x", async () => {
    const { net, y } = dense(equal);
    const { evidence } = await gathered(net, y, dataOf([[1, 2], [3, 4]], [0, 1])); // prettier-ignore
    expect(rounded(evidence.mean("w"))).toEqual([(-0.5 + 1.5) / 2, (-1 + 2) / 2, -0.5, -0.5]);
    expect(rounded(evidence.meanSquare("w"))).toEqual([1.25, 2.5, 1.25, 2.5]);
  });

  test("without labels: as if the prediction, the first of equals, were right", async () => {
    const { net, y } = dense(equal);
    const { evidence } = await gathered(net, y, dataOf([[1, 2], [3, 4]])); // prettier-ignore
    expect(rounded(evidence.mean("w"))).toEqual([-1, -1.5, 1, 1.5]);
  });

  test("as probabilities: of what their Softmax reads", async () => {
    const rows = [[1, 2], [0, -1]]; // prettier-ignore
    const [plain, soft] = [dense(rows), dense(rows)];
    const y = soft.net.op("Softmax", [soft.y], { axis: 1 });
    const samples = dataOf([[1, 2], [3, 4]], [1, 0]); // prettier-ignore
    const [a, b] = [await gathered(plain.net, plain.y, samples), await gathered(soft.net, y, samples)];
    expect(rounded(b.evidence.mean("w"))).toEqual(rounded(a.evidence.mean("w")));
  });

  test("of scores at several positions: the mean over their labels", async () => {
    const net = new Network();
    const y = net.matMul(net.input("x", ["batch", 2, 2]), net.weight("w", [2, 2], 0));
    // Both scores are ½: x · (½ − 1) at the label, x · ½ beside it, for x = (1, 2) and (3, 4).
    const data = { ...dataOf([[1, 2, 3, 4]], [0, 1], [2, 2]), labelDims: [2] };
    const { evidence } = await gathered(net, y, data);
    expect(rounded(evidence.mean("w"))).toEqual([0.5, -0.5, 0.5, -0.5]);
  });

  test("of one score, labels are an error", async () => {
    const { net, y } = dense();
    await expect(gathered(net, y, dataOf([[2, 1]], [1]))).rejects.toThrow(
      'Loss "calibration" expects class scores [N, C], or [N, …, C] with labels [N, …], where the data has labels; leave labels out, or pass the option loss, got shape [1, 1].',
    );
  });
});

test("another loss takes the place of the default: of the sum of outputs, gradients are inputs", async () => {
  const loss: Loss = { name: "sum", build: ({ g, outputs }) => ({ loss: g.op("ReduceSum", [outputs[0]!.name], { keepdims: 0 }) }) }; // prettier-ignore
  const { net, y } = dense();
  const { evidence } = await gathered(net, y, dataOf([[2, 1], [4, -3]], [1, 0]), { loss }); // prettier-ignore
  expect([...evidence.mean("w")!]).toEqual([3, -1]);
});

describe("gates", () => {
  /** Two channels of a convolution over 2×2 pixels, ReLU, flattened into 8 features that a dense layer reads. */
  function flattened(batch: Batch): { net: Network; y: string } {
    const net = new Network();
    const w = net.weight("a", [2, 1, 1, 1], [1, -2]);
    const x = net.input("x", [batch, 1, 2, 2]);
    const read = net.op("Relu", [net.op("Conv", [x, w], {}, ([n] = []) => [n!, 2, 2, 2])]);
    const v = net.weight("b", [1, 8], [1, 2, 3, 4, 5, 6, 7, 8]);
    return { net, y: net.op("Gemm", [net.reshape(read, [0, 8]), v], { transB: 1 }, ([n] = []) => [n!, 1]) };
  }
  // y = 1·1 + 7·2·1 = 15 of (1, 0, −1, 0); 2·2 + 8·2·1 = 20 of (0, 2, 0, −1): a gate on a unit has gradient y times its part.
  const samples = dataOf([[1, 0, -1, 0], [0, 2, 0, -1]], undefined, [1, 2, 2]); // prettier-ignore
  const absolute = [(15 * 1 + 20 * 4) / 2, (15 * 14 + 20 * 16) / 2];
  const square = [(15 ** 2 + 80 ** 2) / 2, (210 ** 2 + 320 ** 2) / 2];

  test.each(["batch", 2] as const)("sum over a unit's indices and positions, sample by sample (batch: %s)", async (batch) => {
    const { net, y } = flattened(batch);
    const { analysis, evidence } = await gathered(net, y, samples);
    const group = analysis.groups.find((g) => g.id === "a")!;
    const [conv, last] = analysis.linear;
    for (const axis of [conv!.output, last!.input]) {
      const { meanAbs, meanSquare } = evidence.gates(group, axis)!;
      expect(rounded(meanAbs)).toEqual(absolute);
      expect(rounded(meanSquare)).toEqual(square);
    }
    expect(evidence.gates(group, last!.output)).toBeUndefined();
  }); // prettier-ignore
});

test("too little data for one batch is an error", async () => {
  const { net, y } = dense([[2, -1]], 2);
  await expect(gathered(net, y, dataOf([[1, 1]]))).rejects.toThrow("The model takes 2 samples at a time, and the data has 1."); // prettier-ignore
});

test.each(["mlp", "resnet", "mobilenet", "lstm", "vit"])(
  "of one sample, a gate on what one layer alone reads is Σ w·g over the weights that read it (fashion_%s)",
  async (name) => {
    const model = await loadOnnx(fileURLToPath(new URL(`fashion_${name}.onnx`, fixtures)));
    const { inputs, labels } = fashion("train10k.npz", 1);
    const data = { count: 1, batchSize: 1, labels: Int32Array.from(labels.data), batch: () => inputs };
    const analysis = await analyzeModel(model);
    const evidence = await gradients().gather({ model, analysis, data, seed: 0 });
    const readers = consumersOf(analysis.graph);
    const kinds = new Set<string>();
    for (const group of analysis.groups.filter((g) => !g.blocked)) {
      for (const member of group.members.filter(({ role }) => role === "input")) {
        const layer = analysis.linear.find((l) => l.tensor.name === member.tensor.name);
        const gate = layer && evidence.gates(group, layer.input);
        if (!gate || layer.joint || readers.get(layer.input.value)!.length > 1) continue;
        const g = evidence.mean(layer.tensor.name)!;
        const sums = sumsOver(member, group, toFloat32(layer.tensor).map((w, i) => w * g[i]!)); // prettier-ignore
        const largest = Math.max(...gate.meanAbs);
        const wrong = [...sums].findIndex((sum, unit) => Math.abs(Math.abs(sum) - gate.meanAbs[unit]!) > 1e-4 * largest + 1e-9);
        expect([layer.tensor.name, wrong]).toEqual([layer.tensor.name, -1]);
        kinds.add(group.kind);
      }
    }
    expect([...kinds]).toContain(name === "vit" ? "heads" : "channels");
  },
  60_000,
); // prettier-ignore
