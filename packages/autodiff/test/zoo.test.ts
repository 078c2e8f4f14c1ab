import { existsSync, readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { readOnnx } from "@prune/backend-onnx/node";
import { filesInMemory } from "@prune/backend-onnx";
import { generator, type Graph, type RunValues, sampleInputs, sizeOf, toFloat32, type ValueInfo } from "@prune/core";
import { describe, expect, test } from "vitest";
import { gradientGraph, type Loss } from "../src/index.ts";
import { runtime } from "./node-graph.ts";

// Gradients of whole networks: the loss changes along random directions through all weights at once as they say.

const TOLERANCE = 1e-2;

/** Untrained weights amplify every step of this network so much that float32 shows no derivative; smaller ones do not. */
const SHRINK: Readonly<Record<string, number>> = { "efficientnet_b0.onnx": 0.8 };
/** So large that differences of their losses take minutes; they run with PRUNE_SLOW=1. */
const SLOW = new Set(["vgg11_bn.onnx", "vit_b_16.onnx", "densenet121.onnx", "inception_v3.onnx", "resnext50_32x4d.onnx", "resnet50.onnx"]); // prettier-ignore

/** A random projection of the first output. */
const projection: Loss = {
  name: "projection",
  build({ g, outputs: [y] }) {
    const random = generator(7);
    const weights = Float32Array.from({ length: sizeOf(y!.dims) }, () => random() - 0.5);
    return { loss: g.op("ReduceSum", [g.mul(g.floats(weights, y!.dims), y!.name)], { keepdims: 0 }) };
  },
};

/** The smallest relative error over a few step sizes: large steps cross kinks, small ones drown in rounding. */
async function errorOf(graph: Graph, batchStatistics: boolean, shrink = 1): Promise<number> {
  const feeds = sampleInputs(graph, {}, "wide-batch");
  const dims = Object.fromEntries(Object.entries(feeds).map(([name, tensor]) => [name, tensor.dims]));
  const made = await gradientGraph({ graph, runtime, dims, loss: projection, batchStatistics });
  const names = [...made.weights.keys()];
  const fed = names.map((name): ValueInfo => ({ name, dtype: "float32", dims: made.graph.parameters.get(name)!.dims }));
  const parameters = new Map([...made.graph.parameters].filter(([name]) => !made.weights.has(name)));
  const session = await runtime.open({ ...made.graph, parameters, inputs: [...made.graph.inputs, ...fed] });
  try {
    const weights = new Map(
      fed.map(({ name, dims: shape }) => {
        const values = toFloat32(made.graph.parameters.get(name)!);
        return [name, shape!.length > 1 ? values.map((v) => v * shrink) : values.slice()];
      }),
    );
    const run = (values: ReadonlyMap<string, Float32Array>, fetches: readonly string[]): Promise<RunValues> => {
      const tensors = fed.map(({ name, dims: shape }) => [
        name,
        { dtype: "float32", dims: shape, data: values.get(name)! },
      ]);
      return session.run({ ...feeds, ...(Object.fromEntries(tensors) as RunValues) }, fetches);
    };
    const lossOf = async (values: ReadonlyMap<string, Float32Array>): Promise<number> =>
      Number((await run(values, [made.loss]))[made.loss]!.data[0]);
    const results = await run(weights, [made.loss, ...made.weights.values()]);
    const gradients = new Map(names.map((name) => [name, results[made.weights.get(name)!]!.data as Float32Array]));
    const loss = Math.abs(Number(results[made.loss]!.data[0]));
    const random = generator(99);
    const rms = (values: Float32Array): number =>
      Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length) || 1;
    // Random directions that lean towards the gradient, so that what they say is not lost in rounding.
    const directions = new Map(
      names.map((name) => {
        const [scale, gradient] = [rms(weights.get(name)!), gradients.get(name)!];
        const size = rms(gradient);
        return [name, gradient.map((g) => scale * (random() - 0.5 + g / size))];
      }),
    );
    const slope = dot(gradients, directions);
    const moved = (step: number): Map<string, Float32Array> =>
      new Map(names.map((name) => [name, weights.get(name)!.map((w, i) => w + step * directions.get(name)![i]!)]));
    let least = Infinity;
    for (const change of [3e-2, 1e-2, 3e-3, 1e-3]) {
      const step = Math.min(1e-2, (change * loss) / Math.abs(slope));
      const [after, before] = [moved(step), moved(-step)];
      // Weights are rounded: the distance between the two points is what was really gone.
      const gone = new Map(names.map((name) => [name, after.get(name)!.map((v, i) => v - before.get(name)![i]!)]));
      const expected = dot(gradients, gone);
      const error = Math.abs((await lossOf(after)) - (await lossOf(before)) - expected) / Math.abs(expected);
      least = Math.min(least, error);
    }
    return least;
  } finally {
    await session.release();
  }
}

function dot(a: ReadonlyMap<string, Float32Array>, b: ReadonlyMap<string, Float32Array>): number {
  let sum = 0;
  for (const [name, values] of a) {
    const others = b.get(name)!;
    for (let i = 0; i < values.length; i++) sum += values[i]! * others[i]!;
  }
  return sum;
}

const read = (bytes: Uint8Array, source: string): Graph =>
  readOnnx(bytes, { source, files: filesInMemory({}, source) });

async function check(graph: Graph, shrink?: number): Promise<void> {
  expect(await errorOf(graph, false, shrink)).toBeLessThan(TOLERANCE);
  if (graph.nodes.some((node) => node.opType === "BatchNormalization")) {
    expect(await errorOf(graph, true, shrink)).toBeLessThan(TOLERANCE);
  }
}

describe("trained networks", () => {
  const folder = new URL("../../../fixtures/fashion-mnist/", import.meta.url);
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".onnx"))) {
    test(file, () => check(read(new Uint8Array(readFileSync(new URL(file, folder))), file)), 120_000);
  }
});

/** The larger collection lies beside the repository, or where PRUNE_ZOO says, if at all. */
const { PRUNE_ZOO, PRUNE_SLOW } = process.env;
const zoo = PRUNE_ZOO ? pathToFileURL(`${PRUNE_ZOO}/`) : new URL("../../../../shared/zoo/", import.meta.url);
describe.skipIf(!existsSync(zoo))("the zoo", () => {
  const folder = new URL("skeleton/", zoo);
  for (const file of existsSync(folder) ? readdirSync(folder) : []) {
    test.skipIf(SLOW.has(file) && !PRUNE_SLOW)(
      file,
      async () => {
        const { materialize } = (await import(new URL("materialize.mjs", zoo).href)) as {
          materialize: (b: Buffer) => Buffer;
        };
        await check(read(new Uint8Array(materialize(readFileSync(new URL(file, folder)))), file), SHRINK[file]);
      },
      SLOW.has(file) ? 3_600_000 : 600_000,
    );
  }
});
