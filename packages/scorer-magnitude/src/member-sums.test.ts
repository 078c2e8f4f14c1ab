import type { ChannelGroup, Tensor } from "@prune/core";
import { sampleGroup } from "@prune/core/testing";
import { expect, test } from "vitest";
import { memberSums, unitSums } from "./member-sums.ts";

/** A square tensor whose rows and columns are both units, as in a residual stream. */
function square(values: readonly number[], size: number): { group: ChannelGroup; reads: () => number } {
  const plain = sampleGroup(Array.from({ length: size }, (_, i) => values.slice(i * size, (i + 1) * size)));
  const { tensor, node } = plain.members[0]!;
  let reads = 0;
  const counted: Tensor = {
    ...tensor,
    bytes: () => {
      reads++;
      return tensor.bytes();
    },
  };
  const member = (axis: number): ChannelGroup["members"][number] => ({
    tensor: counted,
    axis,
    node,
    role: axis === 0 ? "output" : "input",
    unitOf: (i) => i,
  });
  return { group: { ...plain, members: [member(0), member(1)] }, reads: () => reads };
}

test("a tensor on two axes counts along both, and is read once", () => {
  const { group, reads } = square([1, 2, 3, 4], 2);
  expect([...unitSums(group, "abs").sums]).toEqual([1 + 2 + 1 + 3, 3 + 4 + 2 + 4]);
  expect(reads()).toBe(1);
});

test("a unit of several indices gets the weights of all", () => {
  const plain = sampleGroup([[1], [2], [3], [4]]);
  const paired = { ...plain, size: 2, members: plain.members.map((m) => ({ ...m, unitOf: (i: number) => i >> 1 })) };
  const { sums, counts } = unitSums(paired, "square");
  expect([[...sums], [...counts]]).toEqual([
    [1 + 4, 9 + 16],
    [2, 2],
  ]);
});

test("indices of no unit count in the total alone", () => {
  const plain = sampleGroup([[1], [2], [3]]);
  const last = {
    ...plain,
    size: 1,
    members: plain.members.map((m) => ({ ...m, unitOf: (i: number) => (i === 2 ? 0 : -1) })),
  };
  expect([...memberSums(last, "abs")]).toEqual([{ sums: Float64Array.of(3), counts: Float64Array.of(1), total: 6 }]);
});

test("asks for a unit once per index", () => {
  let calls = 0;
  const plain = sampleGroup(Array.from({ length: 10 }, () => [1, 2, 3]));
  const counted = { ...plain, members: plain.members.map((m) => ({ ...m, unitOf: (i: number) => (calls++, i) })) };
  unitSums(counted, "abs");
  expect(calls).toBe(10);
});

test("25 million weights take a moment", () => {
  const size = 1250; // 16 squares
  const { group } = square(Float32Array.from({ length: size * size }, (_, i) => i % 7) as unknown as number[], size);
  const started = performance.now();
  for (let i = 0; i < 16; i++) unitSums(group, "square");
  // Under 100 ms on a quiet machine; ten times that on a busy one is still no accident of the code.
  expect(performance.now() - started).toBeLessThan(1000);
});
