export * from "./absolute.ts";
export * from "./bn-scale.ts";
export * from "./fpgm.ts";
export * from "./l1.ts";
export * from "./l2.ts";
export * from "./lamp.ts";
export * from "./relative.ts";
export * from "./weight.ts";
