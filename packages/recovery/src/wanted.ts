import { GraphBuilder, keptPositions, type Cut, type Graph, type RecoveryContext } from "@prune/core";
import type { Aim } from "./aim.ts";
import { Draft } from "./draft.ts";
import { eachWeight, type Equation } from "./equations.ts";
import { emitInputs, emitOutputs } from "./moments.ts";

/** What the original yields that a layer is fitted to. */
export interface Wanted {
  /** The original, with what the value takes. */
  readonly graph: Graph;
  readonly value: string;
  /** The states of a recurrent layer, as a matrix like that of its inputs. */
  readonly states?: string | undefined;
  /** Values of the original that are reached with it. */
  readonly upTo: readonly string[];
  /** What the layer reads in the original: reached before the value is. */
  readonly inputs: readonly string[];
}

/**
 * The original's value that a layer aims at, as far as the cut kept it. Without an aim it is the linear map itself, as
 * the original has it: what goes into the gates of a recurrent layer is not to be seen in its outputs.
 */
export function wantedOf(equation: Equation, aim: Aim | undefined, context: RecoveryContext): Wanted {
  const { graph } = context.analysis;
  const builder = new GraphBuilder(graph);
  const inputs = graph.nodes.find((n) => n.outputs[0] === equation.node.outputs[0])!.inputs.filter(Boolean);
  if (!aim) {
    const value = builder.output(mapOf(builder, equation, context));
    return { value, states: statesOf(builder, equation, context.cut), graph: builder.build(), upTo: inputs, inputs };
  }
  const kept = keptOf(builder, aim.original, context.cut);
  const value = builder.output(builder.op("Cast", [kept], { to: 1 }));
  return { value, graph: builder.build(), upTo: [aim.original], inputs };
}

/** Emits a value of the original without the slices that the cut removed. */
function keptOf(builder: GraphBuilder, value: string, cut: Cut): string {
  let kept = value;
  for (const [axis, indices] of cut.axesOf(value))
    kept = builder.op("Gather", [kept, builder.int64(indices)], { axis });
  return kept;
}

/** Emits the states that a recurrent layer of the original starts its steps with, of the units that are left. */
function statesOf(builder: GraphBuilder, { node, parts, blocks }: Equation, cut: Cut): string | undefined {
  const part = parts.find(({ layer }) => node.outputs.includes(layer.input.value));
  if (!part) return undefined;
  const { size, indices } = cut.kept(part.original.input);
  const columns = Array.from({ length: blocks }, (_, b) => Array.from(indices, (i) => b * size + i)).flat();
  const matrix = builder.op("Cast", [part.original.unfold!(builder)], { to: 1 });
  return builder.output(builder.op("Gather", [matrix, builder.int64(columns)], { axis: 1 }));
}

/** Emits an equation as the original has it, for the rows that are left. */
function mapOf(builder: GraphBuilder, equation: Equation, { analysis, cut, runtime }: RecoveryContext): string {
  const draft = new Draft(analysis, runtime);
  const { blocks, rows } = equation;
  const parts = equation.parts.map(({ original, from }) => ({ layer: original, original, from }));
  const columns = parts.reduce((sum, { layer }) => sum + layer.features * layer.kernel, 0);
  const weights = new Float32Array(blocks * columns * rows);
  const bias = new Float32Array(blocks * rows);
  let first = 0;
  equation.parts.forEach(({ layer, original, from: positions }) => {
    const start = first;
    first += original.features * original.kernel;
    const values = draft.read(original.tensor.name);
    const from = positions();
    // Rows of the original by the position of any of their weights, and with them the rows that are left.
    const rowAt = new Int32Array(values.length);
    eachWeight(original, (b, r, _, position) => {
      rowAt[position] = b * original.rows + r;
    });
    const kept = new Map<number, number>();
    for (let b = 0; b < blocks; b++)
      for (let r = 0; r < rows; r++) kept.set(rowAt[from[layer.at(b, r, 0, 0)]!]!, b * rows + r);
    eachWeight(original, (b, r, c, position) => {
      const row = kept.get(b * original.rows + r);
      if (row === undefined) return;
      const [block, own] = [Math.floor(row / rows), row % rows];
      weights[(block * columns + start + c) * rows + own] = values[position]!;
    });
    if (!layer.bias || !original.bias) return;
    const biases = draft.read(original.bias.name);
    const biasFrom = keptPositions(analysis, cut, original.bias.name);
    for (let b = 0; b < blocks; b++)
      for (let r = 0; r < rows; r++) bias[b * rows + r]! += biases[biasFrom[layer.biasAt(b, r)]!]!;
  });
  const whole = { ...equation, parts, columns };
  return emitOutputs(builder, whole, emitInputs(builder, whole), weights, bias);
}
