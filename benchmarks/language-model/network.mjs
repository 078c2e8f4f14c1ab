// A language model of the kind of LLaMA (Touvron et al. 2023, arXiv:2302.13971), in the operators that PyTorch exports it in.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { resolve } = createRequire(new URL("../../apps/demo/package.json", import.meta.url));
const { float32Tensor, generator, int64Tensor, nodeOf } = await import(pathToFileURL(resolve("@prune/core")));

/** Sizes of the model: about 0.4 million weights. */
export const SIZES = { width: 96, layers: 4, heads: 8, groups: 4, hidden: 256, context: 96 };

const EPSILON = 1e-5;
const ROTARY_BASE = 10000;

/** Collects nodes and weights; every method returns the name of a value. */
class Builder {
  nodes = [];
  parameters = new Map();

  constructor(seed) {
    this.random = generator(seed);
  }

  /** Normally distributed weights. */
  weight(name, dims, deviation) {
    const normal = () => Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
    return this.parameter(name, dims, () => deviation * normal());
  }

  parameter(name, dims, make) {
    const size = dims.reduce((a, b) => a * b, 1);
    this.parameters.set(name, float32Tensor(name, Float32Array.from({ length: size }, make), dims));
    return name;
  }

  /** A table that is no weight: a Constant node, which is not trained. */
  table(name, dims, make) {
    const size = dims.reduce((a, b) => a * b, 1);
    const value = float32Tensor(
      "",
      Float32Array.from({ length: size }, (_, i) => make(i)),
      dims,
    );
    this.nodes.push(nodeOf("Constant", [], [name], { value: { type: "tensor", value } }, name));
    return name;
  }

  ints(values, dims) {
    const name = `ints_${values.join("_")}${dims ? `_of_${dims.join("_")}` : ""}`;
    if (!this.parameters.has(name)) this.parameters.set(name, int64Tensor(name, values, dims));
    return name;
  }

  scalar(value) {
    const name = `scalar_${value}`;
    if (!this.parameters.has(name)) this.parameters.set(name, float32Tensor(name, Float32Array.of(value), []));
    return name;
  }

  op(name, type, inputs, attributes = {}) {
    this.nodes.push(nodeOf(type, inputs, [name], attributes, name));
    return name;
  }

  linear(name, x, from, to, gain = 1) {
    return this.op(name, "MatMul", [x, this.weight(`${name}.weight`, [from, to], gain / Math.sqrt(from))]);
  }

  rmsNorm(name, x, width) {
    const square = this.op(`${name}/Pow`, "Pow", [x, this.scalar(2)]);
    const mean = this.op(`${name}/ReduceMean`, "ReduceMean", [square], { axes: [-1] });
    const root = this.op(`${name}/Sqrt`, "Sqrt", [this.op(`${name}/Add`, "Add", [mean, this.scalar(EPSILON)])]);
    const normal = this.op(`${name}/Div`, "Div", [x, root]);
    return this.op(name, "Mul", [this.parameter(`${name}.weight`, [width], () => 1), normal]);
  }
}

/**
 * The untrained model: token ids `[batch, sequence]` to logits `[batch, sequence, tokens]`, of any length up to the context.
 * The table of tokens is also the last layer.
 */
export function languageModel(tokens, seed, { width, layers, heads, groups, hidden, context } = SIZES) {
  const b = new Builder(seed);
  const size = width / heads;
  const angle = (i) => Math.floor(i / size) * ROTARY_BASE ** ((-2 * ((i % size) % (size / 2))) / size);
  const [cosines, sines] = ["cos", "sin"].map((f) => b.table(`rotary.${f}`, [context, size], (i) => Math[f](angle(i))));
  const causal = b.table("causal", [1, 1, context, context], (i) => (i % context > Math.floor(i / context) ? -1e9 : 0));

  const length = b.op("length", "Gather", [b.op("shape", "Shape", ["input_ids"]), b.ints([1])]);
  const first = (name, x, axes) => {
    const ends = axes.length === 1 ? length : b.op(`${name}/ends`, "Concat", axes.map(() => length), { axis: 0 }); // prettier-ignore
    return b.op(name, "Slice", [x, b.ints(axes.map(() => 0)), ends, b.ints(axes)]);
  };
  const [cos, sin, mask] = [first("cos", cosines, [0]), first("sin", sines, [0]), first("mask", causal, [2, 3])];

  /** [batch, sequence, n · size] → [batch, n, sequence, size] */
  const split = (x, n) => b.op(`${x}/heads`, "Transpose", [b.op(`${x}/Reshape`, "Reshape", [x, b.ints([0, 0, n, size])])], { perm: [0, 2, 1, 3] }); // prettier-ignore
  const rotary = (x) => {
    const half = (name, from, to) => b.op(`${x}/${name}`, "Slice", [x, b.ints([from]), b.ints([to]), b.ints([3])]);
    const [low, high] = [half("low", 0, size / 2), half("high", size / 2, size)];
    const turned = b.op(`${x}/turned`, "Concat", [b.op(`${x}/Neg`, "Neg", [high]), low], { axis: -1 });
    const parts = [b.op(`${x}/cos`, "Mul", [x, cos]), b.op(`${x}/sin`, "Mul", [turned, sin])];
    return b.op(`${x}/rotated`, "Add", parts);
  };
  /** Every group of keys and values serves several heads: [batch, groups, …] → [batch, heads, …] */
  const repeated = (x) => {
    const repeats = b.ints([1, 1, heads / groups, 1, 1]);
    const wide = b.op(`${x}/Expand`, "Expand", [b.op(`${x}/Unsqueeze`, "Unsqueeze", [x, b.ints([2])]), repeats]);
    return b.op(`${x}/repeated`, "Reshape", [wide, b.ints([0, heads, -1, size])]);
  };
  const attention = (name, x) => {
    const project = (part, n) => split(b.linear(`${name}.${part}_proj`, x, width, n * size), n);
    const [q, k, v] = [rotary(project("q", heads)), repeated(rotary(project("k", groups))), repeated(project("v", groups))]; // prettier-ignore
    const keys = b.op(`${name}/keys`, "Transpose", [k], { perm: [0, 1, 3, 2] });
    const scores = b.op(`${name}/scores`, "Div", [b.op(`${name}/product`, "MatMul", [q, keys]), b.scalar(Math.sqrt(size))]); // prettier-ignore
    const shares = b.op(`${name}/Softmax`, "Softmax", [b.op(`${name}/masked`, "Add", [scores, mask])], { axis: -1 });
    const mixed = b.op(`${name}/mixed`, "Transpose", [b.op(`${name}/values`, "MatMul", [shares, v])], { perm: [0, 2, 1, 3] }); // prettier-ignore
    const joined = b.op(`${name}/joined`, "Reshape", [mixed, b.ints([0, 0, width])]);
    return b.linear(`${name}.o_proj`, joined, width, width, 1 / Math.sqrt(2 * layers));
  };
  const gated = (name, x) => {
    const gate = b.linear(`${name}.gate_proj`, x, width, hidden);
    const silu = b.op(`${name}/silu`, "Mul", [gate, b.op(`${name}/Sigmoid`, "Sigmoid", [gate])]);
    const product = b.op(`${name}/gated`, "Mul", [silu, b.linear(`${name}.up_proj`, x, width, hidden)]);
    return b.linear(`${name}.down_proj`, product, hidden, width, 1 / Math.sqrt(2 * layers));
  };

  const table = b.weight("embed_tokens.weight", [tokens, width], 0.06);
  let x = b.op("embed_tokens", "Gather", [table, "input_ids"]);
  for (let i = 0; i < layers; i++) {
    const at = `layers.${i}`;
    const attended = attention(`${at}.self_attn`, b.rmsNorm(`${at}.input_layernorm`, x, width));
    x = b.op(`${at}/attended`, "Add", [x, attended]);
    const forward = gated(`${at}.mlp`, b.rmsNorm(`${at}.post_attention_layernorm`, x, width));
    x = b.op(`${at}/out`, "Add", [x, forward]);
  }
  const head = b.op("lm_head/Transpose", "Transpose", [table], { perm: [1, 0] });
  b.op("logits", "MatMul", [b.rmsNorm("norm", x, width), head]);
  return {
    name: "language-model",
    nodes: b.nodes,
    inputs: [{ name: "input_ids", dtype: "int64", dims: ["batch", "sequence"] }],
    outputs: [{ name: "logits", dtype: "float32", dims: ["batch", "sequence", tokens] }],
    parameters: b.parameters,
    opsets: new Map([["", 17]]),
  };
}
