import { errorRewind } from "../errors.ts";
import { isFloat } from "../graph/dtype.ts";
import type { Graph } from "../graph/graph.ts";
import { toFloat32 } from "../graph/tensor.ts";
import type { Analysis } from "../solver/analyze.ts";
import { constantsOf } from "../solver/constants.ts";
import { applyCut } from "./apply-cut.ts";
import type { Done } from "./compose.ts";
import { withEdits } from "./edits.ts";

/** All float constants of a network. */
export type Values = ReadonlyMap<string, Float32Array>;

/**
 * The values that a network of the same architecture holds.
 * @throws {PruneError} `bad-option` for a tensor that one has and the other has not, or not in that shape
 */
export function valuesOf(analysis: Analysis, other: Analysis): Values {
  const floats = ({ graph }: Analysis) => new Map([...constantsOf(graph)].filter(([, { dtype }]) => isFloat(dtype)));
  const [own, others] = [floats(analysis), floats(other)];
  for (const name of new Set([...own.keys(), ...others.keys()])) {
    const [wanted, got] = [own.get(name)?.dims, others.get(name)?.dims];
    if (wanted?.join() !== got?.join()) throw errorRewind(name, wanted, got);
  }
  return new Map([...others].map(([name, tensor]) => [name, toFloat32(tensor)]));
}

/** What a decision leaves of a network whose constants have other values. */
export function cutWith(analysis: Analysis, { cut, edits }: Done, values: Values): Graph {
  return applyCut(withEdits(analysis, { ...edits, values: new Map([...values, ...(edits.values ?? [])]) }), cut);
}
