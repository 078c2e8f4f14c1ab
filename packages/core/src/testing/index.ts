export { analyzeNetwork } from "./analyze-network.ts";
export * from "./check-backend.ts";
export * from "./check-operator.ts";
export * from "./check-pruner.ts";
export * from "./check-scorer.ts";
export * from "./network.ts";
export * from "./sample-group.ts";
export * from "./prune-context.ts";
