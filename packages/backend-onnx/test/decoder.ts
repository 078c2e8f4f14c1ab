import { float32Tensor, type Graph, int64Tensor, type Node, nodeOf, type Tensor, type ValueInfo } from "@prune/core";
import { type Cache, CacheWriter, ROOM } from "./decoder-caches.ts";

/** How a decoder is written down. */
export interface DecoderForm {
  /** Operator by operator, as PyTorch exports it; or ONNX's Attention; or ONNX Runtime's GroupQueryAttention. Default "written". */
  readonly attention?: "written" | "Attention" | "GroupQueryAttention";
  /** Default "written". */
  readonly rotary?: "written" | "RotaryEmbedding" | "com.microsoft:RotaryEmbedding";
  /** Default "written". */
  readonly norm?: "written" | "SimplifiedLayerNormalization" | "RMSNormalization";
  /** How keys and values of earlier steps come in and go out. Default: they do not. */
  readonly cache?: Cache;
  /** Whether positions come in, or follow from how much the first layer's cache holds. Default "given". */
  readonly positions?: "given" | "counted";
  /** Whether the table of tokens is also the last layer. Default true. */
  readonly tied?: boolean;
  readonly gate?: "Sigmoid" | "Gelu";
  /** Whether queries and keys are normalised head by head. Default false. */
  readonly headNorms?: boolean;
  readonly opset?: number;
}

/** Sizes of the decoder: 2 layers, 6 heads of 16 features in 3 groups. */
export const DECODER = { tokens: 17, width: 12, layers: 2, heads: 6, groups: 3, size: 16, hidden: 10 } as const;
const { tokens, width, layers, heads, groups, size, hidden } = DECODER;

const float = (value: number) => ({ type: "float", value }) as const;
type Attributes = NonNullable<Parameters<typeof nodeOf>[3]>;

/** A small language model in the way of LLaMA, with the names that transformers gives to inputs and outputs. */
export function decoder(form: DecoderForm = {}): Graph {
  return new Decoder(form).graph();
}

class Decoder {
  private readonly form: Required<Omit<DecoderForm, "cache">> & Pick<DecoderForm, "cache">;
  private readonly nodes: Node[] = [];
  private readonly parameters = new Map<string, Tensor>();
  private readonly inputs: ValueInfo[];
  private readonly outputs: ValueInfo[] = [];
  private readonly caches: CacheWriter;
  private position = "position_ids";
  private state = 1;

  constructor(form: DecoderForm) {
    this.form = { attention: "written", rotary: "written", norm: "written", tied: true, gate: "Sigmoid", headNorms: false, positions: "given", opset: 17, ...form }; // prettier-ignore
    const seen: Readonly<Record<string, number | string>> = { written: ROOM, first: "sequence", none: "sequence" };
    this.inputs = [
      { name: "input_ids", dtype: "int64", dims: ["batch", "sequence"] },
      { name: "attention_mask", dtype: "int64", dims: ["batch", seen[form.cache ?? "none"] ?? "past + sequence"] },
      { name: "position_ids", dtype: "int64", dims: ["batch", "sequence"] },
    ];
    const { inputs, outputs, op, ints, int } = this;
    this.caches = new CacheWriter({ inputs, outputs, op, ints, int, rename: this.rename }, groups, size);
  }

  graph(): Graph {
    const table = this.weight("embed_tokens.weight", [tokens, width]);
    let x = this.op("Gather", [table, "input_ids"], {}, "embed_tokens");
    if (this.form.positions === "counted") this.position = this.counted();
    const turns = this.turns();
    const mask = this.form.attention === "GroupQueryAttention" ? "" : this.mask();
    for (let i = 0; i < layers; i++) {
      const at = `layers.${i}`;
      x = this.op("Add", [x, this.attention(i, `${at}.self_attn`, this.norm(`${at}.input_layernorm`, x), turns, mask)]);
      x = this.op("Add", [x, this.gated(`${at}.mlp`, this.norm(`${at}.post_attention_layernorm`, x))], {}, `${at}.out`);
    }
    const last = this.form.tied ? this.op("Transpose", [table], { perm: [1, 0] }) : this.weight("lm_head.weight", [width, tokens]); // prettier-ignore
    const logits = this.op("MatMul", [this.norm("norm", x), last], {}, "logits");
    return {
      name: "decoder",
      nodes: this.nodes,
      inputs: this.inputs.filter(({ name }) => this.nodes.some((n) => n.inputs.includes(name))),
      outputs: [{ name: logits, dtype: "float32", dims: ["batch", "sequence", tokens] }, ...this.outputs],
      parameters: this.parameters,
      opsets: new Map([["", this.form.opset], ["com.microsoft", 1]]), // prettier-ignore
    };
  }

  /** [1, sequence]: from the length of the first layer's cache on. */
  private counted(): string {
    const size = (of: string, axis: number): string => this.op("Gather", [this.op("Shape", [of]), this.int(axis)]);
    const past = this.form.cache === "stacked" ? size("past_0", 3) : size("past_key_values.0.key", 2);
    const end = this.op("Add", [past, size("input_ids", 1)]);
    return this.op("Unsqueeze", [this.op("Range", [past, end, this.int(1)]), this.ints(0)]);
  }

  private norm(name: string, x: string, features: number = width): string {
    const scale = this.weight(`${name}.weight`, [features]);
    if (this.form.norm !== "written") return this.op(this.form.norm, [x, scale], { epsilon: float(1e-5), axis: -1 });
    const axes = this.form.opset < 18 ? {} : { inputs: [this.ints(-1)] };
    const square = this.op("Pow", [x, this.scalar(2)]);
    const mean = this.op("ReduceMean", [square, ...(axes.inputs ?? [])], axes.inputs ? {} : { axes: [-1] });
    const root = this.op("Sqrt", [this.op("Add", [mean, this.scalar(1e-5)])]);
    return this.op("Mul", [scale, this.op("Div", [x, root])]);
  }

  private gated(name: string, x: string): string {
    const gate = this.linear(`${name}.gate_proj`, x, width, hidden);
    const active = this.form.gate === "Gelu" ? this.op("com.microsoft:Gelu", [gate]) : this.op("Mul", [gate, this.op("Sigmoid", [gate])]); // prettier-ignore
    const product = this.op("Mul", [active, this.linear(`${name}.up_proj`, x, width, hidden)]);
    return this.linear(`${name}.down_proj`, product, hidden, width);
  }

  /** Cosines and sines of angles: of every step, or as tables of 64 positions. */
  private turns(): readonly [cos: string, sin: string] {
    const rates = Array.from({ length: size / 2 }, (_, i) => 10 ** -i);
    if (this.form.rotary !== "written" || this.form.attention === "GroupQueryAttention") {
      const table = (f: "cos" | "sin"): string => this.constant(`rotary.${f}`, [64, size / 2], (i) => Math[f](Math.floor(i / 2) * rates[i % 2]!)); // prettier-ignore
      return [table("cos"), table("sin")];
    }
    const positions = this.op("Cast", [this.op("Unsqueeze", [this.position, this.ints(2)])], { to: 1 });
    const half = this.op("MatMul", [positions, this.constant("inv_freq", [1, size / 2], (i) => rates[i]!)]);
    const angles = this.op("Concat", [half, half], { axis: -1 });
    const each = (type: string): string => this.op("Unsqueeze", [this.op(type, [angles]), this.ints(1)]);
    return [each("Cos"), each("Sin")];
  }

  /** [batch, 1, sequence, total]: zero where a step may look, −1e9 elsewhere. */
  private mask(): string {
    const total = this.op("Squeeze", [this.op("Slice", [this.op("Shape", ["attention_mask"]), this.ints(1), this.ints(2)]), this.ints(0)]); // prettier-ignore
    const steps = this.op("Range", [this.int(0), total, this.int(1)]);
    const seen = this.op("LessOrEqual", [steps, this.op("Unsqueeze", [this.position, this.ints(1, 3)])]);
    const real = this.op("Cast", [this.op("Unsqueeze", ["attention_mask", this.ints(1, 2)])], { to: 9 });
    return this.op("Where", [this.op("And", [seen, real]), this.scalar(0), this.scalar(-1e9)]);
  }

  private attention(layer: number, name: string, x: string, turns: readonly [string, string], mask: string): string {
    const { attention, headNorms, cache } = this.form;
    const projected = (part: string, n: number): string => this.linear(`${name}.${part}_proj`, x, width, n * size);
    const [q, k, v] = [projected("q", heads), projected("k", groups), projected("v", groups)];
    if (attention === "GroupQueryAttention") return this.out(name, this.grouped(layer, [q, k, v], turns));
    const normed = (part: string, y: string): string => (headNorms ? this.norm(`${name}.${part}_norm`, y, size) : y);
    const queries = this.turned(this.split(normed("q", this.reshape(q, [0, 0, heads, size]))), turns);
    const keys = this.turned(this.split(normed("k", this.reshape(k, [0, 0, groups, size]))), turns);
    const values = this.split(this.reshape(v, [0, 0, groups, size]));
    if (attention === "Attention") return this.out(name, this.standard(layer, [queries, keys, values], mask));
    const [allKeys, allValues] = this.cached(layer, keys, values);
    const scores = this.op("MatMul", [queries, this.op("Transpose", [this.repeated(allKeys)], { perm: [0, 1, 3, 2] })]);
    const masked = this.op("Add", [
      this.op("Mul", [scores, this.scalar(size ** -0.5)]),
      this.caches.masked(cache, mask),
    ]);
    const shares = this.op("Softmax", [masked], { axis: -1 });
    const mixed = this.op("MatMul", [shares, this.repeated(allValues)]);
    return this.out(name, this.reshape(this.split(mixed), [0, 0, heads * size]));
  }

  private out = (name: string, x: string): string => this.linear(`${name}.o_proj`, x, heads * size, width);
  private split = (x: string): string => this.op("Transpose", [x], { perm: [0, 2, 1, 3] });
  private reshape = (x: string, to: readonly number[]): string => this.op("Reshape", [x, this.ints(...to)]);

  /** Every group serves several heads, as `repeat_kv` has it: with the shape computed from that of what it repeats. */
  private repeated(x: string): string {
    const shape = this.op("Shape", [x]);
    const dim = (i: number): string => this.op("Slice", [shape, this.ints(i), this.ints(i + 1)]);
    const [batch, steps] = [dim(0), dim(2)];
    const shapeOf = (...parts: readonly string[]): string => this.op("Concat", parts, { axis: 0 });
    const wide = shapeOf(batch, this.ints(groups), this.ints(heads / groups), steps, this.ints(size));
    const expanded = this.op("Expand", [this.op("Unsqueeze", [x, this.ints(2)]), wide]);
    return this.op("Reshape", [expanded, shapeOf(batch, this.ints(heads), steps, this.ints(size))]);
  }

  private turned(x: string, [cos, sin]: readonly [string, string]): string {
    const { rotary } = this.form;
    if (rotary === "com.microsoft:RotaryEmbedding") return this.op(rotary, [x, this.position, cos, sin]);
    if (rotary === "RotaryEmbedding") return this.op(rotary, [x, cos, sin, this.position]);
    const half = (from: number, to: number): string => this.op("Slice", [x, this.ints(from), this.ints(to), this.ints(3)]); // prettier-ignore
    const turned = this.op("Concat", [this.op("Neg", [half(size / 2, 2 ** 62)]), half(0, size / 2)], { axis: -1 });
    return this.op("Add", [this.op("Mul", [x, cos]), this.op("Mul", [turned, sin])]);
  }

  /** Keys and values with those of earlier steps before them. */
  private cached(layer: number, keys: string, values: string): readonly [string, string] {
    const { cache } = this.form;
    return cache ? this.caches.cached(cache, layer, keys, values) : [keys, values];
  }

  private standard(layer: number, operands: readonly string[], mask: string): string {
    const [past, present] = this.form.cache ? this.caches.pairs(layer, this.form.cache) : [[], []];
    const y = this.ops("Attention", [...operands, mask, ...past], {}, [undefined, ...present])[0]!;
    return this.reshape(this.split(y), [0, 0, heads * size]);
  }

  private grouped(layer: number, operands: readonly string[], turns: readonly string[]): string {
    const [given, present] = this.form.cache ? this.caches.pairs(layer, this.form.cache) : [[], []];
    const past = given.length ? given : ["", ""];
    const lengths = this.op("Cast", [this.op("ReduceSum", ["attention_mask", this.ints(1)], { keepdims: 0 })], { to: 6 }); // prettier-ignore
    const before = this.op("Sub", [lengths, this.int32(1)]);
    const total = this.op("Cast", [this.op("Gather", [this.op("Shape", ["attention_mask"]), this.int(1)])], { to: 6 });
    const attributes = { num_heads: heads, kv_num_heads: groups, do_rotary: 1 };
    return this.ops("com.microsoft:GroupQueryAttention", [...operands, ...past, before, total, ...turns], attributes, [undefined, ...present])[0]!; // prettier-ignore
  }

  private linear(name: string, x: string, from: number, to: number): string {
    return this.op("MatMul", [x, this.weight(`${name}.weight`, [from, to])], {}, name);
  }

  private op = (type: string, inputs: readonly string[], attributes: Attributes = {}, name?: string): string =>
    this.ops(type, inputs, attributes, [name])[0]!;

  private rename = (value: string, name: string): string => {
    const at = this.nodes.findIndex((node) => node.outputs[0] === value);
    this.nodes[at] = { ...this.nodes[at]!, outputs: [name] };
    return name;
  };

  private ops(
    type: string,
    inputs: readonly string[],
    attributes: Attributes,
    names: readonly (string | undefined)[],
  ): string[] {
    // prettier-ignore
    const outputs = names.map((name, i) => name ?? `value${this.nodes.length}_${i}`);
    const [opType, domain = ""] = type.split(":").toReversed() as [string, string?];
    this.nodes.push({ ...nodeOf(opType, inputs, outputs, attributes, outputs[0]), domain });
    return outputs;
  }

  private weight = (name: string, dims: readonly number[]): string => this.constant(name, dims, () => this.next());

  private constant(name: string, dims: readonly number[], make: (i: number) => number): string {
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => make(i));
    this.parameters.set(name, float32Tensor(name, data, dims));
    return name;
  }

  private scalar = (value: number): string => this.constant(`scalar_${value}`, [], () => value);
  private ints = (...values: readonly number[]): string => this.integers(values, [values.length]);
  private int = (value: number): string => this.integers([value], []);

  private integers(values: readonly number[], dims: readonly number[]): string {
    const name = `ints_${values.join("_")}${dims.length ? "" : "_scalar"}`;
    this.parameters.set(name, int64Tensor(name, values, dims));
    return name;
  }

  private int32(value: number): string {
    const bytes = new Uint8Array(Int32Array.of(value).buffer);
    this.parameters.set(`int32_${value}`, { name: `int32_${value}`, dtype: "int32", dims: [1], bytes: () => bytes });
    return `int32_${value}`;
  }

  private next(): number {
    this.state = (Math.imul(this.state, 1103515245) + 12345) & 0x7fffffff;
    return this.state / 0x7fffffff - 0.5;
  }
}
