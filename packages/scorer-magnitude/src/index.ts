export * from "./l1.ts";
export * from "./l2.ts";
