import { expect, test } from "vitest";
import { ignoreGlobs } from "./ignore.ts";

test("a star matches any part of a name, slashes and dots too", () => {
  const { matches } = ignoreGlobs(["*fc*", "layer4.*", "/head/{a,b}/**"]);
  expect(["/model/fc/Gemm", "layer4.0.conv1.weight", "/head/b/Conv"].map(matches)).toEqual([true, true, true]);
  expect(["/model/conv/Conv", "layer3.layer4", "/head/c/Conv"].map(matches)).toEqual([false, false, false]);
});

test("a name matches itself, whatever it is made of", () => {
  expect(ignoreGlobs(["onnx::Conv_12[3]"]).matches("onnx::Conv_12[3]")).toBe(true);
});

test("a pattern that matches nothing is told, unless the command is quiet", () => {
  const lines: string[] = [];
  const io = { stdout: { write: () => undefined }, stderr: { write: (line: string) => lines.push(line) } };
  const globs = ignoreGlobs(["a", "b"]);
  globs.matches("a");
  globs.warnUnused({ quiet: true }, io);
  globs.warnUnused({}, io);
  expect(lines).toEqual(["prune: --ignore b matches no layer, weight or cache.\n"]);
});

test("without patterns nothing matches", () => {
  expect(ignoreGlobs().matches("a")).toBe(false);
});
