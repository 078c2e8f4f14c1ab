import type { Gemm } from "@prune/core";
import { addLosses, leave, partOf, type Reader } from "./reader.ts";

/** A unit that left, and what all readers together lost with it. */
export interface Departure {
  readonly unit: number;
  readonly loss: number;
}

/** At most this part of the units that are left leaves in a round. */
const ROUND = 1 / 16;

/**
 * Backward elimination: time and again the unit leaves whose loss is smallest, and what is left makes up for it. Sums from
 * the beginning are what the readers lose without all those units together (but for rows that left with one of them, which
 * count until then).
 *
 * In rounds, since an update of whole matrices costs n² for every column: of the units that are left, twice as many as may
 * leave stand for election, and only what the readers say of these is updated after each departure. A round ends early
 * when the next one costs more than the cheapest of the others did at its beginning.
 * @param readers change, until nothing is left of them
 * @returns all units that a reader has columns of, in the order of departure; of equal ones the later goes first
 */
export async function backward(readers: readonly Reader[], gemm: Gemm): Promise<Departure[]> {
  const departures: Departure[] = [];
  const left = new Set(readers.flatMap(({ owned }) => [...owned.keys()]));
  const size = [...left].reduce((most, unit) => Math.max(most, unit + 1), 0);
  while (left.size) {
    const losses = await lossesOf(readers, size);
    const cheapest = [...left].sort((a, b) => losses[a]! - losses[b]! || b - a);
    const most = Math.ceil(left.size * ROUND);
    const open = cheapest.slice(0, 2 * most);
    const limit = losses[cheapest[2 * most] ?? -1] ?? Infinity;
    const gone = await round(readers.map((reader) => partOf(reader, open)), losses, { open, most, limit, gemm }); // prettier-ignore
    for (const reader of readers) await leave(reader, gone.map(({ unit }) => unit), gemm); // prettier-ignore
    for (const { unit } of gone) left.delete(unit);
    departures.push(...gone);
  }
  return departures;
}

interface Round {
  readonly open: readonly number[];
  readonly most: number;
  readonly limit: number;
  readonly gemm: Gemm;
}

/** The first of the units that stand for election, one after the other. */
async function round(
  parts: readonly Reader[],
  losses: Float64Array,
  { open, most, limit, gemm }: Round,
): Promise<Departure[]> {
  const gone: Departure[] = [];
  const left = new Set(open);
  for (let now = losses; ; now = await lossesOf(parts, losses.length)) {
    const unit = [...left].reduce((a, b) => (now[b]! < now[a]! || (now[b] === now[a] && b > a) ? b : a));
    if (gone.length && now[unit]! > limit) return gone;
    gone.push({ unit, loss: now[unit]! });
    left.delete(unit);
    if (gone.length === most || !left.size) return gone;
    for (const part of parts) await leave(part, [unit], gemm);
  }
}

async function lossesOf(readers: readonly Reader[], size: number): Promise<Float64Array> {
  const losses = new Float64Array(size);
  for (const reader of readers) await addLosses(reader, losses);
  return losses;
}
