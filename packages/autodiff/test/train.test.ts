import { loadOnnx, onnxModel, ortRuntime, workerOrt } from "@prune/backend-onnx/node";
import { float32Tensor, type Graph, type Model, nodeOf, toFloat32, type RunValues } from "@prune/core";
import { Network } from "@prune/core/testing";
import { describe, expect, test } from "vitest";
import {
  adamW,
  type Checkpoint,
  constant,
  crossEntropy,
  distillation,
  featureDistillation,
  type Loss,
  meanSquaredError,
  sgd,
  train,
  type TrainOptions,
  weighted,
} from "../src/index.ts";
import { fashion } from "./fashion.ts";
import { runtime } from "./node-graph.ts";

const modelOf = (graph: Graph): Model => onnxModel(graph, { runtime });
const weightOf = (graph: Graph, name: string): number[] => [...toFloat32(graph.parameters.get(name)!)];

/** `y = x · w` with w = [2, −1], and two samples. */
function line(): { model: Model; data: TrainOptions["data"] } {
  const net = new Network();
  net.input("x", ["N", 2]);
  net.op("MatMul", ["x", net.weight("w", [2, 1], [2, -1])], {}, [2, 1], "y");
  const f = (dims: number[], ...values: number[]) =>
    ({ dtype: "float32", dims, data: Float32Array.from(values) }) as const;
  return {
    model: modelOf(net.graph("y")),
    data: { inputs: { x: f([2, 2], 1, 2, 3, 4) }, labels: f([2, 1], 1, 0) },
  };
}
// Outputs 0 and 2; errors −1 and 2; dL/dy = 2/2 · error; dL/dw = xᵀ · [−1, 2] = [5, 6].
const step = (options: Partial<TrainOptions>): TrainOptions => ({
  data: line().data,
  loss: meanSquaredError(),
  batchSize: 2,
  schedule: constant(),
  ...options,
});

test("a network whose tokens are counted anew is not trained on data that counts them as before", async () => {
  const { graph } = line().model;
  const recounted = modelOf({ ...graph, inputs: graph.inputs.map((v) => ({ ...v, ids: [0, 2] })) });
  await expect(train(recounted, step({}))).rejects.toThrow('Tokens of "x" are counted anew');
});

describe("one step by hand", () => {
  test("SGD: the second step carries momentum", async () => {
    const { graph, history } = await train(
      line().model,
      step({ optimizer: sgd({ learningRate: 0.01, momentum: 0.5 }) }),
    );
    expect(history[0]!.loss).toBeCloseTo(2.5, 5);
    expect(weightOf(graph, "w")).toEqual([expect.closeTo(1.95, 5), expect.closeTo(-1.06, 5)]);
    // w = [1.95, −1.06]: outputs −0.17 and 1.61, errors −1.17 and 1.61, gradient [3.66, 4.10]; v = [6.16, 7.10].
    const two = await train(line().model, step({ epochs: 2, optimizer: sgd({ learningRate: 0.01, momentum: 0.5 }) }));
    expect(weightOf(two.graph, "w")).toEqual([expect.closeTo(1.8884, 4), expect.closeTo(-1.131, 4)]);
  });

  test("AdamW: the first step is lr · sign of the gradient, and weights decay", async () => {
    const optimizer = adamW({ learningRate: 0.1, weightDecay: 0 });
    const { graph } = await train(line().model, step({ optimizer }));
    expect(weightOf(graph, "w")).toEqual([expect.closeTo(1.9, 5), expect.closeTo(-1.1, 5)]);
    const net = new Network();
    net.input("x", ["N", 2]);
    net.op("MatMul", ["x", net.weight("w", [2, 2], [1, 2, 3, 4])], {}, [2, 2], "y");
    const labels = { dtype: "float32" as const, dims: [2, 2], data: new Float32Array(4) };
    const data = { inputs: (line().data as { inputs: RunValues }).inputs, labels };
    const decayed = await train(modelOf(net.graph("y")), step({ data, optimizer: adamW({ learningRate: 0.1, weightDecay: 0.5 }) })); // prettier-ignore
    expect(weightOf(decayed.graph, "w")[0]).toBeCloseTo(1 * (1 - 0.05) - 0.1, 5);
  });

  test("clipNorm: the gradient [5, 6] is cut to length 1", async () => {
    const { graph } = await train(
      line().model,
      step({ clipNorm: 1, optimizer: sgd({ learningRate: 1, momentum: 0 }) }),
    );
    const norm = Math.hypot(5, 6);
    expect(weightOf(graph, "w")).toEqual([expect.closeTo(2 - 5 / norm, 4), expect.closeTo(-1 - 6 / norm, 4)]);
  });

  test("a loss of one's own: the mean of |y − label| has the slope of a sign", async () => {
    const absoluteError: Loss = {
      name: "absolute-error",
      labels: "float32",
      metric: { name: "largest error", better: "lower" },
      build: ({ g, outputs: [y], labels }) => {
        const error = g.op("Abs", [g.sub(y!.name, labels!.name)]);
        return { loss: g.op("ReduceMean", [error], { keepdims: 0 }), metric: g.op("ReduceMax", [error], { keepdims: 0 }) };
      },
    };
    const { graph, history } = await train(line().model, step({ loss: absoluteError, optimizer: sgd({ learningRate: 0.1 }) }));
    expect(history[0]).toMatchObject({ loss: 1.5, metric: 2 });
    // xᵀ · [−1, 1] / 2 = [1, 1].
    expect(weightOf(graph, "w")).toEqual([expect.closeTo(1.9, 5), expect.closeTo(-1.1, 5)]);
  }); // prettier-ignore

  test("a masked weight is zero and stays so", async () => {
    const { graph } = await train(line().model, step({ epochs: 3, masks: { w: [1, 0] }, optimizer: sgd() }));
    expect(weightOf(graph, "w")[1] === 0).toBe(true);
    expect(weightOf(graph, "w")[0]).not.toBe(2);
  });

  test("a mask of a weight that is not trained changes nothing", async () => {
    const net = new Network();
    net.op("MatMul", [net.input("x", ["N", 2]), net.weight("v", [2, 2], [1, 0, 0, 1])], {}, [2, 2], "z");
    net.op("MatMul", ["z", net.weight("w", [2, 1], [2, -1])], {}, [2, 1], "y");
    const options = step({ trainable: ["w"], optimizer: sgd() });
    const { graph } = await train(modelOf(net.graph("y")), { ...options, masks: { v: [1, 0, 0, 1] } });
    const plain = await train(modelOf(net.graph("y")), options);
    expect([weightOf(graph, "v"), weightOf(graph, "w")]).toEqual([[1, 0, 0, 1], weightOf(plain.graph, "w")]);
  });

  test("BatchNormalization moves its statistics by 1 − momentum", async () => {
    const net = new Network();
    net.input("x", ["N", 2]);
    net.batchNorm("bn", "x");
    const data = { inputs: (line().data as { inputs: RunValues }).inputs, labels: { dtype: "float32" as const, dims: [2, 2], data: new Float32Array(4) } }; // prettier-ignore
    const before = net.graph("bn");
    const { graph } = await train(modelOf(before), step({ data, optimizer: sgd() }));
    // Columns 1, 3 and 2, 4: means 2 and 3, variance 1.
    const means = weightOf(before, "bn.mean");
    expect(weightOf(graph, "bn.mean")).toEqual(
      [0, 1].map((i): unknown => expect.closeTo(0.9 * means[i]! + 0.1 * (2 + i), 5)),
    );
    expect(weightOf(graph, "bn.var")).toEqual([expect.closeTo(0.9 * 2 + 0.1, 5), expect.closeTo(0.9 * 2 + 0.1, 5)]);
    const frozen = await train(modelOf(before), step({ data, batchStatistics: false, optimizer: sgd() }));
    expect(weightOf(frozen.graph, "bn.mean")).toEqual(means);
  });
});

/** A network of a convolution, BatchNormalization and two layers, with random weights. */
function convNet(): Graph {
  const net = new Network();
  net.input("image", ["N", 1, 28, 28]);
  const pool = (x: string): string => net.op("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] }, (d = []) => [d[0]!, d[1]!, d[2]! / 2, d[3]! / 2]); // prettier-ignore
  const stage = (name: string, x: string, to: number): string => {
    return pool(net.relu(net.batchNorm(`${name}.bn`, net.conv(name, x, to, { size: 3, bias: false }))));
  };
  const flat = net.op("Flatten", [stage("b", stage("a", "image", 8), 16)], {}, ([n] = []) => [n!, 784]);
  return scaled(net.graph(net.gemm("logits", flat, 10)));
}

/** Matrices and kernels scaled to the number of their inputs, as initialisers do. */
function scaled(graph: Graph): Graph {
  const parameters = new Map(graph.parameters);
  for (const [name, { dims, ...tensor }] of graph.parameters) {
    if (!name.endsWith(".weight")) continue;
    const fan = dims.length === 2 ? dims[0]! : dims.slice(1).reduce((a, b) => a * b, 1);
    const values = toFloat32({ ...tensor, dims }).map((v) => (2 * v) / Math.sqrt(fan));
    parameters.set(name, float32Tensor(name, values, dims));
  }
  return { ...graph, parameters };
}

function mlp(): Graph {
  const net = new Network();
  net.input("image", ["N", 1, 28, 28]);
  const flat = net.op("Flatten", ["image"], {}, ([n] = []) => [n!, 784]);
  return scaled(net.graph(net.gemm("logits", net.relu(net.gemm("hidden", flat, 64)), 10)));
}

async function accuracy(graph: Graph, count = 2000): Promise<number> {
  const { inputs, labels } = fashion("test10k.npz", count);
  const session = await runtime.open(graph);
  const logits = (await session.run(inputs))["logits"]!.data as Float32Array;
  await session.release();
  let right = 0;
  labels.data.forEach((label, i) => {
    const row = logits.subarray(10 * i, 10 * i + 10);
    if (row.indexOf(Math.max(...row)) === label) right++;
  });
  return right / count;
}

describe("training from scratch", () => {
  const options: TrainOptions = {
    data: fashion("train10k.npz", 3000),
    loss: crossEntropy(),
    epochs: 2,
    optimizer: adamW({ learningRate: 2e-3 }),
    threads: 1,
  };

  test("an MLP", async () => {
    const { graph, history } = await train(modelOf(mlp()), options);
    expect(history).toHaveLength(2);
    expect(await accuracy(graph)).toBeGreaterThan(0.72);
  });

  test("a convolutional network", async () => {
    const { graph } = await train(modelOf(convNet()), options);
    expect(await accuracy(graph)).toBeGreaterThan(0.78);
  }, 120_000);

  test("a trained LSTM goes on learning", async () => {
    const model = await loadOnnx(
      new URL("../../../fixtures/fashion-mnist/fashion_lstm.onnx", import.meta.url).pathname,
    );
    const data = fashion("train10k.npz", 640);
    const { history } = await train(model, {
      data,
      loss: crossEntropy(),
      epochs: 3,
      optimizer: adamW({ learningRate: 3e-4 }),
    });
    expect(history[2]!.loss).toBeLessThan(history[0]!.loss);
  }, 120_000);
});

describe("the loop", () => {
  const data = fashion("train10k.npz", 330);
  const options: TrainOptions = { data, loss: crossEntropy(), epochs: 3, threads: 1, seed: 5, validation: 0.2 };
  const bytesOf = (graph: Graph): string =>
    [...graph.parameters.values()].map((t) => Buffer.from(t.bytes()).toString("base64")).join();

  test("repeats bit for bit, also in a thread; another seed gives another result", async () => {
    const model = modelOf(convNet());
    const [a, b, c] = [await train(model, options), await train(model, options), await train(model, { ...options, seed: 6 })]; // prettier-ignore
    const apart = onnxModel(convNet(), { runtime: ortRuntime(workerOrt()) });
    const d = await train(apart, options);
    expect(bytesOf(b.graph)).toBe(bytesOf(a.graph));
    expect(bytesOf(d.graph)).toBe(bytesOf(a.graph));
    expect(bytesOf(c.graph)).not.toBe(bytesOf(a.graph));
    expect(b.history).toEqual(a.history);
  }, 60_000);

  test("goes on exactly where it was stopped, in the middle of an epoch", async () => {
    const model = modelOf(convNet());
    const whole = await train(model, options);
    const signal = { aborted: false };
    const onProgress: TrainOptions["onProgress"] = ({ step }) => (signal.aborted = step === 11);
    const part = await train(model, { ...options, signal, onProgress });
    expect([part.stopped, part.checkpoint.step]).toEqual(["aborted", 11]);
    const plain = structuredClone(part.checkpoint);
    const rest = await train(model, { ...options, resume: plain });
    expect(bytesOf(rest.graph)).toBe(bytesOf(whole.graph));
    expect(rest.history).toEqual(whole.history);
  }, 60_000);

  test("hands out a checkpoint per epoch, and refuses one of another network", async () => {
    const checkpoints: Checkpoint[] = [];
    await train(modelOf(mlp()), { ...options, onCheckpoint: (c) => void checkpoints.push(c) });
    expect(checkpoints.map((c) => c.step)).toEqual([8, 16, 24]);
    const other = train(modelOf(convNet()), { ...options, resume: checkpoints[0]! });
    await expect(other).rejects.toThrow("The checkpoint does not fit: it has no value of shape");
  });

  test.each<[string, (c: Record<string, unknown>) => unknown, string]>([
    ["a value is missing", (c) => (c["state"] = {}), "it has no value of shape"],
    ["a value has no sizes", (c) => Object.values(c["state"] as Record<string, { dims: unknown }>).forEach((v) => (v.dims = 7)), "it has no value of shape"], // prettier-ignore
    ["a value is too short", (c) => Object.values(c["state"] as Record<string, { data: unknown }>).forEach((v) => (v.data = new Float32Array(1))), "it has no value of shape"], // prettier-ignore
    ["it is at no step", (c) => (c["step"] = -1), "it is at step -1 of 24"],
    ["its sums are none", (c) => (c["sums"] = 2 ** 32), "it has no sums"],
    ["an epoch lacks its score", (c) => (c["history"] = [{ epoch: 1, loss: 1 }]), "its history is malformed"],
    ["the start is unknown", (c) => (c["start"] = undefined), "it does not say what the weights at the start yield"],
    ["the best is unknown", (c) => (c["best"] = {}), "it does not say which weights are the best so far"],
    ["the best has no weights", (c) => ((c["best"] as Record<string, unknown>)["weights"] = undefined), "it has no value of shape"], // prettier-ignore
  ])("refuses a checkpoint where %s", async (_, damage, message) => {
    const checkpoints: Checkpoint[] = [];
    await train(modelOf(mlp()), { ...options, onCheckpoint: (c) => void checkpoints.push(c) });
    const damaged = structuredClone(checkpoints[0]!) as unknown as Record<string, unknown>;
    damage(damaged);
    const resumed = train(modelOf(mlp()), { ...options, resume: damaged as unknown as Checkpoint });
    await expect(resumed).rejects.toMatchObject({
      code: "bad-option",
      message: expect.stringContaining(`The checkpoint does not fit: ${message}`) as string,
    });
  });

  test("keeps the best weights and stops when nothing improves", async () => {
    // Learning stops after the first epoch, and then wrecks the weights.
    const schedule = (at: number): number => (at < 8 ? 1 : 1e4);
    const optimizer = adamW({ learningRate: 1e-3 });
    const result = await train(modelOf(mlp()), { ...options, epochs: 9, patience: 2, schedule, optimizer });
    expect([result.stopped, result.bestEpoch, result.history.length]).toEqual(["early", 1, 3]);
    const one = await train(modelOf(mlp()), { ...options, epochs: 1, schedule, optimizer });
    expect(bytesOf(result.graph)).toBe(bytesOf(one.graph));
  });

  test("keeps the weights it started with where nothing is better", async () => {
    const trained = (await train(modelOf(mlp()), options)).graph;
    const wreck = { ...options, seed: 9, optimizer: sgd({ learningRate: 3 }), clipNorm: 1 };
    const result = await train(modelOf(trained), wreck);
    expect(result.bestEpoch).toBe(0);
    expect(bytesOf(result.graph)).toBe(bytesOf(trained));
    for (const { validation } of result.history) expect(validation!.metric).toBeLessThan(result.start!.metric!);
  });

  test("chooses the best weights by the metric, or by the loss", async () => {
    // The loss grows with confidence while the accuracy still improves.
    const settings = { ...options, epochs: 12, schedule: constant(), optimizer: adamW({ learningRate: 1e-2 }) };
    const [byMetric, byLoss] = [await train(modelOf(mlp()), settings), await train(modelOf(mlp()), { ...settings, chooseBy: "loss" })]; // prettier-ignore
    expect(byLoss.history).toEqual(byMetric.history);
    const scores = byLoss.history.map((e) => e.validation!);
    expect(scores[byLoss.bestEpoch! - 1]!.loss).toBe(Math.min(...scores.map((s) => s.loss)));
    expect(scores[byMetric.bestEpoch! - 1]!.metric).toBe(Math.max(...scores.map((s) => s.metric!)));
    expect(byLoss.bestEpoch).not.toBe(byMetric.bestEpoch);
  });

  test("measures held-out samples exactly, the last small batch too", async () => {
    const result = await train(modelOf(mlp()), { ...options, epochs: 1, validation: fashion("test10k.npz", 70) });
    expect(result.history[0]!.validation!.metric).toBeCloseTo(await accuracy(result.graph, 70), 6);
  });

  test("reports progress", async () => {
    const seen: number[][] = [];
    await train(modelOf(mlp()), { ...options, epochs: 2, validation: undefined, onProgress: (p) => seen.push([p.epoch, p.step, p.steps]) }); // prettier-ignore
    expect(seen).toHaveLength(20);
    expect([seen[0], seen[19]]).toEqual([[1, 1, 20], [2, 20, 20]]); // prettier-ignore
  });
});

describe("distillation", () => {
  const data = { inputs: fashion("train10k.npz", 640).inputs };

  test("brings a network closer to its teacher, without labels", async () => {
    const teacher = await loadOnnx(
      new URL("../../../fixtures/fashion-mnist/fashion_mlp.onnx", import.meta.url).pathname,
    );
    const run = (loss: Loss) => train(modelOf(mlp()), { data, loss, teacher, epochs: 4, optimizer: adamW() });
    const { history } = await run(distillation({ temperature: 3 }));
    expect(history[3]!.metric!).toBeGreaterThan(history[0]!.metric! + 0.2);
    const features = await run(weighted([0.5, distillation()], [0.5, featureDistillation()]));
    expect(features.history[3]!.loss).toBeLessThan(features.history[0]!.loss * 0.8);
  });

  test("a teacher answers once, and what is learnt is the same as from one that answers in every step", async () => {
    const model = await loadOnnx(new URL("../../../fixtures/fashion-mnist/fashion_mlp.onnx", import.meta.url).pathname);
    // A network of fixed batch size is left in the training graph.
    const fixed = { graph: { ...model.graph, inputs: [{ ...model.graph.inputs[0]!, dims: [32, 1, 28, 28] }] } };
    const opened: Graph[] = [];
    const open: Model["runtime"]["open"] = (graph, options) => (opened.push(graph), runtime.open(graph, options));
    const run = (teacher: Pick<Model, "graph">) =>
      train(
        { graph: mlp(), runtime: { ...runtime, open } },
        { data, loss: distillation(), teacher, epochs: 2, validation: 0.25, threads: 1 },
      );
    const [once, always] = [await run(model), await run(fixed)];
    for (const [i, { loss, metric, validation }] of once.history.entries()) {
      expect(loss).toBeCloseTo(always.history[i]!.loss, 5);
      expect(metric).toBe(always.history[i]!.metric);
      expect(validation!.loss).toBeCloseTo(always.history[i]!.validation!.loss, 5);
    }
    const training = opened.filter(({ inputs }) => inputs.some(({ name }) => name.startsWith("train:scalar/")));
    const asks = ({ nodes }: Graph): boolean => nodes.some(({ outputs: [name] }) => name!.startsWith("train:teacher/"));
    expect(training.map(asks)).toEqual([false, true]);
  });

  test("answers whose first axis does not count samples are not kept", async () => {
    // y = (x · w)ᵀ, [2, N]: with two samples per step its first axis only looks as if it counted them.
    const turned = (...w: number[]): Model => {
      const net = new Network();
      net.input("x", ["N", 2]);
      net.op("MatMul", ["x", net.weight("w", [2, 2], w)], {}, [2, 2], "product");
      net.op("Transpose", ["product"], { perm: [1, 0] }, [2, 2], "y");
      return modelOf(net.graph("y"));
    };
    const x = { dtype: "float32", dims: [6, 2], data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)) } as const; // prettier-ignore
    const { history } = await train(turned(1, 0, 0, 1), {
      data: { inputs: { x } },
      loss: featureDistillation(),
      teacher: turned(1, 0.5, -0.5, 1),
      batchSize: 2,
      epochs: 200,
      optimizer: adamW({ learningRate: 0.02, weightDecay: 0 }),
    });
    expect(history[0]!.loss).toBeGreaterThan(0.1);
    expect(history.at(-1)!.loss).toBeLessThan(1e-4);
  });

  test("a teacher of itself leaves nothing to learn", async () => {
    const model = modelOf(mlp());
    const { history } = await train(model, { data, loss: distillation(), teacher: model, epochs: 1, optimizer: sgd({ learningRate: 1e-9 }) }); // prettier-ignore
    expect(history[0]!.loss).toBeCloseTo(0, 6);
    expect(history[0]!.metric).toBe(1);
  });
});

describe("what cannot be trained", () => {
  const { model, data } = line();
  const message = (options: Partial<TrainOptions>, other = model) =>
    train(other, step(options)).then(
      () => "nothing",
      (error: unknown) => String(error),
    );

  test("says what is wrong and what to do", async () => {
    expect(await message({ data: { inputs: (data as { inputs: RunValues }).inputs } })).toBe(
      'PruneError: Loss "mean-squared-error" needs labels, and the data has none. Pass data.labels, or use a distillation loss.',
    );
    expect(await message({ loss: distillation() })).toContain("needs a teacher: pass the original model");
    expect(await message({ epochs: 0 })).toBe("PruneError: Option epochs must be a whole number of at least 1, got 0.");
    expect(await message({ validation: 2 })).toBe(
      "PruneError: Option validation must be data, or a share in (0, 1), got 2.",
    );
    expect(await message({ trainable: ["nothing"] })).toContain('There is no trainable float tensor called "nothing"');
    expect(await message({ trainable: () => false })).toContain("No weight is left to train");
    expect(await message({ masks: { w: [1] } })).toBe('PruneError: Option masks["w"] must be 2 numbers, got 1.');
    expect(await message({ masks: { v: [1] } })).toBe(
      'PruneError: Option masks["v"] must be that of a constant of the network, got 1.',
    );
    expect(await message({ epochs: 60, optimizer: sgd({ learningRate: 1e9 }) })).toContain("training diverged");
  });

  test("names an operator without a gradient, unless no weight lies behind it", async () => {
    const net = new Network();
    net.input("x", ["N", 2]);
    net.op("ReduceProd", [net.op("Mul", ["x", net.weight("w", [2])])], { axes: [1] }, [2, 1], "y");
    const after = modelOf(net.graph("y"));
    expect(await message({}, after)).toContain('ReduceProd "y" has no gradient rule (in this form)');
    const graph = after.graph;
    const before: Graph = {
      ...graph,
      nodes: [
        nodeOf("ReduceProd", ["x"], ["p"], { axes: [1] }),
        nodeOf("Mul", ["p", "w"], ["q"]),
        nodeOf("ReduceMean", ["q"], ["y"], { axes: [1] }),
      ],
    };
    expect(await message({}, modelOf(before))).toBe("nothing");
  });
});
