import {
  type Attribute,
  type DType,
  type Graph,
  type Node,
  sizeOf,
  type Tensor,
  tensorOf,
  type ValueInfo,
} from "@prune/core";
import fc from "fast-check";

const WIDTHS = {
  float32: 4,
  float16: 2,
  bfloat16: 2,
  float64: 8,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  bool: 1,
} as const;

const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 12 }),
  fc.constantFrom("__proto__", "héß", "a/b.c:0", "\u{1F600}"),
);

const tensor: fc.Arbitrary<Tensor> = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(WIDTHS) as (keyof typeof WIDTHS)[])),
    dims: fc.array(fc.nat(4), { maxLength: 3 }),
  })
  .chain(({ dtype, dims }) => {
    const length = sizeOf(dims) * WIDTHS[dtype];
    return fc.uint8Array({ minLength: length, maxLength: length }).map((data) => tensorOf("", dtype, dims, data));
  });

const float = fc.float({ noNaN: true });

function attribute(depth: number): fc.Arbitrary<Attribute> {
  const flat: fc.Arbitrary<Attribute>[] = [
    fc.record({ type: fc.constant("int" as const), value: fc.maxSafeInteger() }),
    fc.record({ type: fc.constant("float" as const), value: float }),
    fc.record({ type: fc.constant("string" as const), value: fc.string() }),
    fc.record({ type: fc.constant("ints" as const), value: fc.array(fc.maxSafeInteger()) }),
    fc.record({ type: fc.constant("floats" as const), value: fc.array(float) }),
    fc.record({ type: fc.constant("strings" as const), value: fc.array(fc.string()) }),
    fc.record({ type: fc.constant("tensor" as const), value: tensor }),
  ];
  if (depth === 0) return fc.oneof(...flat);
  const body = arbitraryGraph(depth - 1).map((graph) => ({ ...graph, opsets: OPSETS }));
  return fc.oneof(...flat, fc.record({ type: fc.constant("graph" as const), value: body }));
}

const OPSETS: Graph["opsets"] = new Map([["", 17]]);

/** Any well-formed graph: names of every kind, all attribute kinds, values read from anywhere before. */
export function arbitraryGraph(depth = 1): fc.Arbitrary<Graph> {
  const node = fc.record({
    name: fc.oneof(fc.constant(""), name),
    opType: fc.constantFrom("Conv", "Relu", "MyOp"),
    domain: fc.constantFrom("", "com.x"),
    reads: fc.array(fc.nat(50), { maxLength: 3 }),
    attributes: fc.dictionary(name, attribute(depth), { maxKeys: 3 }),
  });
  return fc
    .record({
      name: fc.string(),
      values: fc.uniqueArray(name, { minLength: 2, maxLength: 12 }),
      nodes: fc.array(node, { maxLength: 5 }),
      tensors: fc.array(tensor, { maxLength: 3 }),
      dims: fc.option(fc.array(fc.oneof(fc.nat(), name, fc.constant(undefined)), { maxLength: 4 }), { nil: undefined }),
    })
    .map(({ name, values, nodes, tensors, dims }) => {
      const names = values.map((value) => `v${depth}:${value}`);
      const info = (name: string): ValueInfo => ({ name, dtype: "float32" satisfies DType, dims });
      const parameters = new Map(tensors.map((t, i) => [`w${depth}.${i}`, { ...t, name: `w${depth}.${i}` }]));
      const known = [names[0]!, ...parameters.keys()];
      const made: Node[] = [];
      for (const [i, { reads, ...rest }] of nodes.entries()) {
        const outputs = names[i + 1] === undefined ? [] : [names[i + 1]!];
        made.push({ ...rest, inputs: reads.map((r) => known[r] ?? ""), outputs });
        known.push(...outputs);
      }
      return {
        name,
        nodes: made,
        inputs: [info(names[0]!)],
        outputs: [info(known.at(-1)!)],
        parameters,
        opsets: OPSETS,
      };
    });
}

/** A graph as plain values that can be compared: no origins, bytes instead of functions. */
export function plain(graph: Graph): unknown {
  return {
    name: graph.name,
    nodes: graph.nodes.map((node) => ({
      ...without(node),
      attributes: Object.entries(node.attributes)
        .map(([key, a]) => [
          key,
          a.type,
          a.type === "tensor" ? plainTensor(a.value) : a.type === "graph" ? plain(a.value) : a.value,
        ])
        .toSorted(([a], [b]) => ((a as string) < (b as string) ? -1 : 1)),
    })),
    inputs: graph.inputs.map(without),
    outputs: graph.outputs.map(without),
    parameters: [...graph.parameters].map(([key, tensor]) => [key, plainTensor(tensor)]),
    opsets: [...graph.opsets],
  };
}

function plainTensor({ name, dtype, dims, bytes }: Tensor): unknown {
  return { name, dtype, dims, bytes: [...bytes()] };
}

function without<T extends { readonly origin?: unknown }>(value: T): Omit<T, "origin"> {
  const rest = { ...value };
  delete (rest as { origin?: unknown }).origin;
  return rest;
}

/** The same graph with nothing left of where it came from, so that all of it is encoded anew. */
export function withoutOrigins(graph: Graph): Graph {
  const bare = <T extends { readonly origin?: unknown }>(thing: T) => without(thing) as T;
  const bareAttribute = (a: Attribute): Attribute => {
    if (a.type === "tensor") return { type: "tensor", value: bare(a.value) };
    return a.type === "graph" ? { type: "graph", value: withoutOrigins(a.value) } : { ...a };
  };
  return {
    ...bare(graph),
    nodes: graph.nodes.map((node) => ({
      ...bare(node),
      attributes: Object.fromEntries(Object.entries(node.attributes).map(([key, a]) => [key, bareAttribute(a)])),
    })),
    inputs: graph.inputs.map(bare),
    outputs: graph.outputs.map(bare),
    parameters: new Map([...graph.parameters].map(([key, tensor]) => [key, bare(tensor)])),
  };
}
