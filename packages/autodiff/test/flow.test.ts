import { loadOnnx } from "@prune/backend-onnx/node";
import { onnxModel } from "@prune/backend-onnx";
import { type Analysis, analyzeModel, type FlowEvidence, type Model, sumsOver } from "@prune/core";
import { Network } from "@prune/core/testing";
import fc from "fast-check";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { synapticFlow } from "../src/index.ts";
import { runtime } from "./node-graph.ts";

const modelOf = (net: Network, output: string): Model => onnxModel(net.graph(output), { runtime });

async function flowOf(model: Model): Promise<{ flow: FlowEvidence; analysis: Analysis }> {
  const analysis = await analyzeModel(model);
  return { analysis, flow: await synapticFlow().gather({ model, analysis, seed: 0 }) };
}

const total = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);

describe("two linear layers, by hand", () => {
  // |A| = (1 2; 3 4), rows are neurons; |B| = (5 6). Ones bring (3, 7) to the neurons, and R = 5·3 + 6·7 = 57.
  const dense = (between: (net: Network, x: string) => string): Model => {
    const net = new Network();
    const gemm = (name: string, x: string, rows: number[][]): string =>
      net.op("Gemm", [x, net.weight(name, [rows.length, 2], rows.flat()), net.weight(`${name}.bias`, [rows.length])], { transB: 1 }, ([n] = []) => [n!, rows.length]); // prettier-ignore
    const a = gemm("a", net.input("x", ["batch", 2]), [[1, -2], [-3, 4]]); // prettier-ignore
    return modelOf(net, gemm("b", between(net, a), [[-5, 6]]));
  };
  const scores = { a: [5, 10, 18, 24], b: [15, 42] };

  test.each([
    ["nothing", (_: Network, x: string) => x],
    ["ReLU", (net: Network, x: string) => net.relu(x)],
    ["Softplus", (net: Network, x: string) => net.op("Softplus", [x])],
  ])("with %s between: |w|·dR/d|w|, whatever signs and biases", async (_, between) => {
    const { flow } = await flowOf(dense(between));
    expect([...flow.of("a")!]).toEqual(scores.a);
    expect([...flow.of("b")!]).toEqual(scores.b);
    expect(flow.of("nothing")).toBeUndefined();
  });

  test("with a sigmoid between: by shares of the mean, (3, 7) / 5", async () => {
    const { flow } = await flowOf(dense((net, x) => net.op("Sigmoid", [x])));
    expect([...flow.of("a")!].map((s) => Math.round(1e4 * s) / 1e4)).toEqual(scores.a.map((s) => s / 5));
  });

  test("with BatchNormalization between: times |γ| / σ", async () => {
    const { flow } = await flowOf(
      dense((net, x) => {
        const of = (part: string, values: number[]): string => net.weight(part, [2], values);
        const parameters = [of("g", [2, -3]), of("s", [9, 9]), of("m", [7, -7]), of("v", [4, 9])];
        return net.op("BatchNormalization", [x, ...parameters], { epsilon: { type: "float", value: 0 } });
      }),
    );
    // γ/σ = (1, 1): as without.
    expect([...flow.of("a")!]).toEqual(scores.a);
    expect([...flow.of("g")!]).toEqual([15, 42]);
  });
});

/**
 * Layers of given widths with random weights, one after another; where they are dense, each reads what the input and all
 * layers before it yield.
 */
function layers(widths: readonly number[], scale: number, seed: number, dense = false): Model {
  const net = new Network();
  const yielded = [net.input("x", ["batch", 3, 4, 4])];
  const noise = (count: number): number[] => Array.from({ length: count }, (_, i) => scale * Math.sin(12.9898 * (i + 1) + seed)); // prettier-ignore
  widths.forEach((to, i) => {
    const x = dense && i ? net.concat([...yielded]) : yielded.at(-1)!;
    const from = net.dimsOf(x)[1]!;
    const weight = net.weight(`w${i}`, [to, from, 1, 1], noise(to * from));
    yielded.push(net.relu(net.op("Conv", [x, weight], {}, ([n, , ...image] = []) => [n!, to, ...image])));
  });
  return modelOf(net, yielded.at(-1)!);
}

test("in a chain, the scores of every layer sum to the same, and what enters a neuron leaves it", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 2, maxLength: 5 }), fc.nat(100), async (widths, seed) => {
      const { flow, analysis } = await flowOf(layers(widths, 1, seed));
      const sums = widths.map((_, i) => total(flow.of(`w${i}`)!));
      for (const sum of sums) expect(Math.abs(sum / sums[0]! - 1)).toBeLessThan(1e-4);
      for (const group of analysis.groups.filter((g) => !g.blocked)) {
        const [into, out] = ["output", "input"].map((role) => {
          const member = group.members.find((m) => m.role === role)!;
          return sumsOver(member, group, flow.of(member.tensor.name)!);
        });
        into!.forEach((sum, unit) => expect(Math.abs(sum - out![unit]!)).toBeLessThan(1e-4 * sums[0]!));
      }
    }),
    { numRuns: 10 },
  ); // prettier-ignore
}, 60_000);

test.each([["chain", false], ["dense network", true]] as const)("a %s whose flow is beyond float32 has the shares of one whose flow is not", async (_, dense) => {
  const widths = Array.from({ length: 14 }, () => 5);
  const shares = async (scale: number): Promise<number[]> => {
    const { flow } = await flowOf(layers(widths, scale, 3, dense));
    const last = total(flow.of("w13")!);
    return widths.flatMap((_, i) => Array.from(flow.of(`w${i}`)!, (s) => s / last));
  };
  // What is yielded is larger by 10⁵ after every layer, 10⁷⁰ in all. A dense network has skips, which must be as small.
  const [small, large] = dense ? [await shares(1e2), await shares(1e6)] : [await shares(0.3), await shares(1e5)];
  small.forEach((s, i) => expect(Math.abs(s - large[i]!)).toBeLessThan(dense ? 1e-2 : 1e-4));
}, 60_000); // prettier-ignore

test.each(["mlp", "resnet", "mobilenet", "lstm", "vit"])(
  "of fashion_%s, all flow passes through the first and the last layer, and some through every one",
  async (name) => {
    const path = fileURLToPath(new URL(`../../../fixtures/fashion-mnist/fashion_${name}.onnx`, import.meta.url));
    const { flow, analysis } = await flowOf(await loadOnnx(path));
    const scores = analysis.linear.map(({ tensor }) => flow.of(tensor.name)!);
    for (const own of scores) expect([own.every((s) => s >= 0), total(own) > 0]).toEqual([true, true]);
    expect(Math.abs(total(scores[0]!) / total(scores.at(-1)!) - 1)).toBeLessThan(1e-3);
  },
  60_000,
);
