import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { bytesOf, npy, npz } from "../../test/npy.ts";
import { parseNpz } from "./npz.ts";

const file = npz({
  x: npy("<f4", [2], bytesOf(new Float32Array([1, 2]))),
  labels: npy("|u1", [2], Uint8Array.of(3, 4)),
});

test("reads arrays by name", () => {
  const { names, arrays } = parseNpz(file, "d.npz");
  expect(names).toEqual(["x", "labels"]);
  expect(arrays.get("labels")?.data).toEqual(Uint8Array.of(3, 4));
});

test("unpacks only what is asked for", () => {
  const { names, arrays } = parseNpz(file, "d.npz", (name) => name === "x");
  expect(names).toEqual(["x", "labels"]);
  expect([...arrays.keys()]).toEqual(["x"]);
});

test("leaves files alone that are no arrays", () => {
  const { arrays } = parseNpz(
    zipSync({ "readme.txt": Uint8Array.of(1), "x.npy": npy("|u1", [1], Uint8Array.of(7)) }),
    "d.npz",
  );
  expect([...arrays.keys()]).toEqual(["x"]);
});

test("names the array that is broken", () => {
  expect(() => parseNpz(npz({ x: Uint8Array.of(1, 2) }), "d.npz")).toThrow(
    'd.npz: array "x" is not in NumPy\'s format.',
  );
});

test("refuses what is no zip file, or a cut one", () => {
  expect(() => parseNpz(Uint8Array.of(1, 2, 3), "d.npz")).toThrow("d.npz is not a readable .npz file");
  expect(() => parseNpz(file.subarray(0, file.length - 30), "d.npz")).toThrow("d.npz is not a readable .npz file");
});

test("refuses a small file that unpacks to a large one, before unpacking it", () => {
  const bomb = npz({ x: npy("|u1", [5_000_000], new Uint8Array(5_000_000)) });
  expect(bomb.length).toBeLessThan(20_000);
  expect(() => parseNpz(bomb, "d.npz", undefined, 1_000_000)).toThrow(
    "d.npz unpacks to more than 1000000 bytes, the limit.",
  );
});

test("allocates nothing for a size that the file cannot have", () => {
  const small = Buffer.from(npz({ x: npy("|u1", [1000], new Uint8Array(1000)) }));
  const central = small.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  for (const at of [22, central + 24]) small.writeUInt32LE(3_900_000_000, at);
  const before = process.memoryUsage().arrayBuffers;
  expect(() => parseNpz(small, "d.npz")).toThrow(
    /^d\.npz says that \d+ bytes of it unpack to 3900000000, which they cannot\.$/,
  );
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6);
});

test("notices a file that unpacks to another size than it says", () => {
  const lying = npz({ x: npy("|u1", [600], new Uint8Array(600)) });
  const view = new DataView(lying.buffer, lying.byteOffset, lying.length);
  // The central directory's entry starts with PK\x01\x02; the unpacked size is 24 bytes further on.
  for (let i = 0; i + 28 < lying.length; i++)
    if (view.getUint32(i, true) === 0x02014b50) view.setUint32(i + 24, 90, true);
  expect(() => parseNpz(lying, "d.npz")).toThrow(/d\.npz/);
});

test("refuses a file of very many arrays", () => {
  const many = Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`a${i}`, Uint8Array.of(0)]));
  expect(() => parseNpz(npz(many), "d.npz", () => false)).toThrow("d.npz holds more than 1024 arrays.");
});
