import type { RecoveryContext } from "@prune/core";
import { expect, test } from "vitest";
import { contextOf, networks, samples } from "../test/recovering.ts";
import { outputError } from "./output-error.ts";
import { distill } from "./distill.ts";

async function halved(name: string, count = 96): Promise<RecoveryContext> {
  const { graph, dims } = networks[name]!;
  return contextOf(graph, samples(dims, count), {
    units: (size) => Array.from({ length: size >> 1 }, (_, i) => 2 * i),
  });
}

/** How far a step leaves the outputs from the original's on other samples, as a fraction of how far they were. */
async function errorLeft(context: RecoveryContext, options: Parameters<typeof distill>[0]): Promise<number> {
  const step = distill({ epochs: 8, batchSize: 16, lr: 1e-2, validation: 0.2, ...options });
  const { graph } = await step.recover(context);
  const { analysis, pruned, runtime, data } = context;
  const [before, after] = await outputError(runtime, analysis, [pruned, graph], data);
  return after! / before!;
}

test.each(["dense", "convolutions", "residual", "attention", "lstm"])(
  "%s: outputs come closer to the original's without labels",
  { timeout: 60_000 },
  async (name) => {
    expect(await errorLeft(await halved(name), { loss: "mse" })).toBeLessThan(0.7);
  },
);

test("layers are learnt from too, at the channels that stayed", { timeout: 60_000 }, async () => {
  expect(await errorLeft(await halved("convolutions"), { loss: "mse", features: 1 })).toBeLessThan(0.8);
});

test("classes are told from numbers by the shape of the outputs", { timeout: 60_000 }, async () => {
  const options = { epochs: 1, batchSize: 16 };
  const classes = await distill(options).recover(await halved("dense")); // [N, 3]
  expect(classes.notes!.heldOut!.metric!.name).toBe("agreement");
  const steps = await distill(options).recover(await halved("attention")); // [N, 5, 8]
  expect(steps.notes!.heldOut!.metric).toBeUndefined();
  const said = await distill({ ...options, loss: "mse" }).recover(await halved("dense"));
  expect(said.notes!.heldOut!.metric).toBeUndefined();
});

test("a network of which nothing was removed has nothing to learn", async () => {
  const { graph, dims } = networks["dense"]!;
  const context = await contextOf(graph, samples(dims, 64));
  const { graph: after, notes } = await distill({ lr: 1e-1 }).recover(context);
  expect(after).toBe(context.pruned);
  expect(notes!.heldOut!.loss.before).toBeCloseTo(0, 6);
  expect(notes!.heldOut!.metric).toEqual({ name: "agreement", before: 1, after: 1 });
});

test.each([
  [{ temperature: 0 }, "Option temperature must be a number above 0, got 0."],
  [{ features: -1 }, "Option features must be a number from 0, got -1."],
])("%o is refused before anything runs", (options, message) => {
  expect(() => distill(options)).toThrow(message);
});
