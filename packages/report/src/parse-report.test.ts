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
    ['{"format":"__proto__"}', 'its format is "__proto__", not prune-report/1 or'],
  ] as const)
    expect(() => parseReport(text, "a.json")).toThrow(`a.json: ${why}`);
});

test("says where a report is not what its schema says", () => {
  type Damage = (report: Record<string, unknown>) => unknown;
  const cases: readonly (readonly [Damage, string])[] = [
    [(r) => delete r["graph"], 'the report has no "graph"'],
    [(r) => (r["layers"] = {}), "the report.layers is not of type array"],
    [(r) => ((r["layers"] as { macs: unknown }[])[1]!.macs = [1]), "the report.layers[1].macs has 1 entries"],
    [(r) => ((r["before"] as { macs: unknown }).macs = null), "the report.before.macs is not of type number"],
    [(r) => ((r["graph"] as { from: unknown }[])[2]!.from = [99]), "the report.graph[2] reads from position 99 of"],
    [(r) => ((r["graph"] as { from: unknown }[])[2]!.from = ["map"]), "the report.graph[2].from[0] is not of type number"], // prettier-ignore
  ];
  for (const [damage, why] of cases) {
    const report = structuredClone(sample("n")) as unknown as Record<string, unknown>;
    damage(report);
    expect(() => parseReport(JSON.stringify(report), "a.json")).toThrow(`a.json: ${why}`);
  }
});

test("inputs and outputs that changed have sizes, names or nothing, and no others", () => {
  const changed = (before: unknown[]): string =>
    JSON.stringify({ ...sample("n"), signature: [{ name: "x", kind: "input", before, after: [1] }] });
  expect(() => parseReport(changed([1, "batch", null]))).not.toThrow();
  expect(() => parseReport(changed([true]))).toThrow("the report.signature[0].before[0] is not of type number or string or null"); // prettier-ignore
});

test("what a newer version adds does no harm", () => {
  expect(() => parseReport(JSON.stringify({ ...sample("n"), later: [1, "two"] }))).not.toThrow();
});
