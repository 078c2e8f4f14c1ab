export * from "./absolute.ts";
export * from "./l1.ts";
export * from "./l2.ts";
export * from "./relative.ts";
