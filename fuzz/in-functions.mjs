import { parse, serialize } from "./protobuf.mjs";

const text = (value) => new TextEncoder().encode(value);
const field = (number, value) => ({ number, wire: typeof value === "bigint" ? 0 : 2, value });
const opset = (domain, version) => ({ kind: "Opset", fields: [field(1, text(domain)), field(2, version)] });

/** A model's file with every node in a function of its own, which the graph calls. */
export function inFunctions(bytes) {
  const tree = parse(bytes);
  const graph = tree.fields.find((f) => f.number === 7).value;
  const opsets = tree.fields.filter((f) => f.number === 8).map((f) => field(9, f.value));
  const nodes = graph.fields.filter((f) => f.number === 1).map((f) => f.value);
  for (const [i, node] of nodes.entries()) {
    const name = text(`Step${i}`);
    const [inputs, outputs] = [1, 2].map((n) => node.fields.filter((f) => f.number === n));
    // An input that is left out has no name, and one that is there twice is one input of the function.
    const read = distinct(inputs).filter((f) => f.value.length);
    const body = { kind: "Node", fields: node.fields };
    const edges = [...read.map((f) => field(4, f.value)), ...outputs.map((f) => field(5, f.value))];
    node.fields = [...read, ...outputs, field(4, name), field(7, text("own"))];
    const fields = [field(1, name), ...edges, field(7, body), ...opsets, field(10, text("own"))];
    tree.fields.push(field(25, { kind: "Function", fields }));
  }
  tree.fields.push(field(8, opset("own", 1n)));
  return serialize(tree);
}

const distinct = (fields) => [...new Map(fields.map((f) => [String(f.value), f])).values()];
