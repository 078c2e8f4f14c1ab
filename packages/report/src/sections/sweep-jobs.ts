import { type Content, html, type Markup } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { change } from "../text/format.ts";
import type { SweepCost, SweepJob, SweepReport } from "../types.ts";
import { COSTS, shownValue } from "./sweep-figures.ts";

/** A figure of jobs. */
interface Column {
  readonly title: string;
  /** What rows are sorted by; undefined where it is not known. */
  readonly key: (job: SweepJob) => number | string | undefined;
  readonly show: (job: SweepJob) => Content;
}

/** The most values of a setting that a filter offers. */
const MOST = 24;

/** All jobs in a table, which the page's script sorts and filters. */
export function sweepJobs(report: SweepReport): Section {
  const { jobs } = report;
  const filters = filtersOf(report);
  const columns = columnsOf(report);
  const rows = jobs.map((job, row) => {
    const cells = columns.map((column) => html`<td data-v="${column.key(job)}">${column.show(job)}</td>`);
    return html`<tr
      data-row="${row}"
      data-front="${frontsOf(job, report) ? "yes" : ""}"
      ${filters.map(({ axis }, f) => html` data-f${f}="${job.settings[axis] ?? ""}"`)}
    >
      <th scope="row" data-v="${job.name}">${nameOf(job)}</th>
      ${cells}
    </tr>`;
  });
  const body = html`<div class="filters" role="group" aria-label="Which jobs are shown" hidden>
      ${filters.map(filterMarkup)}
      <label><input type="checkbox" data-f="front" value="yes" /> only those on a front</label>
      <output role="status"></output>
    </div>
    <div class="scroll jobs" role="group" tabindex="0" aria-label="Jobs">
      <table>
        <caption class="unseen">
          All jobs
        </caption>
        <thead>
          <tr>
            ${["Job", ...columns.map(({ title }) => title)].map((title) => html`<th scope="col">${title}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>
    </div>`;
  return { id: "jobs", title: "Jobs", body };
}

function nameOf({ name, page, state, reason, tries }: SweepJob): Content {
  const about = [
    state === "failed" && `Failed${tries > 1 ? ` ${tries} times` : ""}: ${reason ?? ""}`,
    state === "left" && "Not run",
    state === "done" && tries > 1 && `Done at try ${tries}`,
  ].find((text) => typeof text === "string");
  return html`${page === undefined ? name : html`<a href="${page}">${name}</a>`}${about !== undefined && html`<span class="about">${about}</span>`}`; // prettier-ignore
}

function columnsOf(report: SweepReport): Column[] {
  const { jobs } = report;
  const measures = [...new Set(jobs.flatMap(({ value }) => value?.measure ?? []))];
  const costs = (Object.keys(COSTS) as (keyof SweepCost)[]).filter((c) => jobs.some((job) => job.after?.[c] !== undefined)); // prettier-ignore
  return [
    ...measures.map((measure): Column => {
      const of = ({ value }: SweepJob) => (value?.measure === measure ? value : undefined);
      return {
        title: measure.charAt(0).toUpperCase() + measure.slice(1),
        key: (job) => of(job)?.after,
        show: (job) => of(job) && shownValue(of(job)!, of(job)!.after),
      };
    }),
    ...costs.map((cost): Column => ({
      title: COSTS[cost].title,
      key: ({ after }) => after?.[cost],
      show: ({ before, after }) => after?.[cost] !== undefined && html`${COSTS[cost].show(after[cost])} <span class="note">${change(before![cost]!, after[cost])}</span>`, // prettier-ignore
    })),
    {
      title: "On the front",
      key: (job) => frontsOf(job, report) || undefined,
      show: (job) => html`<span class="on">${frontsOf(job, report)}</span>`,
    },
  ];
}

/** What a job is on the front against. */
const frontsOf = ({ id }: SweepJob, { fronts }: SweepReport): string =>
  fronts.filter(({ jobs }) => jobs.includes(id)).map(({ against }) => COSTS[against].title).join(", "); // prettier-ignore

interface Filter {
  readonly axis: string;
  readonly values: readonly string[];
}

function filtersOf({ axes, jobs }: SweepReport): Filter[] {
  return axes
    .map((axis) => ({ axis, values: [...new Set(jobs.flatMap(({ settings }) => settings[axis] ?? []))] }))
    .filter(({ values }) => values.length > 1 && values.length <= MOST);
}

const filterMarkup = ({ axis, values }: Filter, f: number): Markup =>
  html`<label
    >${axis}
    <select data-f="f${f}">
      <option value="">all</option>
      ${values.map((value) => html`<option value="${value}">${value}</option>`)}
    </select></label
  >`;
