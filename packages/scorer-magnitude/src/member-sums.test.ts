import type { GroupMember } from "@prune/core";
import { sampleGroup } from "@prune/core/testing";
import { expect, test } from "vitest";
import { memberSums, oncePerGroup, weightsPerUnit } from "./member-sums.ts";

const [column] = sampleGroup([[1], [2], [3], [4]]).members;
const group = (size: number, ...members: GroupMember[]) => ({ ...sampleGroup([]), size, members });

test("sums over the rows of one tensor, and over the columns of another", () => {
  const { members, ...rest } = sampleGroup([[1, -2], [3, 4]], [[5, 6], [7, -8]]); // prettier-ignore
  const sums = (norm: "abs" | "square") => members.map((m) => [...memberSums(m, { ...rest, members }, norm).sums]);
  expect(sums("abs")).toEqual([
    [3, 7],
    [12, 14],
  ]);
  expect(sums("square")).toEqual([
    [5, 25],
    [74, 100],
  ]);
});

test("a unit of several indices gets the weights of all", () => {
  const paired = { ...column!, unitOf: (i: number) => i >> 1 };
  expect([...memberSums(paired, group(2, paired), "square").sums]).toEqual([1 + 4, 9 + 16]);
  expect([...weightsPerUnit(group(2, paired))]).toEqual([2, 2]);
});

test("indices of no unit count in the total alone", () => {
  const last = { ...column!, unitOf: (i: number) => (i === 3 ? 0 : -1) };
  expect(memberSums(last, group(1, last), "abs")).toEqual({ sums: Float64Array.of(4), total: 10 });
  expect([...weightsPerUnit(group(1, last))]).toEqual([1]);
});

test("weights of all members count", () => {
  expect([...weightsPerUnit(sampleGroup([[1, 2], [3, 4]], [[5, 6], [7, 8], [9, 10]]))]).toEqual([5, 5]); // prettier-ignore
});

test("what is said of a group is computed once", () => {
  let calls = 0;
  const counted = oncePerGroup(() => ++calls);
  const [a, b] = [sampleGroup([[1]]), sampleGroup([[1]])];
  expect([counted(a), counted(a), counted(b), counted(a)]).toEqual([1, 1, 2, 1]);
});

test("25 million weights take a moment", () => {
  const rows = Array.from({ length: 1250 }, (_, i) => Array.from({ length: 1250 }, (_, j) => (i + j) % 7));
  const { members, ...rest } = sampleGroup(rows, rows);
  const started = performance.now();
  for (let i = 0; i < 8; i++) for (const member of members) memberSums(member, { ...rest, members }, "square");
  // Under 100 ms on a quiet machine; ten times that on a busy one is still no accident of the code.
  expect(performance.now() - started).toBeLessThan(1000);
});
