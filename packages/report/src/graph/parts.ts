import type { Box } from "./box.ts";

/** A piece of a network that one value goes into and one comes out of, such as a residual block. */
export interface Part {
  readonly boxes: readonly Box[];
  /** Per box, what it reads: positions in the part, −1 for what comes from the part before. */
  readonly from: readonly (readonly number[])[];
  /** How many more parts that look the same follow it. */
  readonly more: number;
}

/** Boxes in single file that share a part. */
const CHAIN = 6;
/** Parts that may repeat together, such as attention and feed-forward. */
const LONGEST_PERIOD = 4;

/** Cuts a network where a single value is alive, so that its parts can be drawn side by side; repeats are drawn once. */
export function partsOf(boxes: readonly Box[]): Part[] {
  const last = boxes.map((_, i) => i);
  for (const [i, { from }] of boxes.entries()) for (const n of from) last[n] = i;
  const ends: number[] = [];
  const alive = new Set<number>();
  for (const i of boxes.keys()) {
    if (last[i]! > i) alive.add(i);
    for (const n of alive) if (last[n]! <= i) alive.delete(n);
    if (alive.size <= 1) ends.push(i + 1);
  }
  const parts: { start: number; end: number }[] = [];
  let start = 0;
  for (const end of ends) {
    const before = parts.at(-1);
    const single = end - start === 1;
    if (before && single && before.end - before.start < CHAIN && isChain(boxes, before)) before.end = end;
    else parts.push({ start, end });
    start = end;
  }
  return withRepeats(parts.map(({ start, end }) => partOf(boxes, start, end)));
}

/** Whether boxes stand in single file. */
const isChain = (boxes: readonly Box[], { start, end }: { readonly start: number; readonly end: number }): boolean =>
  boxes.slice(start, end).every(({ from }, i) => i === 0 || (from.length === 1 && from[0] === start + i - 1));

function partOf(boxes: readonly Box[], start: number, end: number): Omit<Part, "more"> {
  const own = boxes.slice(start, end);
  return { boxes: own, from: own.map(({ from }) => [...new Set(from.map((n) => Math.max(-1, n - start)))]) };
}

/** Two parts look the same: same operations, same widths before and after. */
function lookOf({ boxes, from }: Omit<Part, "more">): string {
  return JSON.stringify([
    from,
    boxes.map((b) => [b.opType, b.follows, b.removed, b.group !== undefined, b.layer?.channels]),
  ]);
}

function withRepeats(parts: readonly Omit<Part, "more">[]): Part[] {
  const looks = parts.map(lookOf);
  const found: Part[] = [];
  for (let i = 0; i < parts.length;) {
    let best = { period: 1, times: 1 };
    for (let period = 1; period <= LONGEST_PERIOD; period++) {
      let times = 1;
      while (looks.slice(i, i + period).every((look, j) => look === looks[i + times * period + j])) times++;
      if (times > 1 && times * period > best.times * best.period) best = { period, times };
    }
    for (let j = 0; j < best.period; j++) found.push({ ...parts[i + j]!, more: best.times - 1 });
    i += best.period * best.times;
  }
  return found;
}
