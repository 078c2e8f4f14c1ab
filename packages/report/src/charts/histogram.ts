import type { ImportanceReport } from "@prune/core";
import { type Markup, px, svg } from "../page/markup.ts";
import { frame, type Size } from "./frame.ts";

/** Bars of what stayed on top of what left, and a line where the cut runs. */
export function histogramChart(name: string, size: Size, { from, to, kept, removed, cut }: ImportanceReport): Markup {
  const most = Math.max(1, ...kept.map((n, i) => n + removed[i]!));
  const wide = to > from ? to - from : 1;
  const domain: readonly [number, number] = [from, from + wide];
  const axes = [
    { label: "importance", domain, nice: false, ticks: 4 },
    { label: "number", domain: [0, most], ticks: 3 },
  ] as const;
  return frame(name, size, axes, ({ x, y }) => {
    const step = wide / kept.length;
    const bars = kept.map((count, i) => {
      const [left, right] = [x(from + i * step) + 0.5, x(from + (i + 1) * step) - 0.5];
      const bar = (low: number, high: number, style: string): Markup | false =>
        high > low &&
        svg`<rect class="${style}" x="${px(left)}" width="${px(right - left)}" y="${px(y(high))}" height="${px(y(low) - y(high))}"/>`;
      return [bar(0, removed[i]!, "gone"), bar(removed[i]!, removed[i]! + count, "kept")];
    });
    const end = y.range()[1]!;
    const at = cut === undefined || cut < from || cut > from + wide ? undefined : px(x(cut));
    return [
      bars,
      at !== undefined && svg`<line class="cut" x1="${at}" x2="${at}" y1="${px(y(0))}" y2="${px(end - 4)}"/>`,
    ];
  });
}
