import { expect, test } from "vitest";
import { parsePlan } from "./plan.ts";

const axis = { tensor: "w", axis: 0, size: 4, keep: [0, 2] };
const plan = { format: "prune-plan/1", model: { sha256: "ab" }, axes: [axis] };

test("what a plan leaves out is empty", () => {
  const lists = { removedNodes: [], replace: [], masks: [], values: [], groups: [], blocked: [] };
  expect(parsePlan(JSON.stringify(plan))).toEqual({ ...plan, ...lists });
});

test.each<[string, unknown, string]>([
  ["nothing", null, 'This is not a plan: its format is missing, not "prune-plan/1". Give the file that prune run wrote with --plan.'], // prettier-ignore
  ["a report", { format: "prune-report/1" }, 'This is not a plan: its format is "prune-report/1", not "prune-plan/1".'],
  ["steps without a name", { ...plan, recovered: [1] }, "The plan's recovered are malformed at 1."],
  ["no axes", { ...plan, axes: undefined }, 'The plan\'s axes are malformed at "axes".'],
  ["an axis that is null", { ...plan, axes: [axis, null] }, "The plan's axes are malformed at null."],
  ["indices that do not ascend", { ...plan, axes: [{ ...axis, keep: [2, 2] }] }, `The plan's axes are malformed at {"tensor":"w","axis":0,"size":4,"keep":[2,2]}.`], // prettier-ignore
  ["masks that are no list", { ...plan, masks: 7 }, "The plan's masks are malformed at 7."],
  ["values without a tensor", { ...plan, values: [{ encoding: "x", data: "" }] }, `The plan's values are malformed at {"encoding":"x","data":""}.`], // prettier-ignore
  ["readers of numbers", { ...plan, replace: [{ value: "a", by: 1 }] }, `The plan's replace are malformed at {"value":"a","by":1}.`], // prettier-ignore
  ["nodes without a name", { ...plan, removedNodes: [{}] }, "The plan's removedNodes are malformed at {}."],
])("%s is an error", (_, value, message) => {
  expect(() => parsePlan(JSON.stringify(value))).toThrow(message);
});
