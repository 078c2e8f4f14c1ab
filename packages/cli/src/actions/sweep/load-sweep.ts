import { basename, dirname, extname, resolve } from "node:path";
import { canonical, expandGrid, type Grid, type Settings, varying } from "@prune/sweep";
import { runCommand } from "../../commands/run.ts";
import { errorConfig, errorConfigKey } from "../../errors.ts";
import { itemsOf, type Fields, readConfig } from "../../load-config.ts";

/** A job as the configuration has it. */
export interface PlannedJob {
  /** Its place in the grid. */
  readonly settings: Settings;
  /** What tells it from the others. */
  readonly name: string;
  /** The model's file, as the configuration names it. */
  readonly model: string;
  /** The options of `prune run`. */
  readonly options: Fields;
}

export interface LoadedSweep {
  /** The configuration's file, as it was given. */
  readonly file: string;
  /** The folder that paths are relative to. */
  readonly base: string;
  readonly name: string;
  /** The settings that differ between jobs. */
  readonly axes: readonly string[];
  readonly jobs: readonly PlannedJob[];
}

/** Options of `prune run` that no job has: where results go and what is printed is the sweep's business. */
const NOT_OF_JOBS = ["output", "plan", "report", "journal", "checkpoint", "saveTrained", "quiet", "json"];

/** Reads what a sweep is to run. @throws {UsageError} */
export async function loadSweep(file: string): Promise<LoadedSweep> {
  const base = dirname(resolve(file));
  const { name = basename(file, extname(file)), grid, skip, ...shared } = await readConfig(file, base);
  if (typeof name !== "string" || !name) throw errorConfig(file, "name", "It must be a text.");
  if (skip !== undefined && typeof skip !== "function") throw errorConfig(file, "skip", "It must be a function.");
  const grids = gridsOf(file, grid);
  checkKeys(file, [...Object.keys(shared), ...grids.flatMap((g) => Object.keys(g))]);
  const isLeftOut = (settings: Settings): boolean => Boolean(skip?.({ ...shared, ...settings }));
  const all = expandGrid(grids).filter((settings) => !isLeftOut(settings));
  if (!all.length) throw errorConfig(file, "skip", "It leaves no job.");
  const axes = varying(all);
  const jobs = all.map((settings) => {
    const { model, ...options } = { ...shared, ...settings } as Fields;
    if (typeof model !== "string" || !model) throw errorConfig(file, "model", "It must be the name of a file, for every job."); // prettier-ignore
    const told = axes.map((axis) => shown(axis, settings[axis])).filter(Boolean);
    return { settings, model, options, name: told.join(" · ") || basename(model) };
  });
  return { file, base, name, axes, jobs };
}

/** Finds a job again by its place in the grid. */
export function plannedJob({ jobs }: LoadedSweep, settings: Settings): PlannedJob | undefined {
  const key = canonical(settings);
  return jobs.find((job) => canonical(job.settings) === key);
}

function gridsOf(file: string, grid: unknown): Grid[] {
  const grids: readonly unknown[] = Array.isArray(grid) ? grid : [grid];
  for (const one of grids)
    if (typeof one !== "object" || one === null || Object.values(one).some((values) => !Array.isArray(values)))
      throw errorConfig(file, "grid", 'It must hold a list of values for every setting, such as { scorer: ["l1", "l2"] }, or be a list of such.'); // prettier-ignore
  return grids as Grid[];
}

function checkKeys(file: string, keys: readonly string[]): void {
  const options = runCommand({ stdout: process.stdout, stderr: process.stderr }).options.map((o) => o.attributeName());
  const known = new Set(["model", "evaluate", ...options.filter((name) => !NOT_OF_JOBS.includes(name))]);
  const unknown = keys.find((key) => !known.has(key));
  if (unknown !== undefined)
    throw errorConfigKey(file, unknown, "job", ["name", "grid", "skip", ...[...known].toSorted()]);
}

/** A setting in a table: names speak for themselves, numbers do not. */
export function shown(axis: string, value: unknown): string {
  if (typeof value === "string") return axis === "model" ? basename(value) : value;
  if (typeof value === "number" || typeof value === "boolean") return `${axis}=${value}`;
  if (Array.isArray(value)) return value.join(",");
  return Object.entries(value ?? {}).map(([key, of]) => `${key}=${String(of)}`).join(","); // prettier-ignore
}

/** The arguments of a `prune run` that does what a job does; undefined where the configuration brings code of its own. */
export function commandOf({ model, options }: PlannedJob, output: string): readonly string[] | undefined {
  const flags: string[] = [];
  for (const option of runCommand({ stdout: process.stdout, stderr: process.stderr }).options) {
    const value = options[option.attributeName()];
    if (value === undefined) continue;
    if (typeof value === "function" || (Array.isArray(value) && value.some((item) => typeof item === "object"))) return undefined; // prettier-ignore
    if (option.isBoolean() || option.negate) {
      if (value !== option.negate) flags.push(option.long!);
    } else for (const item of itemsOf(option, value)) flags.push(option.long!, String(item));
  }
  return options["evaluate"] === undefined ? ["run", model, "-o", output, ...flags] : undefined;
}
