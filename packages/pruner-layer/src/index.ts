export { type Block, type BlockSize, findBlocks } from "./blocks.ts";
export * from "./layer.ts";
export type { Ranking } from "./scores.ts";
