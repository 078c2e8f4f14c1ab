export * from "./bias.ts";
export * from "./bn.ts";
export * from "./distill.ts";
export * from "./finetune.ts";
export * from "./reconstruct.ts";
export {
  REGULARIZERS,
  sparsify,
  type Regularizer,
  type SparsifyContext,
  type SparsifyNotes,
  type SparsifyOptions,
} from "./sparsify.ts";
export type { RetrainOptions } from "./retrain.ts";
