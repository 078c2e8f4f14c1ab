import { mapWeights, unitMeans, type Scorer } from "@prune/core";

/**
 * Activation value: `S_u = mean |y_u|` over the calibration set and all positions, of what the layers that read unit u
 * are given: after its nonlinearity and normalisation, and after the sum where several layers make it together. Where no
 * layer reads a unit, it is of what its layers yield. A unit's indices, and the layers that read it, are averaged. Of a
 * single weight, the importance of its input.
 * Source: the minimum activation of Molchanov et al. 2017, "Pruning Convolutional Neural Networks for Resource Efficient
 * Inference", arXiv:1611.06440, sec. 2.2, with |y| for y, since not all activations are positive.
 * @returns importances, in units of an activation and at least 0; higher means keep
 */
export function activation(): Scorer {
  return {
    name: "activation",
    needs: ["activations"],
    weights: "outgoing",
    aggregate: "mean",
    scoreMember: (member, group, { analysis, evidence }) =>
      unitMeans(analysis, group, member, (axis) => evidence.get("activations").of(axis).meanAbs),
    scoreWeights: (layer, { evidence }) => {
      const { meanAbs } = evidence.get("activations").of(layer.input);
      return mapWeights(layer, (_, input) => meanAbs[input]!);
    },
  };
}
