export * from "./check-pruner.ts";
export * from "./check-scorer.ts";
