/** What something costs, and what it is worth. */
export interface Point {
  /** Less is better. */
  readonly cost: number;
  /** More is better. */
  readonly value: number;
}

/**
 * The points that none other dominates: none is at least as good in both respects and better in one. Points that are
 * equal stand or fall together. Points with a coordinate that is not a number belong to no front.
 * @returns indices, ascending by cost; equal points in their own order. O(n log n)
 */
export function paretoFront(points: readonly Point[]): number[] {
  const order = points
    .map((_, i) => i)
    .filter((i) => !Number.isNaN(points[i]!.cost) && !Number.isNaN(points[i]!.value))
    .sort((a, b) => points[a]!.cost - points[b]!.cost || points[b]!.value - points[a]!.value || a - b);
  const front: number[] = [];
  for (const i of order) {
    const last = front.length ? points[front.at(-1)!]! : undefined;
    const { cost, value } = points[i]!;
    if (!last || value > last.value || (value === last.value && cost === last.cost)) front.push(i);
  }
  return front;
}
