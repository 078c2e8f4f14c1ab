// Writes a language model of a given size, with seeded random weights that are made as they are written: a decoder of
// LLaMA's kind (RMSNorm, rotary positions, gated MLP) with the layer sizes of TinyLlama. Weights go to a file beside it.
//   node benchmarks/large/make.mjs OUT.onnx [--bytes 4e9] [--hidden 2048] [--ffn 5632] [--heads 32] [--vocab 32000] [--seed 0]
import { parseArgs } from "node:util";
import { pathToFileURL } from "node:url";

const packages = new URL("../../packages/", import.meta.url);
const { float32Tensor, int64Tensor, nodeOf, sizeOf } = await import(new URL("core/dist/index.js", packages));
const { saveOnnx } = await import(new URL("backend-onnx/dist/node/index.js", packages));

/** Layer sizes of TinyLlama, with as many heads of keys as of queries. */
export const SIZES = { hidden: 2048, ffn: 5632, heads: 32, vocab: 32000 };

/** Of every hidden layer of an MLP so many units are dead from the start: something to find for `--type weight`. */
const DEAD = 16;

/** Bytes of the largest weight, and of all weights of a block. */
export function bytesOf({ hidden, ffn, vocab }) {
  const matrices = [hidden * hidden, hidden * ffn, hidden * vocab];
  return { layer: 4 * Math.max(...matrices), block: 4 * (4 * hidden * hidden + 3 * hidden * ffn + 2 * hidden), ends: 8 * hidden * vocab }; // prettier-ignore
}

/** Writes a model of about so many bytes. @returns how many blocks it has */
export async function make(path, bytes, { seed = 0, ...given } = {}) {
  const sizes = { ...SIZES, ...given };
  const { block, ends } = bytesOf(sizes);
  const blocks = Math.max(1, Math.round((bytes - ends) / block));
  await saveOnnx({ graph: decoder({ ...sizes, blocks, seed }) }, path, { externalData: true });
  return blocks;
}

/** The network. */
function decoder({ hidden, ffn, heads, vocab, blocks, seed }) {
  const size = hidden / heads;
  const nodes = [];
  const parameters = new Map();
  let count = 0;
  const op = (type, inputs, attributes = {}, name = "") => {
    const output = name ? `${name}/output` : `v${count++}`;
    nodes.push(nodeOf(type, inputs, [output], attributes, name));
    return output;
  };
  const constant = (tensor) => {
    parameters.set(tensor.name, tensor);
    return tensor.name;
  };
  const ints = (values, dims) => constant(int64Tensor(`c${count++}`, values, dims));
  const number = (value) => constant(float32Tensor(`c${count++}`, [value], []));
  const weight = (name, dims, dead) => {
    const own = seedOf(name, seed);
    return constant({ name, dtype: "float32", dims, bytes: () => noise(own, dims, dead) });
  };
  const dense = (x, name, inputs, outputs, dead) =>
    op("MatMul", [x, weight(`${name}.weight`, [inputs, outputs], dead)], {}, name);
  const norm = (x, name) => {
    const power = op("ReduceMean", [op("Mul", [x, x])], { axes: [-1], keepdims: 1 });
    const root = op("Sqrt", [op("Add", [power, number(1e-5)])]);
    const scale = constant(
      float32Tensor(
        `${name}.weight`,
        Array.from({ length: hidden }, (_, i) => 1 + (i % 7) / 100),
      ),
    );
    return op("Mul", [op("Div", [x, root]), scale]);
  };

  const length = op("Gather", [op("Shape", ["input_ids"]), ints([1], [])], { axis: 0 });
  const positions = op("Range", [ints([0], []), length, ints([1], [])]);
  const frequencies = constant(float32Tensor("frequencies", Array.from({ length: size / 2 }, (_, i) => 1e4 ** ((-2 * i) / size)))); // prettier-ignore
  const column = op("Unsqueeze", [positions, ints([1])]);
  const angles = op("Mul", [op("Cast", [column], { to: 1 }), frequencies]);
  const [cos, sin] = [op("Cos", [angles]), op("Sin", [angles])];
  const later = op("Less", [column, op("Unsqueeze", [positions, ints([0])])]);
  const mask = op("Where", [later, number(-1e9), number(0)]);

  const rotated = (x) => {
    const half = (from, to) => op("Slice", [x, ints([from]), ints([to]), ints([3])]);
    const [a, b] = [half(0, size / 2), half(size / 2, size)];
    const first = op("Sub", [op("Mul", [a, cos]), op("Mul", [b, sin])]);
    return op("Concat", [first, op("Add", [op("Mul", [b, cos]), op("Mul", [a, sin])])], { axis: 3 });
  };
  const attention = (x, name) => {
    const split = (part) =>
      op("Transpose", [op("Reshape", [dense(x, `${name}.${part}`, hidden, hidden), ints([0, 0, heads, size])])], { perm: [0, 2, 1, 3] }); // prettier-ignore
    const [q, k, v] = [rotated(split("q")), rotated(split("k")), split("v")];
    const scores = op("MatMul", [q, op("Transpose", [k], { perm: [0, 1, 3, 2] })]);
    const shares = op("Softmax", [op("Add", [op("Mul", [scores, number(size ** -0.5)]), mask])], { axis: -1 });
    const merged = op("Transpose", [op("MatMul", [shares, v])], { perm: [0, 2, 1, 3] });
    return dense(op("Reshape", [merged, ints([0, 0, hidden])]), `${name}.o`, hidden, hidden);
  };
  const mlp = (x, name) => {
    const gate = dense(x, `${name}.gate`, hidden, ffn);
    const active = op("Mul", [gate, op("Sigmoid", [gate])]);
    const up = dense(x, `${name}.up`, hidden, ffn, (column) => column < DEAD);
    return dense(op("Mul", [active, up]), `${name}.down`, ffn, hidden);
  };

  let x = op("Gather", [weight("embedding.weight", [vocab, hidden]), "input_ids"], {}, "embedding");
  for (let i = 0; i < blocks; i++) {
    x = op("Add", [x, attention(norm(x, `${i}.norm1`), `${i}.attention`)]);
    x = op("Add", [x, mlp(norm(x, `${i}.norm2`), `${i}.mlp`)]);
  }
  const logits = dense(norm(x, "norm"), "head", hidden, vocab);
  return {
    name: "decoder",
    nodes,
    inputs: [{ name: "input_ids", dtype: "int64", dims: ["batch", "sequence"] }],
    outputs: [{ name: logits, dtype: "float32", dims: ["batch", "sequence", vocab] }],
    parameters,
    opsets: new Map([["", 17]]),
  };
}

/** A seed for every weight (FNV-1a). */
function seedOf(text, seed) {
  let hash = 0x811c9dc5 ^ seed;
  for (const letter of text) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
  return hash | 1;
}

/** Bytes of a matrix of noise of standard deviation `1/√rows`; its rows are of different scale, as trained ones are. */
function noise(seed, dims, dead = () => false) {
  const data = new Float32Array(sizeOf(dims));
  const [rows, columns] = dims;
  let state = seed;
  for (let row = 0, at = 0; row < rows; row++) {
    const scale = (2.45 * (0.5 + ((row * 37) % 101) / 100)) / Math.sqrt(rows) / 65536;
    for (let column = 0; column < columns; column++, at++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      data[at] = dead(column) ? 0 : ((state & 0xffff) + (state >>> 16) - 65535) * scale; // a triangle of two uniform halves
    }
  }
  return new Uint8Array(data.buffer);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const options = Object.fromEntries(["bytes", "hidden", "ffn", "heads", "vocab", "seed"].map((name) => [name, { type: "string" }])); // prettier-ignore
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const { bytes = 4e9, ...sizes } = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Number(value)])); // prettier-ignore
  const blocks = await make(positionals[0], bytes, sizes);
  console.log(`${positionals[0]}: ${blocks} blocks`);
}
