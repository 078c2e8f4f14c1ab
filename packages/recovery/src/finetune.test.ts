import { masksAfter, nodeOf, toFloat32, type DataSource, type Graph, type RecoveryContext } from "@prune/core";
import { type Loss, sgd } from "@prune/autodiff";
import fc from "fast-check";
import { expect, test } from "vitest";
import { contextOf, networks, outputsOf, samples } from "../test/recovering.ts";
import { outputError } from "./output-error.ts";
import { finetune } from "./finetune.ts";

/** Samples whose labels are what a network answers. */
async function labelled(graph: Graph, data: DataSource): Promise<DataSource> {
  const outputs = await outputsOf(graph, data);
  const classes = outputs.length / data.count;
  const rows = Array.from({ length: data.count }, (_, i) => outputs.slice(i * classes, (i + 1) * classes));
  return { ...data, labels: Int32Array.from(rows, (row) => row.indexOf(Math.max(...row))) };
}

/** Half of the units are gone, and of one weight every third element is masked. */
async function cutAndMasked(name: string, weight: string, count = 96): Promise<RecoveryContext> {
  const { graph, dims } = networks[name]!;
  const data = await labelled(graph, samples(dims, count));
  return contextOf(graph, data, {
    units: (size) => Array.from({ length: size >> 1 }, (_, i) => 2 * i),
    edits: ({ operands }) => {
      const { dims: shape } = operands.constants.get(weight)!;
      const length = shape.reduce((a, b) => a * b, 1);
      return { masks: new Map([[weight, Uint8Array.from({ length }, (_, i) => (i % 3 ? 1 : 0))]]) };
    },
  });
}

const zeros = (values: ArrayLike<number>): number[] => Array.from(values, (v) => (v === 0 ? 0 : 1));
const weightOf = (graph: Graph, name: string): Float32Array => toFloat32(graph.parameters.get(name)!);

test("masks follow the cut", async () => {
  const { graph } = networks["dense"]!; // 6 → 12 → 10 → 3
  const mask = Uint8Array.from({ length: 120 }, (_, i) => i % 2);
  const removal = { units: (size: number) => (size === 12 ? [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] : [9]) };
  const context = await contextOf(graph, samples([6], 4), { ...removal, edits: () => ({ masks: new Map([["b.weight", mask]]) }) }); // prettier-ignore
  const { dims } = context.pruned.parameters.get("b.weight")!;
  const left = masksAfter(context)["b.weight"]!;
  expect([...dims].sort((a, b) => a - b)).toEqual([2, 9]);
  expect(zeros(left)).toEqual(zeros(weightOf(context.pruned, "b.weight")));
  expect([...left]).toContain(0);
});

test.each([
  ["dense", "b.weight"],
  ["convolutions", "b.weight"],
  ["residual", "c.weight"],
])("%s: masked weights stay zero, others learn", { timeout: 60_000 }, async (name, weight) => {
  const context = await cutAndMasked(name, weight);
  const before = weightOf(context.pruned, weight);
  const { graph, notes } = await finetune({ epochs: 6, batchSize: 16, lr: 1e-2, validation: 0.3 }).recover(context);
  const after = weightOf(graph, weight);
  expect(notes!["bestEpoch"]).toBeGreaterThan(0);
  expect(zeros(after)).toEqual(zeros(before));
  expect([...after]).not.toEqual([...before]);
});

test("statistics of BatchNormalization move with the batches, or stay", { timeout: 60_000 }, async () => {
  const context = await cutAndMasked("residual", "c.weight");
  const moved = await Promise.all(
    [true, false].map(async (batchStatistics) => {
      const step = finetune({ epochs: 6, batchSize: 16, lr: 1e-2, validation: 0.3, batchStatistics });
      const { graph, notes } = await step.recover(context);
      expect(notes!["bestEpoch"]).toBeGreaterThan(0);
      const same = (name: string): boolean =>
        weightOf(graph, name).every((v, i) => v === weightOf(context.pruned, name)[i]);
      return ["n.mean", "n.var"].map((name) => !same(name));
    }),
  );
  expect(moved).toEqual([[true, true], [false, false]]); // prettier-ignore
});

test("on samples held out a network is never worse than before", { timeout: 120_000 }, async () => {
  const context = await cutAndMasked("dense", "b.weight", 48);
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: -3, max: 0 }), fc.nat(1000), async (power, seed) => {
      const step = finetune({ epochs: 2, batchSize: 16, lr: 10 ** power, optimizer: sgd, clipNorm: 1 });
      const { notes } = await step.recover({ ...context, seed });
      const { loss } = notes!.heldOut!;
      expect(loss.after).toBeLessThanOrEqual(loss.before);
    }),
    { numRuns: 8 },
  );
});

test("what makes nothing better is taken back whole, and the notes say so", async () => {
  const { graph, dims } = networks["dense"]!;
  // Nothing was removed, and every label is what the network answers: it cannot be better.
  const context = await contextOf(graph, await labelled(graph, samples(dims, 64)));
  const { graph: after, notes } = await finetune({ lr: 10, optimizer: sgd, clipNorm: 1 }).recover(context);
  expect(after).toBe(context.pruned);
  expect(notes).toMatchObject({
    bestEpoch: 0,
    remarks: ["No epoch made it better on samples held out, so that all weights stay as they were."],
  });
});

test("the larger the share of the original's answers, the less wrong labels lead away from them", async () => {
  const context = await cutAndMasked("dense", "b.weight");
  const { labels } = context.data;
  const wrong = { ...context, data: { ...context.data, labels: labels!.map((label) => (label + 1) % 3) } };
  const errorWith = async (teacher: number): Promise<number> => {
    const { graph } = await finetune({ epochs: 4, batchSize: 16, lr: 1e-2, teacher }).recover(wrong);
    return (await outputError(context.runtime, context.analysis, [graph], context.data))[0]!;
  };
  const errors = [await errorWith(0), await errorWith(0.5), await errorWith(0.95)];
  expect(errors).toEqual([...errors].sort((a, b) => b - a));
  expect(errors[2]).toBeLessThan(errors[0]! / 2);
});

test("a loss of one's own takes the place of the cross-entropy, and says whether it needs labels", async () => {
  const context = await cutAndMasked("dense", "b.weight");
  // The outputs' squares alone: no label has a say, and all outputs go to zero.
  const small: Loss = {
    name: "small",
    build: ({ g, outputs: [y] }) => ({ loss: g.op("ReduceSumSquare", [y!.name], { keepdims: 0 }) }),
  };
  const step = finetune({ loss: small, epochs: 8, batchSize: 16, lr: 1e-2 });
  expect([step.needsLabels, finetune().needsLabels]).toEqual([false, true]);
  const { labels, ...unlabelled } = context.data;
  const { graph, notes } = await step.recover({ ...context, data: unlabelled });
  expect(labels).toHaveLength(96);
  expect(notes!.heldOut!.loss.after).toBeLessThan(0.5 * notes!.heldOut!.loss.before);
  const squares = async (of: Graph): Promise<number> => (await outputsOf(of, context.data)).reduce((s, y) => s + y * y, 0); // prettier-ignore
  expect(await squares(graph)).toBeLessThan(0.5 * (await squares(context.pruned)));
  expect(() => finetune({ loss: small, labelSmoothing: 0.1 })).toThrow("Option labelSmoothing must be left out");
});

test("an interruption keeps the best weights so far", async () => {
  const context = await cutAndMasked("dense", "b.weight");
  const signal = { aborted: false };
  const onProgress = (text: string): void => void (signal.aborted ||= text.startsWith("epoch 3 "));
  const step = finetune({ epochs: 50, batchSize: 16, lr: 1e-2, validation: 0.3 });
  const { notes } = await step.recover({ ...context, signal, onProgress });
  expect(notes).toMatchObject({ epochs: 2, remarks: ["Training ended in epoch 3 of 50: it was interrupted."] });
  expect(notes!["bestEpoch"]).toBeGreaterThan(0);
});

test("an interrupted training goes on from its checkpoint to the same weights", async () => {
  const context = await cutAndMasked("dense", "b.weight");
  const step = finetune({ epochs: 6, batchSize: 16, lr: 1e-2, validation: 0.3 });
  const whole = await step.recover(context);
  const states = new Map<string, unknown>();
  const checkpoints = {
    load: (name: string) => Promise.resolve(states.get(name)),
    save: (name: string, state: unknown) => Promise.resolve(void states.set(name, structuredClone(state))),
    drop: () => Promise.resolve(),
  };
  for (const moment of ["epoch 2 ", "epoch 4 "]) {
    const signal = { aborted: false };
    const onProgress = (text: string): void => void (signal.aborted ||= text.startsWith(moment));
    const { notes } = await step.recover({ ...context, signal, checkpoints, onProgress });
    expect(notes).toMatchObject({ interrupted: true });
  }
  const seen: string[] = [];
  const rest = await step.recover({ ...context, checkpoints, onProgress: (text) => void seen.push(text) });
  expect(seen[0]).toMatch(/^epoch 4 of 6, loss \S+, accuracy \S+%, \S+ steps\/s, \d+ s left$/);
  expect(rest.notes).toEqual(whole.notes);
  for (const [name, tensor] of whole.graph.parameters) {
    if (tensor.dtype === "float32") expect([...weightOf(rest.graph, name)]).toEqual([...toFloat32(tensor)]);
  }
  // What is finished is not trained again.
  const again = await step.recover({ ...context, checkpoints, onProgress: () => expect.unreachable() });
  expect(again.notes).toEqual(whole.notes);
});

test("a network that ends in a softmax is trained by what goes into it", async () => {
  const { graph, dims } = networks["dense"]!;
  const [output] = graph.outputs;
  const softmax = nodeOf("Softmax", [output!.name], ["p"], { axis: -1 });
  const ending = { ...graph, nodes: [...graph.nodes, softmax], outputs: [{ ...output!, name: "p" }] };
  const data = await labelled(graph, samples(dims, 64));
  const removal = { units: () => [0, 1] };
  const [plain, soft] = [await contextOf(graph, data, removal), await contextOf(ending, data, removal)];
  const [a, b] = [await finetune().recover(plain), await finetune().recover(soft)];
  expect(b.notes!.heldOut).toEqual(a.notes!.heldOut);
});

test("a model of fixed batch size is trained at that", async () => {
  const { graph, dims } = networks["dense"]!;
  const fixed = { ...graph, inputs: graph.inputs.map((v) => ({ ...v, dims: [4, ...dims] })) };
  const data = await labelled(graph, samples(dims, 30, undefined, 4));
  const context = await contextOf(fixed, data, { units: () => [0, 1] });
  const { notes } = await finetune({ validation: 0.2 }).recover(context);
  expect(notes!.heldOut!.samples).toBe(8);
  await expect(finetune().recover({ ...context, data: { ...data, count: 7 } })).rejects.toThrow(
    'Recovery step "finetune" needs at least 8 samples, to train on and to hold out a batch; its data has 7.',
  );
});

test.each([
  [{ epochs: 0 }, "Option epochs must be a whole number of at least 1, got 0."],
  [{ lr: -1 }, "Option lr must be a number above 0, got -1."],
  [{ validation: 1 }, "Option validation must be above 0 and below 1, got 1."],
  [{ teacher: 1 }, "Option teacher must be at least 0 and below 1, got 1."],
  [{ temperature: 0 }, "Option temperature must be a number above 0, got 0."],
  [{ labelSmoothing: 1 }, "Option labelSmoothing must be at least 0 and below 1, got 1."],
])("%o is refused before anything runs", (options, message) => {
  expect(() => finetune(options)).toThrow(message);
});

test("a loss of one's own decides whether labels are needed, and leaves none to smooth", () => {
  const loss = (labels?: "int64"): Loss => ({ name: "own", labels, build: () => ({ loss: "" }) });
  expect(finetune().needsLabels).toBe(true);
  expect(finetune({ loss: loss("int64") }).needsLabels).toBe(true);
  expect(finetune({ loss: loss() }).needsLabels).toBe(false);
  expect(() => finetune({ loss: loss(), labelSmoothing: 0.1 })).toThrow(
    "Option labelSmoothing must be left out: it is of the loss that your own takes the place of, got 0.1.",
  );
});
