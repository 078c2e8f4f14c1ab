import { basename } from "../page/basename.ts";
import { type Content, html, type Markup } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { table } from "../page/table.ts";
import { bytes, change, compact, milliseconds, percent, plural } from "../text/format.ts";
import type { Pair } from "./pair.ts";

/** A figure of both networks. */
interface Figure {
  readonly title: string;
  readonly values: readonly [number, number];
  readonly show: (value: number) => string;
  readonly change: string;
}

/** The totals of both, as tiles and as a table. */
export function summary(pair: Pair): Section {
  const figures = figuresOf(pair);
  const rows = figures.map(({ title, values: [a, b], show, change: by }) => [title, show(a), show(b), by]);
  const { latency, evaluation } = pair;
  const how = [
    latency &&
      `Latency: median of ${plural(latency.runs, "run")} each, side by side, on ${latency.provider} with ${plural(latency.threads, "thread")}; the middle half of all runs lies between ${latency.models.map(({ quartiles }) => quartiles.map(milliseconds).join(" and ")).join(", and between ")}.`,
    evaluation?.data !== undefined &&
      `Measured on ${plural(evaluation.samples ?? 0, "sample")} of ${basename(evaluation.data)}.`,
    evaluation?.agreement !== undefined && `Both pick the same class for ${percent(evaluation.agreement)} of them.`,
  ];
  const body = html`<ul class="tiles">
      ${figures.map(tile)}
    </ul>
    <details class="numbers">
      <summary>The same as a table</summary>
      ${table("Totals", ["Figure", ...pair.names, "Change"], rows)}
    </details>
    ${how.map((text) => text && html`<p class="note">${text}</p>`)}`;
  return { id: "summary", title: "Summary", body };
}

function figuresOf({ costs: [before, after], files, zeros, latency, evaluation }: Pair): Figure[] {
  const figure = (title: string, values: readonly [number, number], show: (value: number) => string): Figure => ({
    title,
    values,
    show,
    change: change(...values),
  });
  const compressed = files.map(({ gzipBytes }) => gzipBytes);
  const [a, b] = latency?.models ?? [];
  const accuracy = evaluation?.accuracy;
  return [
    figure("MACs", [before.macs, after.macs], compact),
    figure("Parameters", [before.params, after.params], compact),
    ...(zeros ? [{ ...figure("Zero weights", zeros, compact) }] : []),
    figure("File", [files[0].bytes, files[1].bytes], bytes),
    ...(compressed[0] !== undefined && compressed[1] !== undefined
      ? [figure("File, gzip", [compressed[0], compressed[1]], bytes)]
      : []),
    ...(a && b ? [figure("Latency", [a.median, b.median], milliseconds)] : []),
    ...(evaluation?.metric
      ? [figure(evaluation.metric.name, [evaluation.metric.before, evaluation.metric.after], significant)]
      : []),
    ...(accuracy ? [{ ...figure("Accuracy", accuracy, percent), change: points(accuracy[1] - accuracy[0]) }] : []),
  ];
}

function tile({ title, values: [a, b], show, change: by }: Figure): Markup {
  const most = Math.max(a, b) || 1;
  const bar = (value: number, style: string): Content => html`<i class="${style}" style="width:${Math.round((1000 * value) / most) / 10}%"></i>`; // prettier-ignore
  return html`<li class="tile">
    <b>${title}</b> <span class="now">${show(b)}</span> <span class="was">from ${show(a)}</span>
    <span class="by">${by}</span><span class="two" aria-hidden="true">${bar(a, "was")}${bar(b, "is")}</span>
  </li>`;
}

/** A number with four figures. */
const significant = (value: number): string => String(Number(value.toPrecision(4)));

/** A difference of fractions in percentage points. */
export function points(difference: number): string {
  if (difference === 0) return "0 points";
  return `${difference < 0 ? "−" : "+"}${Math.abs(difference * 100).toFixed(2)} points`;
}
