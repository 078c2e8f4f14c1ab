import { PruneError } from "@prune/core";

export const errorNoServer = (url: string, cause: unknown): PruneError =>
  new PruneError(
    "io-failed",
    `${withoutPassword(url)}: no Redis or Valkey answers there: ${cause instanceof Error ? cause.message : String(cause)}. Start one, or correct the address.`,
    { cause },
  );

/** An address without what must not be printed. */
function withoutPassword(url: string): string {
  return url.replace(/^(\w+:\/\/)[^@/]*@/, "$1");
}
