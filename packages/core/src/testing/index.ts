export { analyzeNetwork } from "./analyze-network.ts";
export * from "./check-pruner.ts";
export * from "./check-scorer.ts";
export * from "./dense-layers.ts";
export * from "./network.ts";
export * from "./sample-group.ts";
export * from "./prune-context.ts";
export { type SampleNetwork, sampleNetworks } from "./sample-networks.ts";
export { sampleEvidence } from "./sample-evidence.ts";
