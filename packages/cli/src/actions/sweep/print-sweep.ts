import type { SweepJob, SweepReport } from "@prune/report";
import { createColors } from "picocolors";
import type { Io } from "../../io.ts";
import { bytes, change, compact, milliseconds } from "../../lib/format.ts";
import { type Column, table } from "../../lib/table.ts";
import { shownValue } from "./sweep-report.ts";

/** What a cost is called. */
const NAMES = { macs: "MACs", params: "parameters", bytes: "bytes", latency: "latency" } as const;

/** Prints all jobs in the order of the grid, with those on a front marked, and what failed with its reason. */
export function printSweep(report: SweepReport, { stdout }: Io): void {
  const { bold } = createColors(stdout.isTTY === true);
  const { axes, jobs, fronts } = report;
  const measures = [...new Set(jobs.flatMap(({ value }) => value?.measure ?? []))];
  const hasLatency = jobs.some(({ after }) => after?.latency !== undefined);
  const columns: Column[] = [
    ...(axes.length ? axes : ["model"]).map((title) => ({ title })),
    ...measures.map((title) => ({ title, align: "right" }) as const),
    ...["MACs", "", "Parameters", "", "File", ...(hasLatency ? ["Latency"] : [])].map((title) => ({ title, align: "right" }) as const), // prettier-ignore
    { title: "Front" },
  ];
  const rows = jobs.map((job) => {
    const settings = axes.length ? axes.map((axis) => job.settings[axis] ?? "") : [job.model];
    const { before, after, value } = job;
    const figures = before && after
        ? [compact(after.macs), change(before.macs, after.macs), compact(after.params), change(before.params, after.params), bytes(after.bytes), ...(hasLatency ? [after.latency === undefined ? "" : milliseconds(after.latency)] : [])]
        : Array.from({ length: hasLatency ? 6 : 5 }, () => ""); // prettier-ignore
    return [
      ...settings,
      ...measures.map((measure) => (value?.measure === measure ? shownValue(value, value.after) : "")),
      ...figures,
      remarkOf(job, fronts),
    ];
  });
  stdout.write(`${table(columns, rows, bold)}\n`);
  for (const { name, reason } of jobs.filter(({ state }) => state === "failed")) stdout.write(`${name}: failed: ${reason}\n`); // prettier-ignore
  for (const remark of report.remarks ?? []) stdout.write(`${remark}\n`);
}

function remarkOf({ id, state }: SweepJob, fronts: SweepReport["fronts"]): string {
  if (state !== "done") return state === "failed" ? "failed" : "not run";
  return fronts.filter(({ jobs }) => jobs.includes(id)).map(({ against }) => NAMES[against]).join(", "); // prettier-ignore
}
