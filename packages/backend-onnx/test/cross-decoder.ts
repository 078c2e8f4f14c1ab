import { float32Tensor, type Graph, int64Tensor, type Node, nodeOf, sizeOf, type Tensor, type ValueInfo } from "@prune/core"; // prettier-ignore

/** Sizes of the decoder: 2 layers, 4 heads of 8 features. */
export const CROSS = { tokens: 17, width: 12, layers: 2, heads: 4, size: 8, hidden: 10 } as const;
const { tokens, width, layers, heads, size, hidden } = CROSS;

/**
 * The first step, which computes keys and values of what the encoder said; later ones, which are given these and yield only
 * what grows; or later ones that hand these on as well.
 */
export type Step = "first" | "next" | "handing on";

/** A small decoder that attends to an encoder, in the way of Whisper and T5, with the names that optimum gives to all. */
export function crossDecoder(step: Step): Graph {
  const nodes: Node[] = [];
  const parameters = new Map<string, Tensor>();
  const inputs: ValueInfo[] = [{ name: "input_ids", dtype: "int64", dims: ["batch", "sequence"] }];
  const outputs: ValueInfo[] = [{ name: "logits", dtype: "float32", dims: ["batch", "sequence", tokens] }];
  if (step === "first")
    inputs.push({ name: "encoder_hidden_states", dtype: "float32", dims: ["batch", "frames", width] });

  const op = (
    type: string,
    from: readonly string[],
    attributes: Record<string, number | readonly number[]> = {},
    name = `value${nodes.length}`,
  ): string => {
    // prettier-ignore
    nodes.push(nodeOf(type, from, [name], attributes, name));
    return name;
  };
  const ints = (...values: readonly number[]): string => {
    const name = `ints_${values.join("_")}`;
    parameters.set(name, int64Tensor(name, values));
    return name;
  };
  /** The same numbers for a name in every step. */
  const weight = (name: string, dims: readonly number[]): string => {
    const seed = [...name].reduce((sum, c, i) => sum + (i + 1) * c.codePointAt(0)!, 0);
    const data = Float32Array.from({ length: sizeOf(dims) }, (_, i) => Math.sin(seed + 7.3 * i) / 2);
    parameters.set(name, float32Tensor(name, data, dims));
    return name;
  };
  const scalar = (value: number): string => {
    parameters.set(`scalar_${value}`, float32Tensor(`scalar_${value}`, [value], []));
    return `scalar_${value}`;
  };
  const linear = (name: string, x: string, from: number, to: number): string => op("MatMul", [x, weight(`${name}.weight`, [from, to])], {}, name); // prettier-ignore
  const split = (x: string, name?: string): string => op("Transpose", [op("Reshape", [x, ints(0, -1, heads, size)])], { perm: [0, 2, 1, 3] }, name); // prettier-ignore

  const cache = (kind: "past_key_values" | "present", of: string, length: string): string => {
    const name = `${kind}.${of}`;
    (kind === "present" ? outputs : inputs).push({ name, dtype: "float32", dims: ["batch", heads, length, size] });
    return name;
  };
  const grown = (of: string, x: string): string => {
    const present = cache("present", of, step === "first" ? "sequence" : "past + sequence");
    if (step === "first") return split(x, present);
    return op("Concat", [cache("past_key_values", of, "past"), split(x)], { axis: 2 }, present);
  };
  const computedOnce = (of: string, name: string): string => {
    if (step === "first") return split(linear(name, "encoder_hidden_states", width, heads * size), cache("present", of, "frames")); // prettier-ignore
    const past = cache("past_key_values", of, "frames");
    if (step === "handing on") op("Identity", [past], {}, cache("present", of, "frames"));
    return past;
  };
  /** Zero where a step may look, −1e9 at later ones. */
  const masked = (scores: string, keys: string): string => {
    const sizeOfAxis = (of: string, axis: number): string => op("Gather", [op("Shape", [of]), ints(axis)]);
    const [steps, total] = [sizeOfAxis("input_ids", 1), sizeOfAxis(keys, 2)];
    const later = op("Expand", [scalar(-1e9), op("Concat", [steps, total], { axis: 0 })]);
    const first = op("Squeeze", [op("Add", [op("Sub", [total, steps]), ints(1)]), ints(0)]);
    return op("Add", [scores, op("Trilu", [later, first], { upper: 1 })]);
  };
  const attention = (name: string, x: string, keys: string, values: string, isOwn: boolean): string => {
    const queries = split(linear(`${name}.q_proj`, x, width, heads * size));
    const scores = op("MatMul", [queries, op("Transpose", [keys], { perm: [0, 1, 3, 2] })]);
    const scaled = op("Mul", [scores, scalar(size ** -0.5)]);
    const shares = op("Softmax", [isOwn ? masked(scaled, keys) : scaled], { axis: -1 });
    const mixed = op("Transpose", [op("MatMul", [shares, values])], { perm: [0, 2, 1, 3] });
    return linear(`${name}.out_proj`, op("Reshape", [mixed, ints(0, -1, heads * size)]), heads * size, width);
  };

  let x = op("Gather", [weight("embed_tokens.weight", [tokens, width]), "input_ids"], {}, "embed_tokens");
  for (let i = 0; i < layers; i++) {
    const [own, cross] = [`layers.${i}.self_attn`, `layers.${i}.encoder_attn`];
    const projected = (part: string): string => linear(`${own}.${part}_proj`, x, width, heads * size);
    const [keys, values] = [grown(`${i}.decoder.key`, projected("k")), grown(`${i}.decoder.value`, projected("v"))];
    x = op("Add", [x, attention(own, x, keys, values, true)]);
    const [seen, told] = [computedOnce(`${i}.encoder.key`, `${cross}.k_proj`), computedOnce(`${i}.encoder.value`, `${cross}.v_proj`)]; // prettier-ignore
    x = op("Add", [x, attention(cross, x, seen, told, false)]);
    x = op("Add", [x, linear(`layers.${i}.fc2`, op("Relu", [linear(`layers.${i}.fc1`, x, width, hidden)]), hidden, width)]); // prettier-ignore
  }
  nodes.push(nodeOf("MatMul", [x, weight("lm_head.weight", [width, tokens])], ["logits"], {}, "lm_head"));
  return { name: step, nodes, inputs, outputs, parameters, opsets: new Map([["", 17]]) };
}
