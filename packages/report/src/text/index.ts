export * from "./blocked.ts";
export * from "./format.ts";
export * from "./proof.ts";
export * from "./signature.ts";
