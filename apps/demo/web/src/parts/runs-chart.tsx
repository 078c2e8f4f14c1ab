import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type uPlot from "uplot";
import type { Outcome } from "../engine/api.ts";
import { Chart } from "./chart.tsx";

/** Accuracy against work, for every run so far. */
export function RunsChart({ outcomes }: { readonly outcomes: readonly Outcome[] }): VNode | null {
  const data = useMemo((): uPlot.AlignedData => {
    const original = outcomes[0]!.rows[0]!;
    const points = outcomes
      .map(({ rows }) => ({
        macs: (100 * rows.at(-1)!.cost.macs) / original.cost.macs,
        accuracy: rows.at(-1)!.accuracy,
      }))
      .filter(({ accuracy }) => accuracy !== undefined)
      .toSorted((a, b) => a.macs - b.macs);
    return [
      [...points.map(({ macs }) => macs), 100],
      [...points.map(({ accuracy }) => 100 * accuracy!), null],
      [...points.map(() => null), 100 * (original.accuracy ?? 0)],
    ];
  }, [outcomes]);
  if (outcomes[0]!.rows[0]!.accuracy === undefined) return null;
  return (
    <>
      <h3>Your runs</h3>
      <p class="chart-title">
        Accuracy in percent, against MACs left in percent: <span class="key stays">runs</span>{" "}
        <span class="key gone">as trained</span>
      </p>
      <Chart
        label={`${outcomes.length} runs: ${outcomes
          .map(
            ({ rows }) =>
              `${Math.round((100 * rows.at(-1)!.cost.macs) / rows[0]!.cost.macs)}% of MACs, accuracy ${(100 * rows.at(-1)!.accuracy!).toFixed(1)}%`,
          )
          .join("; ")}`}
        height={200}
        data={data}
        options={(color) => ({
          legend: { show: false },
          cursor: { show: false },
          scales: { x: { time: false, range: () => [0, 105] } },
          axes: [0, 1].map(() => ({
            stroke: color("--muted"),
            grid: { stroke: color("--line"), width: 1 },
            ticks: { show: false },
            font: "11px system-ui, sans-serif",
          })),
          series: [{}, dots(color("--accent")), dots(color("--gone"))],
        })}
      />
    </>
  );
}

const dots = (color: string): uPlot.Series => ({
  paths: () => null,
  points: { show: true, size: 9, fill: color, stroke: color },
});
