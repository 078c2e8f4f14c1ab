import type { GateStatistics, Scorer } from "@prune/core";

/**
 * Importance of a unit by a gate on what is read of it: after its nonlinearity and normalisation, and after the sum where
 * several layers make it together. Where no layer reads a unit, the gate is on what its layers yield. Layers that read a
 * unit are averaged.
 */
export function perGate(
  importance: (gate: GateStatistics) => Float64Array,
): Pick<Scorer, "weights" | "aggregate" | "scoreMember"> {
  return {
    weights: "outgoing",
    aggregate: "mean",
    scoreMember: ({ tensor, role }, group, { analysis, evidence }) => {
      const layer = analysis.linear.find((l) => l.tensor.name === tensor.name);
      const axis = role === "input" ? layer?.input : layer?.output;
      const gate = axis && evidence.get("gradients").gates(group, axis);
      return gate && Float32Array.from(importance(gate));
    },
  };
}
