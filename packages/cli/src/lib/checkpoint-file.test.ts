import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../test/command.ts";
import { openCheckpoints } from "./checkpoint-file.ts";

const at = temporaryFolder();
const path = at("state.bin");
const of = { command: "run", "--epochs": 3 };

beforeEach(() => rmSync(path, { force: true }));

test("states come back as they were, bit for bit", async () => {
  const state = {
    step: 7,
    best: undefined,
    history: [{ loss: 0.1 + 0.2 }],
    state: { w: { dtype: "float32", dims: [3], data: Float32Array.of(1 / 3, -0, NaN) } },
    counts: BigInt64Array.of(-1n, 2n ** 62n),
    // Of a view, only what it shows is kept.
    part: new Float32Array(1000).subarray(10, 12),
  };
  const first = await openCheckpoints(path, of);
  expect(existsSync(path)).toBe(false);
  await first.save("1: finetune/training", state);
  const again = await openCheckpoints(path, of);
  expect(await again.load("1: finetune/training")).toEqual(state);
  expect(await again.load("2: distill/training")).toBeUndefined();
  expect(readFileSync(path).length).toBeLessThan(1000);
  expect(readdirSync(at())).toEqual(["state.bin"]);
});

test("what is done is forgotten, with all its parts", async () => {
  const file = await openCheckpoints(path, of);
  for (const name of ["macs=0.5/1/training", "macs=0.5/2/training", "macs=0.55/1/training"]) await file.save(name, 1);
  await file.drop("macs=0.5");
  const again = await openCheckpoints(path, of);
  expect(await again.load("macs=0.5/1/training")).toBeUndefined();
  expect(await again.load("macs=0.5/2/training")).toBeUndefined();
  expect(await again.load("macs=0.55/1/training")).toBe(1);
});

test("another run's, and any other file, is refused and left alone", async () => {
  await (await openCheckpoints(path, of)).save("a", 1);
  await expect(openCheckpoints(path, { ...of, "--epochs": 4 })).rejects.toThrow(
    `${path} is the checkpoint of another run; what differs: --epochs (3 there, 4 here). Delete it, or give another file.`,
  );
  const bytes = readFileSync(path);
  for (const wrong of [Buffer.from("notes"), Buffer.alloc(0), bytes.subarray(0, bytes.length - 1)]) {
    writeFileSync(path, wrong);
    await expect(openCheckpoints(path, of)).rejects.toMatchObject({
      code: "bad-data",
      message: `${path}: it holds no checkpoints. Delete it, or give another --checkpoint.`,
    });
    expect(readFileSync(path).equals(wrong)).toBe(true);
  }
});
