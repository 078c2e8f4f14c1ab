export * from "./reconstruct.ts";
