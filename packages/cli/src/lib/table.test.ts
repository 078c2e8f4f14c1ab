import { expect, test } from "vitest";
import { table } from "./table.ts";

test("a table's columns line up, and its lines have no spaces at the end", () => {
  const text = table(
    [{ title: "Name" }, { title: "N", align: "right" }],
    [["a", "10"], ["bcdef", "7"], ["x"]],
    (line) => line.toUpperCase(),
  );
  expect(text).toBe("NAME    N\na      10\nbcdef   7\nx");
});
