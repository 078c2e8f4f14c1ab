import { floatAttribute, intAttribute, intsAttribute, stringAttribute, toNumbers, type Graph, type Node } from "@prune/core"; // prettier-ignore
import { errorCannotWrite } from "../errors.ts";
import { bytesOf, type StoredWeight } from "../format/stored-weight.ts";
import type { JsonObject } from "../json.ts";

/** Nodes of a GraphModel, and the constants that they need. */
export interface Emitted {
  readonly nodes: readonly JsonObject[];
  readonly weights: readonly StoredWeight[];
}

const FLOAT = { type: "DT_FLOAT" };
const INT = { type: "DT_INT32" };

/**
 * Writes nodes that a cut rewrote, which belong to one node of the file, in TensorFlow's words. Only what a cut yields or
 * can touch is known here: operators that move slices, and arithmetic on sizes.
 */
export function emitNodes(nodes: readonly Node[], graph: Graph): Emitted {
  const writer = new Writer(graph, nodes.at(-1)!.outputs[0]!);
  for (const node of nodes) writer.add(node);
  return { nodes: writer.nodes, weights: writer.weights };
}

class Writer {
  readonly nodes: JsonObject[] = [];
  readonly weights: StoredWeight[] = [];
  readonly #graph: Graph;
  readonly #scope: string;

  constructor(graph: Graph, scope: string) {
    this.#graph = graph;
    this.#scope = scope;
  }

  add(node: Node): void {
    const emit = EMITTERS[node.opType];
    if (!emit || node.domain !== "") throw errorCannotWrite(node, "GraphModel");
    emit(this, node);
  }

  push(op: string, name: string, input: readonly string[], attr: JsonObject): void {
    this.nodes.push({ name, op, input, attr });
  }

  /** A constant of the model's: one that the file has, or one of the graph's own, which is added to it. */
  operand(name: string): string {
    const tensor = this.#graph.parameters.get(name);
    if (tensor?.dtype !== "int64") return name;
    return this.ints(toNumbers(tensor), tensor.dims);
  }

  ints(values: readonly number[], shape: readonly number[] = [values.length]): string {
    const name = `${this.#scope}/cut_${this.weights.length}`;
    const tensorShape = { dim: shape.map((size) => ({ size: String(size) })) };
    this.push("Const", name, [], { dtype: INT, value: { tensor: { dtype: "DT_INT32", tensorShape } } });
    const bytes = bytesOf(Int32Array.from(values));
    this.weights.push({ name, shape, dtype: "int32", group: 0, bytes, entry: {} });
    return name;
  }

  numbers(node: Node, input: number): number[] {
    const tensor = this.#graph.parameters.get(node.inputs[input] ?? "");
    if (!tensor) throw errorCannotWrite(node, "GraphModel");
    return toNumbers(tensor);
  }

  isInt(name: string): boolean {
    return this.#graph.parameters.get(name)?.dtype === "int64";
  }
}

type Emit = (w: Writer, node: Node) => void;

/** The same operator on the same operands, under TensorFlow's name. */
const same =
  (op: string, type: JsonObject = FLOAT): Emit =>
  (w, node) =>
    w.push(
      op,
      node.outputs[0]!,
      node.inputs.filter(Boolean).map((name) => w.operand(name)),
      { T: type },
    );

/** Arithmetic of which one side is a constant of sizes is on sizes; the rest is on data. */
const arithmetic =
  (op: string): Emit =>
  (w, node) =>
    same(op, node.inputs.some((name) => w.isInt(name)) ? INT : FLOAT)(w, node);

const EMITTERS: Readonly<Record<string, Emit>> = {
  Identity: (w, node) => same("Identity", w.isInt(node.inputs[0]!) ? INT : FLOAT)(w, node),
  Reshape: (w, { inputs: [x, shape], outputs: [y] }) =>
    w.push("Reshape", y!, [x!, w.operand(shape!)], { T: FLOAT, Tshape: INT }),
  Transpose: (w, { inputs: [x], outputs: [y], attributes }) => {
    const perm = attributes["perm"];
    w.push("Transpose", y!, [x!, w.ints(perm?.type === "ints" ? perm.value : [])], { T: FLOAT, Tperm: INT });
  },
  Gather: (w, node) => {
    const [x, indices] = node.inputs;
    const axis = w.ints([intAttribute(node, "axis", 0)], []);
    const attr = { Tparams: FLOAT, Tindices: INT, Taxis: INT, batch_dims: { i: "0" } };
    w.push("GatherV2", node.outputs[0]!, [w.operand(x!), w.operand(indices!), axis], attr);
  },
  Slice: (w, node) => {
    const [starts, ends, axes] = [1, 2, 3].map((i) => w.numbers(node, i)) as [number[], number[], number[]];
    const steps = node.inputs[4] ? w.numbers(node, 4) : starts.map(() => 1);
    if (axes.some((axis) => axis < 0)) throw errorCannotWrite(node, "GraphModel");
    const rank = Math.max(-1, ...axes) + 1;
    const at = <T>(values: readonly T[], fallback: T): T[] =>
      Array.from({ length: rank }, (_, i) => (axes.includes(i) ? values[axes.indexOf(i)]! : fallback));
    // An axis that is not sliced, and an end beyond any size, are masked.
    const free = (bounds: readonly number[]): string =>
      String(
        at(bounds, 2 ** 31 - 1).reduce((mask, bound, i) => (Math.abs(bound) > 2 ** 30 ? mask | (1 << i) : mask), 0),
      );
    const attr = {
      T: FLOAT,
      Index: INT,
      begin_mask: { i: free(at(starts, 2 ** 31 - 1)) },
      end_mask: { i: free(at(ends, 2 ** 31 - 1)) },
      ellipsis_mask: { i: "0" },
      new_axis_mask: { i: "0" },
      shrink_axis_mask: { i: "0" },
    };
    const bounds = [w.ints(at(starts, 0)), w.ints(at(ends, 0)), w.ints(at(steps, 1))];
    w.push("StridedSlice", node.outputs[0]!, [w.operand(node.inputs[0]!), ...bounds], attr);
  },
  Split: (w, node) => {
    const sizes = node.inputs[1] ? w.numbers(node, 1) : (intsAttribute(node, "split") ?? []);
    const axis = w.ints([intAttribute(node, "axis", 0)], []);
    const attr = { T: FLOAT, Tlen: INT, num_split: { i: String(sizes.length) } };
    w.push("SplitV", node.outputs[0]!, [w.operand(node.inputs[0]!), w.ints(sizes), axis], attr);
  },
  Squeeze: (w, node) => {
    const axes = node.inputs[1] ? w.numbers(node, 1) : [];
    const attr = { T: FLOAT, squeeze_dims: { list: { i: axes.map(String) } } };
    w.push("Squeeze", node.outputs[0]!, [node.inputs[0]!], attr);
  },
  Unsqueeze: (w, node) => {
    const axes = w.numbers(node, 1);
    if (axes.length !== 1) throw errorCannotWrite(node, "GraphModel");
    w.push("ExpandDims", node.outputs[0]!, [node.inputs[0]!, w.ints(axes, [])], { T: FLOAT, Tdim: INT });
  },
  Concat: (w, node) => {
    const axis = w.ints([intAttribute(node, "axis", 0)], []);
    const attr = {
      T: node.inputs.some((name) => w.isInt(name)) ? INT : FLOAT,
      Tidx: INT,
      N: { i: String(node.inputs.length) },
    };
    w.push("ConcatV2", node.outputs[0]!, [...node.inputs.map((name) => w.operand(name)), axis], attr);
  },
  Pad: (w, node) => {
    const pads = w.numbers(node, 1);
    const rank = pads.length / 2;
    const sides = Array.from({ length: rank }, (_, i) => [pads[i]!, pads[i + rank]!]).flat();
    const paddings = w.ints(sides, [rank, 2]);
    const [x, , value] = node.inputs;
    if (stringAttribute(node, "mode", "constant") === "reflect") {
      w.push("MirrorPad", node.outputs[0]!, [x!, paddings], { T: FLOAT, Tpaddings: INT, mode: { s: "UkVGTEVDVA==" } });
    } else if (value) w.push("PadV2", node.outputs[0]!, [x!, paddings, value], { T: FLOAT, Tpaddings: INT });
    else w.push("Pad", node.outputs[0]!, [x!, paddings], { T: FLOAT, Tpaddings: INT });
  },
  Expand: (w, { inputs: [x, shape], outputs: [y] }) =>
    w.push("BroadcastTo", y!, [w.operand(x!), w.operand(shape!)], { T: FLOAT, Tidx: INT }),
  Tile: (w, { inputs: [x, repeats], outputs: [y] }) =>
    w.push("Tile", y!, [w.operand(x!), w.operand(repeats!)], { T: FLOAT, Tmultiples: INT }),
  Shape: same("Shape"),
  ...Object.fromEntries(["Relu", "Elu", "Selu", "Sigmoid", "Tanh", "Softplus"].map((op) => [op, same(op)])),
  PRelu: same("Prelu"),
  Clip: (w, { inputs: [x, low, high], outputs: [y] }) => w.push("ClipByValue", y!, [x!, low!, high!], { T: FLOAT }),
  LeakyRelu: (w, node) =>
    w.push("LeakyRelu", node.outputs[0]!, [node.inputs[0]!], {
      T: FLOAT,
      alpha: { f: floatAttribute(node, "alpha", 0.01) },
    }),
  Add: arithmetic("AddV2"),
  Mul: arithmetic("Mul"),
  Div: arithmetic("FloorDiv"),
  Less: same("Less", INT),
  Where: same("SelectV2", INT),
};
