import { readFileSync, writeFileSync } from "node:fs";
import type { FullReport } from "@prune/report";
import { fixture } from "./command.ts";
import { writeLastImages } from "./images.ts";

/** What a sweep of 24 jobs leaves to look at. */
export interface SampleSweep {
  readonly config: string;
  /** A line for every slow job that began: the process that it began in. */
  readonly marks: () => number[];
}

/**
 * Writes a sweep of 24 jobs on the small MLP: three scorers, four targets, recovery or none. The scorer "slow" takes half
 * a second, and leaves a mark as it begins.
 */
export function writeSweep(at: (...parts: string[]) => string): SampleSweep {
  writeLastImages(200, at("images.npz"));
  writeFileSync(at("marks"), "");
  const config = at("grid.mjs");
  writeFileSync(
    config,
    `import { appendFileSync } from "node:fs";
     const score = ({ size }) => {
       appendFileSync(${JSON.stringify(at("marks"))}, process.pid + "\\n");
       Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
       return Float32Array.from({ length: size }, (_, i) => i);
     };
     export default {
       eval: "images.npz", calib: "images.npz", calibSamples: 100,
       plugin: [{ name: "slow", contract: 1, scorers: { slow: { summary: "waits", make: () => ({ name: "slow", needs: [], score }) } } }],
       grid: {
         model: [${JSON.stringify(fixture("fashion_mlp.onnx"))}],
         scorer: ["slow", "l2", "wanda"],
         target: [{ macs: 0.7 }, { macs: 0.5 }, { params: 0.4 }, { macs: 0.2 }],
         recover: ["none", "bias"],
       },
     };`,
  );
  const marks = (): number[] => readFileSync(at("marks"), "utf8").split("\n").filter(Boolean).map(Number); // prettier-ignore
  return { config, marks };
}

/** A result as a journal keeps it. */
export interface Kept {
  readonly result: FullReport;
  readonly where: string;
  readonly tries: number;
}

/** What a journal holds, by job. */
export function journalOf(path: string): Map<string, Kept> {
  const [, ...lines] = readFileSync(path, "utf8").split("\n");
  const entries = lines
    .filter(Boolean)
    .map((line) => JSON.parse(line) as { readonly name: string; readonly value: Kept });
  return new Map(entries.map(({ name, value }) => [name, value]));
}

/** The results alone, in order of their ids. */
export const resultsOf = (kept: ReadonlyMap<string, Kept>): unknown[] =>
  [...kept].sort(([a], [b]) => (a < b ? -1 : 1)).map(([id, { result }]) => [id, result]); // prettier-ignore
