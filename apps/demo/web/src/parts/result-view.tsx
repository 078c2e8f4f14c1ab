import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Measured, NetworkView, Outcome } from "../engine/api.ts";
import { bytes, compact, milliseconds, percent } from "../format.ts";
import { MEASURES, SCORERS, type Settings, TYPES } from "../settings.ts";
import type { PageState } from "../state.ts";
import { Change } from "./change.tsx";
import { Downloads } from "./downloads.tsx";
import { Examples } from "./examples.tsx";
import { RunsChart } from "./runs-chart.tsx";

const STAGES: Readonly<Record<Measured["stage"], string>> = {
  original: "As trained",
  cut: "As cut",
  recovered: "Recovered",
};

/** What came out of the latest run, and how it compares with those before. */
export function ResultView({ page, network }: { readonly page: PageState; readonly network: NetworkView }): VNode {
  const outcome = page.outcomes.at(-1)!;
  const { rows, report, timing, images, seconds } = outcome;
  const { verification } = report;
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), [outcome]);
  return (
    <section class="card result" aria-labelledby="result">
      <h2 id="result" ref={heading} tabIndex={-1}>
        Result
      </h2>
      <p class="hint">{titleOf(outcome.settings)}</p>
      <Rows rows={rows} />
      <p class="hint">
        {images > 0 && `Accuracy on ${images.toLocaleString("en")} test images. `}
        Latency: one sample, median of {timing.runs} runs on {timing.threads} WebAssembly{" "}
        {timing.threads === 1 ? "thread" : "threads"}, all networks in turn. Took {seconds.toFixed(1)} s.
        {verification?.maskedError !== undefined &&
          ` Proven: the cut network gives what the original gives with the same weights at zero, to within ${verification.maskedError.toExponential(0)} of its largest output.`}
      </p>
      {report.remarks?.map((remark) => (
        <p class="hint">{remark}</p>
      ))}
      {page.outcomes.length > 1 && <RunsChart outcomes={page.outcomes} />}
      <Downloads outcome={outcome} network={network} />
      {outcome.examples.length > 0 && <Examples outcome={outcome} />}
    </section>
  );
}

/** Settings in a few words. */
function titleOf({ type, scorer, measure, amount }: Settings): string {
  const judged = type === "weight" ? "" : `, judged by ${SCORERS[scorer]}`;
  return `${TYPES[type].title}${judged}. ${MEASURES[measure].label}: ${amount}%.`;
}

function Rows({ rows }: { readonly rows: Outcome["rows"] }): VNode {
  const first = rows[0]!;
  const cell = (value: number, whole: number, show: (value: number) => string, isFirst: boolean): VNode => (
    <td class="number">
      {show(value)} {!isFirst && <Change before={whole} after={value} />}
    </td>
  );
  return (
    <div class="scroll" tabIndex={0} role="region" aria-label="Before and after">
      <table class="results">
        <thead>
          <tr>
            <th scope="col">Network</th>
            {["Accuracy", "Latency", "MACs", "Parameters", "File", "Gzipped"].map((title) => (
              <th key={title} scope="col" class="number">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={row.stage}>
              <th scope="row">{STAGES[row.stage]}</th>
              <td class="number">
                <strong>{row.accuracy === undefined ? "–" : percent(row.accuracy, 1)}</strong>
              </td>
              {cell(row.latency, first.latency, milliseconds, !i)}
              {cell(row.cost.macs, first.cost.macs, compact, !i)}
              {cell(row.cost.params, first.cost.params, compact, !i)}
              {cell(row.fileBytes, first.fileBytes, bytes, !i)}
              {cell(row.compressedBytes, first.compressedBytes, bytes, !i)}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
