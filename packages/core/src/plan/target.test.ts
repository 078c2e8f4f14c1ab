import { expect, test } from "vitest";
import { parseTarget, type TargetOption } from "./target.ts";

test("a budget or a sparsity", () => {
  expect(parseTarget({ macs: 0.5 })).toEqual({ budget: "macs", ratio: 0.5 });
  expect(parseTarget({ params: 1 })).toEqual({ budget: "params", ratio: 1 });
  expect(parseTarget({ bytes: 0.01 })).toEqual({ budget: "bytes", ratio: 0.01 });
  expect(parseTarget({ sparsity: 0 })).toEqual({ sparsity: 0 });
  expect(parseTarget({ latency: 0.6 })).toEqual({ latency: 0.6 });
});

const what =
  "A target is one of macs, params, bytes, latency (result / original, above 0 and at most 1) or sparsity (fraction removed); got";
test.each<[TargetOption, string]>([
  [{}, `${what} nothing.`],
  [{ macs: 0.5, params: 0.5 }, `${what} macs, params.`],
  [{ macs: 0 }, `${what} macs=0.`],
  [{ bytes: 1.5 }, `${what} bytes=1.5.`],
  [{ params: NaN }, `${what} params=NaN.`],
  [{ energy: 0.5 } as TargetOption, `${what} energy.`],
  [{ sparsity: 1 }, "Sparsity must be at least 0 and below 1 (the fraction removed), got 1."],
  [{ sparsity: -0.1 }, "Sparsity must be at least 0 and below 1 (the fraction removed), got -0.1."],
])("refuses %o", (option, message) => {
  expect(() => parseTarget(option)).toThrow(expect.objectContaining({ code: "bad-option", message }) as Error);
});

test("figures that are left out, as options often are, do not count", () => {
  expect(parseTarget({ macs: 0.5, params: undefined } as unknown as TargetOption)).toEqual({
    budget: "macs",
    ratio: 0.5,
  });
});
