import { errorBadSparsity, errorBadTarget } from "../errors.ts";

/** A budget: `macs`, `params` and `bytes` are result / original, in (0, 1]. */
export type Budget = "macs" | "params" | "bytes";

/**
 * How much to remove: a budget for the whole network; the fraction that every group loses; or what is left of the time
 * of a run, measured on this machine.
 */
export type Target =
  { readonly budget: Budget; readonly ratio: number } | { readonly sparsity: number } | { readonly latency: number };

/** What callers write: `{ macs: 0.5 }`, `{ params: 0.5 }`, `{ bytes: 0.5 }`, `{ latency: 0.5 }` or `{ sparsity: 0.5 }`. */
export type TargetOption = { readonly [K in Budget | "sparsity" | "latency"]?: number };

/** @throws {PruneError} `bad-option` unless exactly one figure is given and lies in its range. */
export function parseTarget(option: TargetOption): Target {
  const given = Object.entries(option).filter(([, value]) => value !== undefined);
  const [name, value] = given[0] ?? [];
  if (given.length !== 1 || name === undefined || value === undefined) throw errorBadTarget(given.map(([key]) => key));
  if (name === "sparsity") {
    if (!(value >= 0 && value < 1)) throw errorBadSparsity(value);
    return { sparsity: value };
  }
  if (name !== "macs" && name !== "params" && name !== "bytes" && name !== "latency") throw errorBadTarget([name]);
  if (!(value > 0 && value <= 1)) throw errorBadTarget([`${name}=${value}`]);
  if (name === "latency") return { latency: value };
  return { budget: name, ratio: value };
}
