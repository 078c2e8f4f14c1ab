export * from "./weight.ts";
