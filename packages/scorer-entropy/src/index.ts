export * from "./entropy.ts";
