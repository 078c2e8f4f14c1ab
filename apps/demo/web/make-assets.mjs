// Writes what the page shows without anybody's files into public/: the trained networks, and some of their images.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseNpz } from "@prune/cli";
import { zipSync } from "fflate";

const fixtures = new URL("../../../fixtures/fashion-mnist/", import.meta.url);
const out = new URL("public/", import.meta.url);
/** The first of each file, so that `prune run … --calib-samples 500` sees the same ones. */
const COUNTS = { test10k: 1000, train10k: 500 };

mkdirSync(new URL("models/", out), { recursive: true });
mkdirSync(new URL("data/", out), { recursive: true });
for (const name of ["resnet", "mobilenet", "mlp", "vit", "lstm"])
  copyFileSync(new URL(`fashion_${name}.onnx`, fixtures), new URL(`models/fashion_${name}.onnx`, out));
for (const [name, count] of Object.entries(COUNTS)) {
  const { arrays } = parseNpz(readFileSync(new URL(`${name}.npz`, fixtures)), name);
  const files = [...arrays].map(([array, { dims, data }]) => [`${array}.npy`, npyOf(dims, data, count)]);
  writeFileSync(new URL(`data/${name}-${count}.npz`, out), zipSync(Object.fromEntries(files), { level: 9 }));
}
console.log(`wrote ${fileURLToPath(out)}`);

/** The first samples of an array of bytes, as NumPy saves it. */
function npyOf(dims, data, count) {
  const shape = [count, ...dims.slice(1)];
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const header = text.padEnd(Math.ceil((text.length + 11) / 64) * 64 - 11) + "\n";
  const each = dims.slice(1).reduce((a, b) => a * b, 1);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(header.length);
  return Buffer.concat([
    Buffer.from("\x93NUMPY\x01\x00", "latin1"),
    length,
    Buffer.from(header),
    data.subarray(0, count * each),
  ]);
}
