/** Marks the `count` lowest scores; of equal ones the later index goes, so that runs repeat. */
export function leastImportant(scores: Float32Array, count: number): Uint8Array {
  const order = Array.from(scores.keys()).sort((a, b) => scores[a]! - scores[b]! || b - a);
  const removed = new Uint8Array(scores.length);
  for (const i of order.slice(0, count)) removed[i] = 1;
  return removed;
}
