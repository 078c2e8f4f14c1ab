export * from "./activation.ts";
export * from "./apoz.ts";
export * from "./contribution.ts";
export * from "./ria.ts";
export * from "./wanda.ts";
