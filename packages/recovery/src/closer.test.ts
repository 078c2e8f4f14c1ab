import { editGraph, toFloat32 } from "@prune/core";
import { expect, test } from "vitest";
import { contextOf, networks, samples } from "../test/recovering.ts";
import { closer } from "./closer.ts";

const { graph, dims } = networks["dense"]!;

/** The network with the biases of its last layer moved. */
const moved = (by: number) =>
  editGraph(graph, { values: new Map([["c.bias", toFloat32(graph.parameters.get("c.bias")!).map((b) => b + by)]]) });

test("what comes closer to the original is taken, with the errors before and after", async () => {
  const context = { ...(await contextOf(graph, samples(dims, 20))), pruned: moved(2) };
  const better = moved(1);
  const { graph: taken, notes } = await closer(context, better, { layers: 1 });
  expect(taken).toBe(better);
  expect(notes!.layers).toBe(1);
  // Each output is off by 2, then by 1.
  expect(notes!.outputError!.before / notes!.outputError!.after).toBeCloseTo(4, 4);
});

test("what does not is left, and a remark says so", async () => {
  const context = { ...(await contextOf(graph, samples(dims, 20))), pruned: moved(1) };
  const { graph: taken, notes } = await closer(context, moved(2), { layers: 1, remarks: ["It was so."] });
  expect(taken).toBe(context.pruned);
  expect(notes).toMatchObject({
    layers: 0,
    remarks: ["It was so.", "The outputs came no closer to the original's, so that all weights stay as they were."],
  });
});
