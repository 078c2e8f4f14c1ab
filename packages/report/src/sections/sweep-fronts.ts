import { STYLES } from "../charts/curves.ts";
import type { Axis } from "../charts/frame.ts";
import { type Dot, scatter, scatterLegend } from "../charts/scatter.ts";
import { basename } from "../page/basename.ts";
import { html, type Markup } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { numbers } from "../page/table.ts";
import { percent } from "../text/format.ts";
import type { SweepFront, SweepJob, SweepReport } from "../types.ts";
import { COSTS, isShare, shownValue } from "./sweep-figures.ts";

const SIZE = { width: 440, height: 300 };

/** What every network is worth against what it costs, one section for those that compete. */
export function sweepFronts(report: SweepReport): Section[] {
  const groups = new Map<string, SweepFront[]>();
  for (const front of report.fronts) {
    const key = JSON.stringify([front.measure, front.better, front.data, front.among]);
    groups.set(key, [...(groups.get(key) ?? []), front]);
  }
  return [...groups.values()].map((fronts, i) => sectionOf(report, fronts, i, groups.size));
}

function sectionOf(report: SweepReport, fronts: readonly SweepFront[], i: number, count: number): Section {
  const { measure, better, data, among } = fronts[0]!;
  const jobs = report.jobs.filter(({ id }) => among.includes(id));
  const models = [...new Set(jobs.map(({ model }) => basename(model)))];
  const axis = kindAxis(report, jobs);
  const kinds = [...new Set(jobs.map((job) => kindOf(job, axis)))];
  const which = count > 1 && models.length === 1 ? ` of ${models.join(", ")}` : "";
  const body = html`<p>
      ${capitalised(measure)}${data !== undefined && ` on ${basename(data)}`}, of which
      ${better === "higher" ? "more" : "less"} is better. A network is on the front if no other is both at least as good
      and at least as cheap, and better in one of the two.
    </p>
    ${scatterLegend(kinds, true)}
    <div class="grid wider">${fronts.map((front) => figureOf(report, front, jobs, (job) => kinds.indexOf(kindOf(job, axis))))}</div>`; // prettier-ignore
  const title = `${capitalised(measure)}${which} against cost`;
  return { id: `front${i > 0 ? i + 1 : ""}`, title, body };
}

/** The setting that points are told apart by: the first of which there are as many values as there are shapes, or fewer. */
function kindAxis({ axes }: SweepReport, jobs: readonly SweepJob[]): string | undefined {
  const values = (axis: string): number => new Set(jobs.map(({ settings }) => settings[axis])).size;
  return axes.find((axis) => values(axis) > 1 && values(axis) <= STYLES);
}

const kindOf = ({ settings }: SweepJob, axis: string | undefined): string =>
  axis === undefined ? "jobs" : (settings[axis] ?? `no ${axis}`);

function figureOf(
  report: SweepReport,
  front: SweepFront,
  jobs: readonly SweepJob[],
  kindOf: (job: SweepJob) => number,
): Markup {
  const { measure, against } = front;
  const { title, show } = COSTS[against];
  const value = (v: number, digits?: number): string => shownValue({ measure }, v, digits);
  const originals = new Map(jobs.map((job) => [job.model, job]));
  const dots: Dot[] = [
    ...[...originals].map(([model, { before, value: of }]) => ({
      x: before![against]!,
      y: of!.before,
      kind: undefined,
      isOnFront: front.originals.includes(model),
      title: `${basename(model)} as it was: ${value(of!.before)}, ${show(before![against]!)}`,
      row: undefined,
    })),
    ...jobs.map((job) => ({
      x: job.after![against]!,
      y: job.value!.after,
      kind: kindOf(job),
      isOnFront: front.jobs.includes(job.id),
      title: `${job.name}: ${value(job.value!.after)}, ${show(job.after![against]!)}`,
      row: report.jobs.indexOf(job),
    })),
  ];
  const [xs, ys] = [dots.map(({ x }) => x), dots.map(({ y }) => y)];
  const axes: readonly [Axis, Axis] = [
    { label: title, domain: wide(Math.min(...xs), Math.max(...xs)), format: show, ticks: 4 },
    {
      label: measure,
      domain: wide(Math.min(...ys), Math.max(...ys)),
      ...(isShare(measure)
        ? { format: (y: number) => percent(y, Math.max(...ys) - Math.min(...ys) < 0.05 ? 1 : 0) }
        : {}),
    },
  ];
  const on = dots.filter(({ isOnFront }) => isOnFront).sort((a, b) => a.x - b.x);
  const rows = on.map((dot) => [
    dot.row === undefined ? dot.title.split(":")[0]! : report.jobs[dot.row]!.name,
    show(dot.x),
    value(dot.y),
  ]);
  const told = `${capitalised(measure)} against ${title}: ${dots.length} networks; on the front ${rows.map((row) => row.join(" ")).join("; ")}`;
  return html`<figure>
    <figcaption>${capitalised(measure)} against ${title}</figcaption>
    ${scatter(told, SIZE, axes, dots)}${numbers(`the front against ${title}`, ["On the front", title, measure], rows)}
  </figure>`;
}

/** A domain that is not a single point. */
const wide = (low: number, high: number): readonly [number, number] =>
  high > low ? [low, high] : [low - Math.abs(low || 1) / 10, high + Math.abs(high || 1) / 10];

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
