import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { loadWasm } from "../node/wasm.ts";
import { registerTrainingKernels } from "./wasm-kernels.ts";

beforeAll(async () => {
  await import("@tensorflow/tfjs-backend-cpu");
  await loadWasm();
  await tf.setBackend("wasm");
  registerTrainingKernels();
});

type Kernel =
  | "Conv2DBackpropFilter"
  | "Conv2DBackpropInput"
  | "DepthwiseConv2dNativeBackpropFilter"
  | "DepthwiseConv2dNativeBackpropInput";

interface Setup {
  readonly input: [number, number, number, number];
  readonly filter: [number, number, number, number];
  readonly strides: [number, number];
  readonly dilations: [number, number];
  readonly pad: "same" | "valid";
}

const noise = (shape: number[], seed: number): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(12.9898 * (i + seed) + 1)),
    shape,
  );

/** What a backend makes of a kernel: its numbers, and its shape. */
async function compute(
  backend: string,
  kernel: Kernel,
  setup: Setup,
): Promise<{ shape: number[]; data: Float32Array }> {
  await tf.setBackend(backend);
  const { input, filter, strides, dilations, pad } = setup;
  const isDepthwise = kernel.startsWith("Depthwise");
  const { outShape } = tf.backend_util.computeConv2DInfo(
    input,
    filter,
    strides,
    dilations,
    pad,
    undefined,
    isDepthwise,
  );
  const result = tf.tidy(() => {
    const dy = noise(outShape, 7);
    const inputs = kernel.endsWith("Input") ? { dy, filter: noise(filter, 3) } : { x: noise(input, 1), dy };
    const attributes = { strides, dilations, pad, dataFormat: "NHWC", filterShape: filter, inputShape: input };
    return tf.engine().runKernel<tf.Tensor>(kernel, inputs, attributes);
  });
  const data = result.dataSync() as Float32Array;
  result.dispose();
  return { shape: result.shape, data };
}

async function agree(kernel: Kernel, setup: Setup): Promise<void> {
  const [cpu, wasm] = [await compute("cpu", kernel, setup), await compute("wasm", kernel, setup)];
  expect(wasm.shape).toEqual(cpu.shape);
  const scale = Math.max(...cpu.data.map(Math.abs), 1e-6);
  cpu.data.forEach((v, i) => expect(Math.abs(v - wasm.data[i]!) / scale).toBeLessThan(1e-5));
}

test("by hand: each weight of a 2×2 kernel gets what it saw, times the gradient there", async () => {
  await tf.setBackend("wasm");
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  const dy = tf.tensor4d([1, 0, 0, 10], [1, 2, 2, 1]);
  const attributes = { strides: [1, 1], pad: "valid", dataFormat: "NHWC", filterShape: [2, 2, 1, 1] };
  const dw = tf.engine().runKernel<tf.Tensor>("Conv2DBackpropFilter", { x, dy }, attributes);
  // [0, 0] saw 1 and 5, [0, 1] 2 and 6, [1, 0] 4 and 8, [1, 1] 5 and 9.
  expect([...dw.dataSync()]).toEqual([1 + 50, 2 + 60, 4 + 80, 5 + 90]);
});

const setups = (dilated: boolean): fc.Arbitrary<Setup> =>
  fc
    .record({
      batch: fc.integer({ min: 1, max: 3 }),
      height: fc.integer({ min: 5, max: 9 }),
      width: fc.integer({ min: 5, max: 9 }),
      channels: fc.integer({ min: 1, max: 4 }),
      out: fc.integer({ min: 1, max: 3 }),
      kernel: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      stride: fc.integer({ min: 1, max: 3 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      pad: fc.constantFrom("same" as const, "valid" as const),
    })
    .map(({ batch, height, width, channels, out, kernel, stride, dilation, pad }) => {
      // TensorFlow.js takes strides or dilations.
      const d = dilated && stride === 1 ? dilation : 1;
      return {
        input: [batch, height, width, channels],
        filter: [...kernel, channels, out],
        strides: [stride, stride],
        dilations: [d, d],
        pad,
      };
    });

// The cpu backend's gradients pass over dilations, which only depthwise convolutions have.
test.each([
  "Conv2DBackpropFilter",
  "Conv2DBackpropInput",
  "DepthwiseConv2dNativeBackpropFilter",
  "DepthwiseConv2dNativeBackpropInput",
] as const)("%s is what the cpu backend computes", async (kernel) => {
  await fc.assert(
    fc.asyncProperty(setups(false), (setup) => agree(kernel, setup)),
    { numRuns: 60 },
  );
});

test("law: a gradient is the adjoint of what it is the gradient of, dilated or not", async () => {
  await tf.setBackend("wasm");
  fc.assert(
    fc.property(setups(true), ({ input, filter, strides, dilations, pad }) => {
      // Forward, the backend yields zeros for kernels narrower than their stride that are padded "same".
      fc.pre(pad === "valid" || strides[0] <= Math.min(filter[0], filter[1]));
      tf.tidy(() => {
        const x = noise(input, 1) as tf.Tensor4D;
        const w = noise(filter, 3) as tf.Tensor4D;
        const y = tf.depthwiseConv2d(x, w, strides, pad, "NHWC", dilations);
        const dy = noise(y.shape, 7);
        const attributes = { strides, dilations, pad, filterShape: filter, inputShape: input };
        const run = (kernel: Kernel, inputs: tf.NamedTensorMap): tf.Tensor =>
          tf.engine().runKernel(kernel, inputs, attributes);
        const dw = run("DepthwiseConv2dNativeBackpropFilter", { x, dy });
        const dx = run("DepthwiseConv2dNativeBackpropInput", { dy, filter: w });
        const [a, b, c] = [tf.mul(y, dy), tf.mul(w, dw), tf.mul(x, dx)].map((t) => tf.sum(t).dataSync()[0]!);
        const scale = tf.sum(tf.abs(tf.mul(y, dy))).dataSync()[0]!;
        expect(Math.abs(a! - b!) / scale).toBeLessThan(1e-5);
        expect(Math.abs(a! - c!) / scale).toBeLessThan(1e-5);
      });
    }),
    { numRuns: 100 },
  );
});

test("kernels that there are already stay", () => {
  const kernels = (): unknown[] => ["Conv2DBackpropFilter", "Conv2DBackpropInput"].map((name) => tf.getKernel(name, "wasm")); // prettier-ignore
  const before = kernels();
  registerTrainingKernels();
  kernels().forEach((kernel, i) => expect(kernel).toBe(before[i]));
});
