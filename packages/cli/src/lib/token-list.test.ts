import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readTokenList, tokenListPath, tokenListText } from "./token-list.ts";

const folder = mkdtempSync(join(tmpdir(), "prune-tokens-"));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (text: string): string => {
  const path = join(folder, "tokens.txt");
  writeFileSync(path, text);
  return path;
};

test("one id per line, whatever ends it", async () => {
  expect(await readTokenList(file("3\r\n1\n\n 20 \n"))).toEqual([3, 1, 20]);
  expect(await readTokenList(file(tokenListText([5, 7])))).toEqual([5, 7]);
});

test("anything else is an error that names the line", async () => {
  await expect(readTokenList(file("3\nfour\n"))).rejects.toThrow(/tokens\.txt, line 2: "four" is no token id; a list has one whole number per line\.$/); // prettier-ignore
  await expect(readTokenList(file("-1\n"))).rejects.toMatchObject({ code: "bad-data" });
  await expect(readTokenList(file("\n"))).rejects.toThrow("lists no token");
  await expect(readTokenList(join(folder, "none.txt"))).rejects.toMatchObject({ code: "io-failed" });
});

test("stands beside the model", () => {
  expect(tokenListPath("a.b/small.onnx")).toBe("a.b/small.tokens.txt");
  expect(tokenListPath("a.b/small")).toBe("a.b/small.tokens.txt");
});
