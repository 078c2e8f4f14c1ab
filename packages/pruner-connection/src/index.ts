export type { ConnectionAllocation } from "./allocation.ts";
export * from "./connection.ts";
export * from "./pattern.ts";
