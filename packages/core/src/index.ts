export * from "./check-plugin.ts";
export type { Checkpoints } from "./checkpoints.ts";
export * from "./data.ts";
export * from "./data-reader.ts";
export * from "./descending.ts";
export * from "./divergence.ts";
export {
  errorBadOption,
  errorNeedsCalibration,
  errorNoLatency,
  errorNothingToPrune,
  errorTargetUnreachable,
  isPruneError,
  PruneError,
  type PruneErrorCode,
} from "./errors.ts";
export * from "./evidence/activations.ts";
export * from "./evidence/axes.ts";
export * from "./evidence/blocks-of.ts";
export * from "./evidence/evidence.ts";
export * from "./evidence/gather.ts";
export * from "./evidence/runs.ts";
export * from "./evidence/samples.ts";
export * from "./evidence/second-moments.ts";
export * from "./gradual.ts";
export * from "./graph/dtype.ts";
export * from "./graph/emitter.ts";
export * from "./graph/graph.ts";
export * from "./graph/graph-builder.ts";
export * from "./graph/node.ts";
export { fromHalves, halfBits } from "./graph/half.ts";
export * from "./graph/tensor.ts";
export type { Histogram } from "./histogram.ts";
export type { ImportanceReport } from "./importance.ts";
export type { Journal } from "./journal.ts";
export * from "./linalg/cholesky.ts";
export * from "./linalg/damped.ts";
export * from "./linalg/gemm.ts";
export * from "./linalg/inverse.ts";
export * from "./linalg/masked.ts";
export * from "./linalg/runtime-gemm.ts";
export * from "./linalg/triangular.ts";
export * from "./loss.ts";
export * from "./map-into.ts";
export * from "./mask-rule.ts";
export * from "./masks.ts";
export * from "./metric.ts";
export * from "./model.ts";
export { floatsIn, floatsOf } from "./floats-in.ts";
export * from "./nth-smallest.ts";
export * from "./ops/define-op.ts";
export * from "./option-schema.ts";
export { freshName, withNames } from "./passes/names.ts";
export * from "./parts/in-parts.ts";
export { partsOf, type GraphPart } from "./passes/recorded-parts.ts";
export { sharedByBodies } from "./passes/shared-by-bodies.ts";
export { unshare } from "./passes/unshare.ts";
export { withWholeInputs } from "./passes/whole-inputs.ts";
export * from "./plan/allocate.ts";
export * from "./plan/apply-cut.ts";
export * from "./plan/cost.ts";
export * from "./plan/cut.ts";
export * from "./plan/cut-layers.ts";
export * from "./plan/edits.ts";
export * from "./plan/kept-positions.ts";
export * from "./plan/least-important.ts";
export * from "./plan/levels.ts";
export * from "./plan/masks-after.ts";
export {
  blockedIn,
  cutOfPlan,
  editsOfPlan,
  parsePlan,
  planOf,
  type Plan,
  type PlanAxis,
  type PlanData,
} from "./plan/plan.ts";
export { layerTimes, type LatencyOptions } from "./plan/single-layer.ts";
export * from "./plan/slice.ts";
export { feedsFor } from "./plan/slice-value.ts";
export * from "./plan/target.ts";
export * from "./plan/transfer-plan.ts";
export * from "./plan/verify.ts";
export * from "./plan/zeros.ts";
export * from "./plugin.ts";
export * from "./prune.ts";
export * from "./prune-within.ts";
export * from "./pruner.ts";
export * from "./random.ts";
export * from "./recovery.ts";
export * from "./reduce.ts";
export * from "./replay.ts";
export * from "./report.ts";
export type { NodeReport } from "./report-graph.ts";
export * from "./scorer.ts";
export * from "./scoring.ts";
export * from "./sensitivity.ts";
export { type Answering, answersOf, type GraphCache } from "./solver/caches.ts";
export type { Vocabulary } from "./solver/vocabulary.ts";
export * from "./solver/analyze.ts";
export * from "./solver/channel-group.ts";
export * from "./solver/layer-matrix.ts";
export * from "./solver/linear-layers.ts";
export { constantsOf } from "./solver/constants.ts";
export { coreOperators, handlersFor, type HandlerLookup } from "./solver/handlers.ts";
export * from "./solver/link.ts";
export * from "./solver/operands.ts";
export * from "./solver/probe.ts";
export { dequantized, requantized, type Quantized } from "./solver/quantized.ts";
export type { HeadsOption } from "./solver/readings.ts";
export { runnableSizes } from "./solver/runnable-sizes.ts";
export * from "./solver/sample-inputs.ts";
export * from "./solver/units-along.ts";
export * from "./steps.ts";
export * from "./stored.ts";
export * from "./trail.ts";
