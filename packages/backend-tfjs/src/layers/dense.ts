import { activated } from "./activated.ts";
import type { LayerRule } from "./define-layer.ts";

export const denses: readonly LayerRule[] = [
  {
    className: "Dense",
    emit: (l) => {
      const [kernel, bias] = [l.weight("kernel"), l.weight("bias")];
      if (kernel === undefined) return undefined;
      const product = l.b.op("MatMul", [l.inputs[0]!, kernel]);
      return activated(l, bias === undefined ? product : l.b.op("Add", [product, bias]));
    },
    resize: ({ weight }) => ({ units: weight("kernel")![1]! }),
  },
  {
    className: "Embedding",
    emit: (l) => {
      const table = l.weight("embeddings");
      if (table === undefined) return undefined;
      return l.b.op("Gather", [table, l.b.op("Cast", [l.inputs[0]!], { to: 7 })]);
    },
    resize: ({ weight }) => ({ output_dim: weight("embeddings")![1]! }),
  },
];
