export * from "./bias.ts";
export * from "./bn.ts";
export * from "./reconstruct.ts";
