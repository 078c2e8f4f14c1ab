export * from "./fisher.ts";
export * from "./gradient.ts";
export * from "./grasp.ts";
export * from "./snip.ts";
export * from "./synflow.ts";
export * from "./taylor.ts";
