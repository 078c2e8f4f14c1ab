export * from "./obd.ts";
export * from "./obs.ts";
