import {
  cutLayers,
  keptPositions,
  smallEnough,
  type CutLayers,
  type DataSource,
  type LinearLayer,
  type RecoveryContext,
} from "@prune/core";

/** A layer after the cut, and what it was before. */
export interface Part {
  readonly layer: LinearLayer;
  readonly original: LinearLayer;
  /** Position of an element of the layer's tensor in the original's; as long a list as the tensor, made when asked for. */
  readonly from: () => Int32Array;
}

/** The weights of a node that are fitted together: `Y = Σ W·X + b` over its parts, in every block. */
export interface Equation {
  /** What messages call it. */
  readonly name: string;
  readonly node: LinearLayer["node"];
  readonly parts: readonly Part[];
  readonly blocks: number;
  /** Outputs of a block. */
  readonly rows: number;
  /** Columns of a block, over all parts. */
  readonly columns: number;
}

/** The equations of a network after a cut, in its order. */
export interface Equations extends CutLayers {
  readonly equations: readonly Equation[];
}

/** Pairs the layers that are left with those of the original. */
export function equationsOf({
  analysis,
  cut,
  pruned,
}: Pick<RecoveryContext, "analysis" | "cut" | "pruned">): Equations {
  const left = cutLayers(analysis, cut, pruned);
  const originals = byNode(analysis.linear);
  const equations: Equation[] = [];
  for (const [output, layers] of byNode(left.linear)) {
    layers.forEach((layer, i) => {
      const original = originals.get(output)?.[i];
      if (!original || original.tensor.name !== layer.tensor.name) return;
      const part = { layer, original, from: () => keptPositions(analysis, cut, layer.tensor.name) };
      const before = equations.at(-1);
      const columns = layer.features * layer.kernel;
      if (layer.joint && before?.node === layer.node)
        equations.splice(-1, 1, { ...before, parts: [...before.parts, part], columns: before.columns + columns });
      else {
        const { node, blocks, rows } = layer;
        equations.push({ name: layer.tensor.name, node, parts: [part], blocks, rows, columns });
      }
    });
  }
  return { ...left, equations };
}

function byNode(layers: readonly LinearLayer[]): Map<string, LinearLayer[]> {
  const nodes = new Map<string, LinearLayer[]>();
  for (const layer of layers) {
    const name = layer.node.outputs.find(Boolean)!;
    nodes.set(name, [...(nodes.get(name) ?? []), layer]);
  }
  return nodes;
}

/** Calls back for every element of a part's weights: block, row, column within the part, position in the tensor. */
export function eachWeight(
  { blocks, rows, features, kernel, at }: LinearLayer,
  visit: (block: number, row: number, column: number, position: number) => void,
): void {
  for (let b = 0; b < blocks; b++)
    for (let r = 0; r < rows; r++)
      for (let f = 0; f < features; f++) for (let k = 0; k < kernel; k++) visit(b, r, f * kernel + k, at(b, r, f, k));
}

/** Bytes of unfolded inputs in one run. */
const RUN_BYTES = 2 ** 27;

/** The calibration data, in batches whose unfolded inputs do not take much memory. */
export function unfoldable({ analysis, data }: Pick<RecoveryContext, "analysis" | "data">): DataSource {
  const layers = analysis.linear.filter((layer) => layer.unfold);
  return smallEnough(data, analysis, layers, RUN_BYTES);
}
