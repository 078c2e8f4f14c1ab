import { type Curve, curves, legend } from "../charts/curves.ts";
import { basename } from "../page/basename.ts";
import { html } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { numbers } from "../page/table.ts";
import { percent } from "../text/format.ts";
import type { FullReport } from "../types.ts";

const SIZE = { width: 440, height: 280 };

/** What the network was worth against the work it does, as far as that is known; undefined where nothing is. */
export function accuracyCurve({
  before,
  after,
  evaluation,
  steps = [],
  recovery = [],
  search,
}: FullReport): Section | undefined {
  const share = (macs: number): number => macs / before.macs;
  const all: Curve[] = [];
  if (evaluation?.accuracy) {
    const [a, b] = evaluation.accuracy;
    all.push({ name: evaluation.data === undefined ? "accuracy" : `accuracy on ${basename(evaluation.data)}`, points: [[1, a], [share(after.macs), b]], loose: true }); // prettier-ignore
  }
  if (search) {
    const { tries, baseline, maxDrop } = search;
    const least = Math.min(share(after.macs), ...tries.map(({ cost }) => share(cost.macs)));
    const points = tries.map(({ cost, value }) => [share(cost.macs), value] as const);
    all.push({ name: "networks that were tried", points: [[1, baseline], ...points.toSorted((a, b) => b[0] - a[0])] });
    all.push({ name: "least that is allowed", points: [[1, baseline - maxDrop], [least, baseline - maxDrop]] }); // prettier-ignore
  }
  for (const metric of new Set(recovery.flatMap(({ notes }) => notes?.heldOut?.metric?.name ?? []))) {
    const of = recovery.filter(({ step, notes }) => step !== undefined && notes?.heldOut?.metric?.name === metric);
    const at = (when: "before" | "after"): Curve["points"] =>
      of.map(({ step, notes }) => [share(steps[step! - 1]!.after.macs), notes!.heldOut!.metric![when]]);
    if (of.length) all.push({ name: `${metric} on samples held out, right after each cut`, points: at("before") }, { name: `${metric} on samples held out, after recovery`, points: at("after") }); // prettier-ignore
  }
  // Of the original and the result alone, the summary says enough.
  if (all.reduce((n, { points }) => n + points.length, 0) <= 2) return undefined;
  const values = all.flatMap(({ points }) => points.map(([, y]) => y));
  const axes = [
    { label: "MACs, as part of the original's", domain: [Math.min(...all.flatMap(({ points }) => points.map(([x]) => x))), 1], format: (x: number) => percent(x, 0) }, // prettier-ignore
    { label: "accuracy", domain: [Math.min(...values), Math.max(...values)], format: (y: number) => percent(y, spread(values) < 0.05 ? 1 : 0) }, // prettier-ignore
  ] as const;
  const rows = all.flatMap(({ name, points }) => points.map(([x, y]) => [name, percent(x, 1), percent(y)]));
  const body = html`<figure class="wide">
    ${curves(`Accuracy against MACs: ${rows.map((row) => row.join(" ")).join("; ")}`, SIZE, axes, all)}${legend(all)}${numbers("accuracy against MACs", ["What", "MACs", "Value"], rows)}
  </figure>`;
  return { id: "accuracy", title: "Accuracy against MACs", body };
}

const spread = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);
