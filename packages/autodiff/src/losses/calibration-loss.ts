import { type Graph, isFloat, type Loss, type LossContext, producersOf } from "@prune/core";
import { errorLossShape } from "../errors.ts";
import { crossEntropy } from "./cross-entropy.ts";

/**
 * The loss that importance is measured by when none is given:
 *
 * - of class scores `[N, C]`, C ≥ 2, as the first output: cross-entropy with the labels or, without labels, with the
 *   network's own prediction, `−log p(argmax p)`. Where the output is a Softmax, scores are what it reads;
 * - of scores `[N, …, C]` with labels `[N, …]`, such as those of the next tokens: cross-entropy;
 * - of any other network, without labels: half the squared norm of its float outputs, per sample.
 */
export function calibrationLoss(graph: Graph, labelled: boolean): Loss {
  const first = graph.outputs[0]?.name ?? "";
  const producer = producersOf(graph).get(first);
  const output = producer?.opType === "Softmax" ? producer.inputs[0]! : first;
  return {
    name: "calibration",
    labels: labelled ? "int64" : undefined,
    build(op) {
      const { name, dims } = op.value(output);
      if (dims.length === 2 && dims[1]! >= 2) {
        const predicted = (): string => op.g.op("ArgMax", [name], { axis: 1, keepdims: 0 });
        const labels = op.labels ?? { name: predicted(), dims: dims.slice(0, 1) };
        return crossEntropy({ output }).build({ ...op, labels });
      }
      const each = dims.length > 2 && dims.slice(0, -1).join() === op.labels?.dims.join();
      if (each) return crossEntropy({ output }).build(op);
      if (op.labels) throw errorLossShape("calibration", "class scores [N, C], or [N, …, C] with labels [N, …], where the data has labels; leave labels out, or pass the option loss", dims); // prettier-ignore
      return { loss: halfSquaredNorm(op, graph) };
    },
  };
}

function halfSquaredNorm(op: LossContext, { outputs }: Graph): string {
  const squares = outputs
    .filter(({ dtype }) => isFloat(dtype))
    .map(({ name }) => {
      const { name: output, dims } = op.value(name);
      return op.g.scale(op.g.op("ReduceSumSquare", [output], { keepdims: 0 }), 0.5 / (dims[0] ?? 1));
    });
  return op.g.sum(squares);
}
