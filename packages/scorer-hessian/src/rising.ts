/**
 * The non-decreasing numbers closest to some numbers: where one is below those before it, they share their mean. Sums from
 * the beginning then follow the largest convex curve below the original's: none is larger, and where a run of equal numbers
 * ends they are the same. Pool adjacent violators: Ayer et al. 1955, "An empirical distribution function for sampling with
 * incomplete information".
 */
export function rising(numbers: readonly number[]): Float64Array {
  const runs: { sum: number; count: number }[] = [];
  for (const number of numbers) {
    let run = { sum: number, count: 1 };
    for (let last = runs.at(-1); last && last.sum / last.count >= run.sum / run.count; last = runs.at(-1)) {
      run = { sum: run.sum + last.sum, count: run.count + last.count };
      runs.pop();
    }
    runs.push(run);
  }
  return Float64Array.from(runs.flatMap(({ sum, count }) => Array.from({ length: count }, () => sum / count)));
}
