import { type Box, readersOf, renumbered } from "./box.ts";

/** Boxes of a diamond at most: what is larger is worth seeing. */
const MOST = 12;

/** Fewer boxes that say as much: operations without weights are written into the box that they go on from. */
export const folded = (boxes: readonly Box[]): Box[] => withoutChains(withoutDiamonds(withoutChains(boxes)));

/** Puts an operation into the box before it, where it reads nothing else and nobody else reads that. */
function withoutChains(boxes: readonly Box[]): Box[] {
  const readers = readersOf(boxes.map(({ from }) => from));
  const into = boxes.map((_, i) => i);
  const follows = boxes.map((box) => [...box.follows]);
  for (const [i, box] of boxes.entries()) {
    const [only, ...others] = box.from;
    if (only === undefined || others.length || box.layer || box.opType === "Output") continue;
    const target = boxes[into[only]!]!;
    if (readers[only]!.size !== 1 || target.opType === "Input" || target.removed !== box.removed) continue;
    into[i] = into[only]!;
    follows[into[i]]!.push(box.opType, ...box.follows);
  }
  return renumbered(
    boxes.map((box, i) => ({ ...box, follows: follows[i]! })),
    (i) => into[i],
  );
}

/**
 * Makes one box of operations without weights that part from one box and meet in one, such as a normalisation or an
 * activation that an exporter wrote out in single steps.
 */
function withoutDiamonds(boxes: readonly Box[]): Box[] {
  const from = boxes.map((box) => box.from);
  const readers = readersOf(from);
  const dominators = dominatorsOf(from);
  const into = boxes.map((_, i) => i);
  const ops = boxes.map(({ opType, follows }) => [opType, ...follows]);
  for (const [i, box] of boxes.entries()) {
    const start = dominators[i]!;
    if (start < 0 || box.from.length < 2) continue;
    const inside = between(boxes, from, start, i);
    const closed = inside?.every((n) => n === i || [...readers[n]!].every((reader) => inside.includes(reader)));
    if (!inside || !closed || inside.some((n) => boxes[n]!.removed !== box.removed)) continue;
    for (const n of inside) {
      into[n] = i;
      readers[start]!.delete(n);
    }
    readers[start]!.add(i);
    from[i] = [start];
    ops[i] = inside.toSorted((a, b) => a - b).flatMap((n) => ops[n]!);
  }
  const rooted = (i: number): number => (into[i] === i ? i : rooted(into[i]!));
  return renumbered(
    boxes.map((box, i) => ({ ...box, opType: ops[i]![0]!, follows: ops[i]!.slice(1), from: from[i]! })),
    rooted,
  );
}

/** All boxes on the ways from one to another, the last one included; undefined where there is more than operations. */
function between(
  boxes: readonly Box[],
  from: readonly (readonly number[])[],
  start: number,
  end: number,
): number[] | undefined {
  const inside = new Set<number>();
  const open = [end];
  for (let i = open.pop(); i !== undefined; i = open.pop()) {
    if (i === start || inside.has(i)) continue;
    const { layer, opType } = boxes[i]!;
    if (i < start || layer || opType === "Input" || opType === "Output" || inside.size === MOST) return undefined;
    inside.add(i);
    open.push(...from[i]!);
  }
  return [...inside];
}

/** The last box that every way to a box goes through; −1: there is none. */
function dominatorsOf(from: readonly (readonly number[])[]): number[] {
  const found: number[] = [];
  const common = (a: number, b: number): number => {
    while (a !== b) if (a > b) a = found[a]!; else b = found[b]!; // prettier-ignore
    return a;
  };
  for (const list of from) found.push(list.length ? list.reduce(common) : -1);
  return found;
}
