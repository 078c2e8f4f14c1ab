import { dirname, relative, sep } from "node:path";
import type { FullReport, SweepCost, SweepFront, SweepJob, SweepReport, SweepValue } from "@prune/report";
import { type Job, type JobEnd, paretoFront } from "@prune/sweep";
import { change, percent, significant } from "../../lib/format.ts";
import { type LoadedSweep, plannedJob, shown } from "./load-sweep.ts";

/** What is known of a sweep that is over. */
export interface SweepOutcome {
  readonly sweep: LoadedSweep;
  readonly jobs: readonly Job[];
  readonly ends: ReadonlyMap<string, JobEnd<FullReport>>;
  readonly interrupted: boolean;
  readonly remarks: readonly string[];
  /** The page of a job's own report; undefined where there is none. */
  readonly pageOf: (job: Job) => string | undefined;
}

export function sweepReport(
  { sweep, jobs, ends, interrupted, remarks, pageOf }: SweepOutcome,
  environment: NonNullable<SweepReport["environment"]>,
): SweepReport {
  const all = jobs.map((job) => jobOf(sweep, job, ends.get(job.id), pageOf(job)));
  return {
    format: "prune-sweep/1",
    name: sweep.name,
    axes: sweep.axes,
    jobs: all,
    fronts: frontsOf(all, ends),
    ...(interrupted ? { interrupted } : {}),
    ...(remarks.length ? { remarks } : {}),
    environment,
  };
}

function jobOf(sweep: LoadedSweep, job: Job, end: JobEnd<FullReport> | undefined, page: string | undefined): SweepJob {
  const { id, name, settings } = job;
  const told = sweep.axes.map((axis) => [axis, shown(axis, settings[axis])] as const).filter(([, text]) => text);
  const about = { id, name, model: plannedJob(sweep, settings)!.model, settings: Object.fromEntries(told) };
  if (!end) return { ...about, state: "left", tries: 0 };
  if (end.state === "failed") return { ...about, state: "failed", reason: end.reason, tries: end.tries };
  const { result, where, tries } = end;
  const value = valueOf(result);
  return {
    ...about,
    state: "done",
    tries,
    where,
    before: costOf(result, "before"),
    after: costOf(result, "after"),
    ...(value ? { value } : {}),
    ...(page === undefined ? {} : { page }),
  };
}

function costOf(report: FullReport, when: "before" | "after"): SweepCost {
  const at = when === "before" ? 0 : 1;
  const { macs, params } = report[when];
  const latency = report.latency?.models[at]?.median;
  return {
    macs,
    params: params - (report.zeros?.[at] ?? 0),
    bytes: report.files[when].bytes,
    ...(latency === undefined ? {} : { latency }),
  };
}

/** What counts of what was measured on data: accuracy, another metric, or agreement. */
function valueOf({ evaluation }: FullReport): SweepValue | undefined {
  if (evaluation?.accuracy) {
    const [before, after] = evaluation.accuracy;
    return { measure: "accuracy", better: "higher", before, after };
  }
  if (evaluation?.metric) {
    const { name, better = "higher", before, after } = evaluation.metric;
    return { measure: name, better, before, after };
  }
  if (evaluation?.agreement === undefined) return undefined;
  return { measure: "agreement", better: "higher", before: 1, after: evaluation.agreement };
}

/** A job's result on one line. */
export function figuresOf(report: FullReport): string {
  const value = valueOf(report);
  return [
    ...(value ? [`${value.measure} ${shownValue(value, value.after)}`] : []),
    `MACs ${change(report.before.macs, report.after.macs)}`,
    `parameters ${change(report.before.params, report.after.params)}`,
  ].join(", ");
}

/** A value as its measure is read. */
export function shownValue({ measure }: Pick<SweepValue, "measure">, value: number): string {
  return measure === "accuracy" || measure === "agreement" ? percent(value) : significant(value);
}

const COSTS = ["macs", "params", "bytes", "latency"] as const satisfies readonly (keyof SweepCost)[];

/** A network that competes: what a job made, or a model as it was. */
interface Rival {
  readonly job?: string;
  readonly original?: string;
  readonly cost: SweepCost;
  readonly value: number;
}

/** The fronts of all networks that can be compared, against every cost that is known of all of them. */
function frontsOf(jobs: readonly SweepJob[], ends: ReadonlyMap<string, JobEnd<FullReport>>): SweepFront[] {
  const groups = new Map<string, SweepJob[]>();
  const dataOf = ({ id }: SweepJob): string | undefined => {
    const end = ends.get(id);
    return end?.state === "done" ? end.result.evaluation?.data : undefined;
  };
  for (const job of jobs) {
    if (!job.value) continue;
    const { measure, better } = job.value;
    // Two networks that agree with their originals as often are not equally good.
    const isRelative = measure === "agreement" || measure === "divergence";
    const key = JSON.stringify([measure, better, dataOf(job), isRelative && job.model]);
    groups.set(key, [...(groups.get(key) ?? []), job]);
  }
  return [...groups.values()].flatMap((group) => {
    const { measure, better } = group[0]!.value!;
    const data = dataOf(group[0]!);
    const rivals = rivalsOf(group);
    const sign = better === "higher" ? 1 : -1;
    return COSTS.filter((cost) => rivals.every((r) => r.cost[cost] !== undefined)).map((against): SweepFront => {
      const front = paretoFront(rivals.map((r) => ({ cost: r.cost[against]!, value: sign * r.value })));
      const on = front.map((i) => rivals[i]!);
      return {
        measure,
        better,
        ...(data === undefined ? {} : { data }),
        against,
        among: group.map(({ id }) => id),
        jobs: on.flatMap(({ job }) => job ?? []),
        originals: on.flatMap(({ original }) => original ?? []),
      };
    });
  });
}

function rivalsOf(group: readonly SweepJob[]): Rival[] {
  const originals = new Map(group.map((job) => [job.model, job]));
  return [
    ...[...originals].map(([original, { before, value }]) => ({ original, cost: before!, value: value!.before })),
    ...group.map(({ id, after, value }) => ({ job: id, cost: after!, value: value!.after })),
  ];
}

/** The way from one file to another, as a page writes it. */
export function linkFrom(report: string, target: string): string {
  return relative(dirname(report), target).split(sep).map(encodeURIComponent).join("/");
}
