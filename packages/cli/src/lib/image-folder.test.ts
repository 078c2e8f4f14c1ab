import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ValueInfo } from "@prune/core";
import sharp from "sharp";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadData } from "./data-set.ts";
import { readImageFolder } from "./image-folder.ts";

const folder = mkdtempSync(join(tmpdir(), "prune-images-"));
const at = (...parts: string[]): string => join(folder, ...parts);
const input = (...dims: ValueInfo["dims"] & unknown[]): ValueInfo[] => [{ name: "image", dtype: "float32", dims }];

/** A picture of one colour. */
async function picture(path: string, color: [number, number, number], width = 4, height = 2): Promise<void> {
  const [r, g, b] = color;
  await sharp({ create: { width, height, channels: 3, background: { r, g, b } } })
    .png()
    .toFile(path);
}

beforeAll(async () => {
  for (const name of ["flat", "classes/cat", "classes/dog", "numbers/3", "numbers/10", "none", "broken"])
    mkdirSync(at(name), { recursive: true });
  await picture(at("flat/a.png"), [255, 0, 10]);
  await picture(at("flat/b.png"), [1, 2, 3], 8, 4);
  await picture(at("classes/cat/1.png"), [1, 1, 1]);
  await picture(at("classes/cat/2.png"), [2, 2, 2]);
  await picture(at("classes/dog/1.png"), [3, 3, 3]);
  await picture(at("numbers/3/1.png"), [3, 3, 3]);
  await picture(at("numbers/10/1.png"), [9, 9, 9]);
  writeFileSync(at("broken/a.png"), "not a picture");
  writeFileSync(at("flat/notes.txt"), "passed over");
});
afterAll(() => rmSync(folder, { recursive: true }));

test("channels first: planes of red, green and blue; a larger picture is scaled", async () => {
  const arrays = await readImageFolder(at("flat"), input("N", 3, 2, 4));
  const { dims, data } = arrays.get("image")!;
  expect(dims).toEqual([2, 3, 2, 4]);
  const plane = (value: number): number[] => Array.from({ length: 8 }, () => value);
  expect([...data]).toEqual([255, 0, 10, 1, 2, 3].flatMap(plane));
  expect(arrays.has("labels")).toBe(false);
});

test("channels last, and sizes that the model leaves open: those of the first picture", async () => {
  const { dims, data } = (await readImageFolder(at("flat"), input("N", "h", "w", 3), 1)).get("image")!;
  expect(dims).toEqual([1, 2, 4, 3]);
  expect([...data.slice(0, 6)]).toEqual([255, 0, 10, 255, 0, 10]);
});

test("one channel: grey", async () => {
  const { dims, data } = (await readImageFolder(at("classes"), input("N", 1, 2, 4))).get("image")!;
  expect(dims).toEqual([3, 1, 2, 4]);
  expect([data[0], data[8], data[16]]).toEqual([1, 3, 2]);
});

test("classes are folders in order, taken in turn; numbers are themselves", async () => {
  const labels = async (name: string, limit?: number) =>
    Array.from((await readImageFolder(at(name), input("N", 3, 2, 4), limit)).get("labels")!.data, Number);
  expect(await labels("classes")).toEqual([0, 1, 0]);
  expect(await labels("classes", 2)).toEqual([0, 1]);
  expect(await labels("numbers")).toEqual([10, 3]);
});

test("is data like any other: scaled by 1/255", async () => {
  const data = await loadData(at("classes"), input("N", 3, 2, 4));
  expect(data.count).toBe(3);
  expect([...data.labels!]).toEqual([0, 1, 0]);
  expect(data.batch(1, 2)["image"]!.data[0]).toBeCloseTo(3 / 255, 6);
});

test.each([
  ["holds no pictures", "none", input("N", 3, 2, 4), "holds no pictures"],
  ["what is no picture", "broken", input("N", 3, 2, 4), "cannot be read as a picture"],
  ["a model that takes no pictures", "flat", input("N", 7), "the model takes [N, 7], which are not pictures"],
])("refuses %s", async (_, name, inputs, message) => {
  await expect(readImageFolder(at(name), inputs)).rejects.toMatchObject({ code: "bad-data" });
  await expect(readImageFolder(at(name), inputs)).rejects.toThrow(message);
});
