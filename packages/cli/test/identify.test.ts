import { appendFileSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { saveOnnx } from "@prune/backend-onnx/node";
import { beforeAll, expect, test } from "vitest";
import { createIdentifier } from "../src/actions/sweep/identify.ts";
import { loadSweep } from "../src/actions/sweep/load-sweep.ts";
import { temporaryFolder } from "./command.ts";
import { writeLastImages } from "./images.ts";
import { convNet, write } from "./models.ts";

const at = temporaryFolder();
let count = 0;

/** The ids of a sweep's jobs in a folder of its own, which `change` has its way with before that. */
async function idsOf(
  change: (inside: (name: string) => string) => unknown = () => undefined,
  text = GRID,
): Promise<string[]> {
  const folder = at(`copy${count++}`);
  cpSync(at("first"), folder, { recursive: true });
  writeFileSync(`${folder}/grid.json`, text);
  await change((name) => `${folder}/${name}`);
  const sweep = await loadSweep(`${folder}/grid.json`);
  const identifier = createIdentifier(sweep);
  const ids: string[] = [];
  for (const planned of sweep.jobs) ids.push((await identifier.job(planned)).id);
  return ids;
}

const GRID = JSON.stringify({
  eval: "images.npz",
  plugin: ["./plugin.mjs"],
  sparsity: 0.5,
  grid: { model: ["model.onnx", "split.onnx"], scorer: ["l1", "l2"] },
});

beforeAll(async () => {
  mkdirSync(at("first"));
  await write(convNet(), at("first", "model.onnx"));
  await saveOnnx({ graph: convNet() }, at("first", "split.onnx"), { externalData: true });
  writeLastImages(5, at("first", "images.npz"));
  writeFileSync(at("first", "plugin.mjs"), "export const plugin = {};");
});

test("a job is known by what makes it, wherever that lies", async () => {
  const ids = await idsOf();
  expect(new Set(ids).size).toBe(4);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{16}$/);
  expect(await idsOf()).toEqual(ids);
  // Also in another order, and as part of a larger grid.
  const larger = GRID.replace('["l1","l2"]', '["l2","lamp","l1"]');
  const found = await idsOf(undefined, larger);
  expect([found[2], found[0], found[5], found[3]]).toEqual(ids);
});

test.each([
  ["an option", undefined, GRID.replace("0.5", "0.6"), [true, true, true, true]],
  ["the model", "model.onnx", GRID, [true, true, false, false]],
  ["data of a model beside it", "split-*.data", GRID, [false, false, true, true]],
  ["the samples", "images.npz", GRID, [true, true, true, true]],
  ["a plug-in", "plugin.mjs", GRID, [true, true, true, true]],
] as const)("another id after a change of %s", async (_, pattern, text, changed) => {
  const ids = await idsOf();
  const [start, end] = (pattern ?? "model.onnx").split("*") as [string, string?];
  const found = readdirSync(at("first")).find((name) => name.startsWith(start) && name.endsWith(end ?? start))!;
  expect(found).toBeDefined();
  const file = pattern && found;
  const others = await idsOf((inside) => file && spoil(inside(file)), text);
  expect(ids.map((id, i) => id !== others[i])).toEqual(changed);
});

/** Changes a file: a model in what it holds beside weights, so that it can still be read. */
function spoil(path: string): void {
  if (!path.endsWith(".data"))
    return appendFileSync(path, path.endsWith(".onnx") ? Uint8Array.of(0x32, 0x01, 0x78) : " ");
  const bytes = readFileSync(path);
  bytes[0]! ^= 1;
  return writeFileSync(path, bytes);
}

test("a file that changes while a sweep runs is read again", async () => {
  writeFileSync(at("first", "grid.json"), GRID);
  const sweep = await loadSweep(at("first", "grid.json"));
  const identifier = createIdentifier(sweep);
  const [job] = sweep.jobs;
  const before = await identifier.job(job!);
  expect(await identifier.job(job!)).toEqual(before);
  spoil(at("first", "model.onnx"));
  const after = await identifier.job(job!);
  expect(after.id).not.toBe(before.id);
  expect(after.identity["model"]).not.toBe(before.identity["model"]);
});
