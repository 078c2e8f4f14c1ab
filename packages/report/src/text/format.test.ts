import { expect, test } from "vitest";
import { bytes, change, compact, milliseconds, percent, plural } from "./format.ts";

test("numbers have three figures and a letter", () => {
  expect([0, 999, 1000, 9994, 9999, 99_960, 999_499, 999_600, 4.09e9, 2e12].map(compact)).toEqual([
    "0",
    "999",
    "1.00 k",
    "9.99 k",
    "10.0 k",
    "100 k",
    "999 k",
    "1.00 M",
    "4.09 G",
    "2.00 T",
  ]);
  expect([999, 1000, 102_400_000].map(bytes)).toEqual(["999 B", "1.00 kB", "102 MB"]);
});

test("changes have a sign", () => {
  expect([change(2, 1), change(1, 2), change(1, 1), change(0, 1)]).toEqual(["−50.0%", "+100.0%", "0%", ""]);
  expect([percent(0.9236), milliseconds(1.2345), plural(1, "group"), plural(2, "group")]).toEqual([
    "92.36%",
    "1.23 ms",
    "1 group",
    "2 groups",
  ]);
});
