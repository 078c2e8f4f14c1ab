import { expect, test } from "vitest";
import { speedRemark } from "./speed-remark.ts";

const remark = (before: number, after: number) =>
  speedRemark({ models: [before, after].map((median) => ({ median, quartiles: [median, median] })) });

test("a result that is slower, or takes as long, comes with what to do about it", () => {
  expect(remark(2, 2.2)).toMatch(/^On this machine the result is slower: .* --target latency=0\.7 .*/);
  expect(remark(2, 1.99)).toMatch(/^On this machine the result is no faster: /);
  expect(remark(2, 1.5)).toBeUndefined();
});
