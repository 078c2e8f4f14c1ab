import type { VNode } from "preact";
import { useMemo } from "preact/hooks";
import type uPlot from "uplot";
import type { Outcome } from "../engine/api.ts";
import { Chart } from "./chart.tsx";

/** Accuracy against size, for every run so far: the one figure that every type of pruning makes smaller. */
export function RunsChart({ outcomes }: { readonly outcomes: readonly Outcome[] }): VNode | null {
  const data = useMemo((): uPlot.AlignedData => {
    const original = outcomes[0]!.rows[0]!;
    const points = outcomes
      .map(({ rows }) => ({
        size: (100 * rows.at(-1)!.compressedBytes) / original.compressedBytes,
        accuracy: rows.at(-1)!.accuracy,
      }))
      .filter(({ accuracy }) => accuracy !== undefined)
      .toSorted((a, b) => a.size - b.size);
    return [
      [...points.map(({ size }) => size), 100],
      [...points.map(({ accuracy }) => 100 * accuracy!), null],
      [...points.map(() => null), 100 * (original.accuracy ?? 0)],
    ];
  }, [outcomes]);
  if (outcomes[0]!.rows[0]!.accuracy === undefined) return null;
  return (
    <>
      <h3>Your runs</h3>
      <p class="chart-title">
        Accuracy in percent, against the gzipped file in percent: <span class="key stays">runs</span>{" "}
        <span class="key gone">as trained</span>
      </p>
      <Chart
        label={`${outcomes.length} runs: ${outcomes
          .map(
            ({ rows }) =>
              `${Math.round((100 * rows.at(-1)!.compressedBytes) / rows[0]!.compressedBytes)}% of the file, accuracy ${(100 * rows.at(-1)!.accuracy!).toFixed(1)}%`,
          )
          .join("; ")}`}
        height={200}
        data={data}
        options={(color) => ({
          legend: { show: false },
          cursor: { show: false },
          scales: { x: { time: false, range: () => [0, 105] } },
          axes: [28, 40].map((size) => ({
            size,
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
