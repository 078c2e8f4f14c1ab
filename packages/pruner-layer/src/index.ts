export { type Block, type BlockSize, findBlocks } from "./blocks.ts";
export type { CachePath } from "./caches.ts";
export * from "./layer.ts";
export type { Ranking } from "./scores.ts";
