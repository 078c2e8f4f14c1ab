import { loadOnnx, onnxruntimeNode, ortRuntime } from "@prune/backend-onnx/node";
import { expect, test } from "vitest";
import { crossEntropy, train } from "../src/index.ts";
import { fashion } from "./fashion.ts";
import { nodeGraph } from "./node-graph.ts";

test("the same graph trains on a GPU", async ({ skip }) => {
  const cuda = { executionProviders: ["cuda"] };
  const reason = await ortRuntime(onnxruntimeNode, cuda)
    .open(nodeGraph("Relu", [[1]]))
    .then(
      (session) => session.release(),
      (error: unknown) => String(error),
    );
  if (reason !== undefined) skip(`no CUDA here: ${reason}`);
  const path = new URL("../../../fixtures/fashion-mnist/fashion_resnet.onnx", import.meta.url).pathname;
  const options = { data: fashion("train10k.npz", 320), loss: crossEntropy(), batchSize: 32 };
  const [onGpu, onCpu] = [await train(await loadOnnx(path, cuda), options), await train(await loadOnnx(path), options)];
  expect(onGpu.history[0]!.loss).toBeCloseTo(onCpu.history[0]!.loss, 2);
});
