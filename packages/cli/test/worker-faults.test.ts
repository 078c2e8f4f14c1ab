import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fixture, temporaryFolder } from "./command.ts";
import { writeLastImages } from "./images.ts";
import { start } from "./processes.ts";

// The thread that trains ends before it should.

const at = temporaryFolder();
const [out, report, checkpoint] = [at("out.onnx"), at("report.json"), at("state.bin")];
const training = [
  ...["run", at("model.onnx"), "-o", out, "--report", report, "--target", "macs=0.3", "--threads", "1", "--quiet"],
  ...["--calib", at("images.npz"), "--recover", "finetune:batchSize=8", "--epochs", "3", "--checkpoint", checkpoint],
];
let undisturbed: Buffer;

beforeAll(async () => {
  copyFileSync(fixture("fashion_mlp.onnx"), at("model.onnx"));
  writeLastImages(200, at("images.npz"));
  const { ended, stderr } = start(training);
  expect([await ended, stderr()]).toEqual([0, ""]);
  undisturbed = readFileSync(out);
}, 120_000);

beforeEach(() => {
  rmSync(checkpoint, { force: true });
  for (const path of [out, report]) writeFileSync(path, "earlier");
});

/** A module that has the thread do something else when it is told to do its n-th thing. */
function inThread(what: string, nth: number): string[] {
  const path = at(`thread-${nth}.mjs`);
  writeFileSync(
    path,
    `import { isMainThread, parentPort } from "node:worker_threads";
     let calls = 0;
     const listen = parentPort?.on.bind(parentPort);
     if (!isMainThread)
       parentPort.on = (event, heed) => listen(event, (message) => { if (++calls === ${nth}) { ${what} } heed(message); });`,
  );
  return ["--import", pathToFileURL(path).href];
}

/** A thread is told to load, to keep, then for every epoch of 22 steps to take each and to hand over what it has. */
const SECOND_EPOCH = 35;

describe("a thread of training that", { timeout: 240_000 }, () => {
  test.each([
    [
      "ends",
      `process.exit(3);`,
      /^the session's thread has ended\. Try again; where it ran out of memory, with smaller batches\.$/,
    ],
    ["fails in itself", `throw new TypeError("out of order");`, /^out of order\. /],
    ["runs out of memory", `const all = []; for (;;) all.push(new Array(1e5).fill(all.length));`, /memory.*: use smaller batches\.$/], // prettier-ignore
  ])("%s: an error says so, earlier results stay, and training goes on from its checkpoint", async (_, what, why) => {
    for (const nth of [1, 3, SECOND_EPOCH]) {
      const { ended, stderr } = start(training, ["--max-old-space-size=250", ...inThread(what, nth)]);
      expect([nth, await ended]).toEqual([nth, 1]);
      const opening = `prune: ONNX Runtime (cpu) could not ${nth === 1 ? "load" : "run"} the graph: `;
      expect(stderr().slice(0, opening.length)).toBe(opening);
      expect(stderr().slice(opening.length, -1)).toMatch(why);
      for (const path of [out, report]) expect(readFileSync(path, "utf8")).toBe("earlier");
      expect(readdirSync(at()).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      expect(existsSync(checkpoint)).toBe(nth === SECOND_EPOCH);
    }
    const rest = start(training);
    expect([await rest.ended, rest.stderr()]).toEqual([0, ""]);
    expect(readFileSync(out).equals(undisturbed)).toBe(true);
  });
});
