import { expect, test } from "vitest";
import { sample } from "../test/sample.ts";
import { parseReport } from "./parse-report.ts";

test("reads what a report names itself, and refuses everything else", () => {
  const report = sample("n");
  expect(parseReport(JSON.stringify(report))).toEqual(report);
  for (const [text, why] of [
    ["{", "it is not JSON"],
    ["[]", "its format is missing"],
    ['{"format":"prune-plan/1"}', 'its format is "prune-plan/1", not prune-report/1 or'],
  ] as const)
    expect(() => parseReport(text, "a.json")).toThrow(`a.json: ${why}`);
});
