export type { TrainingData } from "./data.ts";
export type { Score } from "./evaluation.ts";
export type { ForwardOptions, Taught } from "./forward.ts";
export { synapticFlow } from "./flow/synaptic-flow.ts";
export { type GradientGraph, gradientGraph, type GradientGraphOptions } from "./gradient-graph.ts";
export { gradients, type GradientsOptions } from "./gradients.ts";
export { binaryCrossEntropy } from "./losses/binary-cross-entropy.ts";
export { crossEntropy, type CrossEntropyOptions } from "./losses/cross-entropy.ts";
export { ctc, type CtcOptions } from "./losses/ctc.ts";
export {
  distillation,
  type DistillationOptions,
  featureDistillation,
  type FeaturePair,
} from "./losses/distillation.ts";
export { groupLasso } from "./losses/group-lasso.ts";
export type { Loss, LossContext, LossGraph, LossNetwork, LossValue } from "@prune/core";
export { meanSquaredError, type RegressionOptions } from "./losses/mean-squared-error.ts";
export { scaleL1 } from "./losses/scale-l1.ts";
export { weighted } from "./losses/weighted.ts";
export { adamW, type AdamWOptions } from "./optimizers/adamw.ts";
export type { Optimizer, UpdateContext } from "./optimizers/optimizer.ts";
export { sgd, type SgdOptions } from "./optimizers/sgd.ts";
export { withWeights } from "./put-back.ts";
export { constant, cosine, linear, oneCycle, type OneCycleOptions, type Schedule, warmUp } from "./schedules.ts";
export { train, type Checkpoint, type Epoch, type Progress, type TrainOptions, type TrainResult } from "./train.ts";
export type { Trainable } from "./trainable.ts";
export { type TrainingGraph, trainingGraph, type TrainingGraphOptions } from "./training-graph.ts";
