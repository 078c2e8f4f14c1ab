import { type Curve, curves, legend, STYLES } from "../charts/curves.ts";
import { html, type Markup } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { capped, numbers, table } from "../page/table.ts";
import { percent } from "../text/format.ts";
import type { SensitivityReport } from "../types.ts";

const SIZE = { width: 440, height: 280 };
const SMALL = { width: 300, height: 180 };
const MOST = 80;

/** What each group costs as it shrinks alone: the most sensitive together, and each by itself. */
export function sensitivitySections({ baseline, metric, groups, better = "higher" }: SensitivityReport): Section[] {
  const sign = better === "higher" ? 1 : -1;
  const worst = (g: SensitivityReport["groups"][number]): number =>
    Math.min(...g.points.map(({ value }) => sign * value));
  const sorted = groups.toSorted((a, b) => worst(a) - worst(b));
  const values = [baseline, ...groups.flatMap(({ points }) => points.map(({ value }) => value))];
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const isShare = metric === "accuracy" || metric === "agreement";
  const show = (value: number, digits = 2): string => (isShare ? percent(value, digits) : String(Number(value.toPrecision(4)))); // prettier-ignore
  const curveOf = ({ group, points }: SensitivityReport["groups"][number]): Curve => ({ name: group, points: [[0, baseline], ...points.map((p) => [p.sparsity, p.value] as const)] }); // prettier-ignore
  const axes = [
    { label: "part of the group that is removed", domain: [0, Math.max(...groups.flatMap((g) => g.points.map((p) => p.sparsity)))], format: (x: number) => percent(x, 0) }, // prettier-ignore
    {
      label: metric,
      domain: [low, high],
      ...(isShare ? { format: (y: number) => percent(y, high - low < 0.05 ? 1 : 0) } : {}),
    },
  ] as const;
  const [top, least] = [sorted.slice(0, STYLES).map(curveOf), sorted.at(-1)];
  const told = top.map((c) => `${c.name}: ${c.points.map(([x, y]) => `${show(y, 1)} at ${percent(x, 0)}`).join(", ")}`);
  const [shown, more] = capped(sorted, MOST, (n) => `${n} more are in the JSON report.`);
  const figure = (g: SensitivityReport["groups"][number]): Markup => {
    const curve = curveOf(g);
    const rows = curve.points.map(([x, y]) => [percent(x, 0), show(y)]);
    return html`<figure>
      <figcaption><span class="name">${g.group}</span><br /><span class="about">${g.size} ${g.kind}</span></figcaption>
      ${curves(
        `${metric} of the network as ${g.group} shrinks: ${rows.map(([x, y]) => `${y} with ${x} removed`).join(", ")}`,
        SMALL,
        [
          { ...axes[0], ticks: 3 },
          { ...axes[1], ticks: 3 },
        ],
        [curve],
      )}${numbers(`sensitivity to ${g.group}`, ["Removed", metric], rows)}
    </figure>`;
  };
  const summary = [
    ["Whole network", show(baseline)],
    ["Most sensitive group", sorted[0]?.group],
    ["Least sensitive group", least?.group],
  ];
  return [
    {
      id: "sensitivity",
      title: "The most sensitive groups",
      body: html`<p>
          What the network is worth when one group alone shrinks; everything else stays whole, and nothing is retrained.
        </p>
        ${table("Summary", ["What", "Value"], summary)}
        <figure class="wide">
          ${curves(`${metric} against sparsity. ${told.join("; ")}`, SIZE, axes, top)}${legend(top)}
        </figure>`,
    },
    {
      id: "groups",
      title: "Every group",
      body: html`<div class="grid">${shown.map(figure)}</div>
        ${more}`,
    },
  ];
}
