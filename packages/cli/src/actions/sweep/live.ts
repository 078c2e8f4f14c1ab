import type { FullReport } from "@prune/report";
import type { Job, JobChange, JobEnd } from "@prune/sweep";
import type { createLogUpdate } from "log-update";
import type { Io } from "../../io.ts";
import { plural } from "../../lib/format.ts";
import { table } from "../../lib/table.ts";
import type { Hooks } from "./perform.ts";
import { figuresOf } from "./sweep-report.ts";

/** Shows how a sweep gets on: to a person as a table that changes, otherwise a line for every job that has ended. */
export interface Live {
  readonly change: (change: JobChange) => void;
  readonly end: (end: JobEnd<FullReport>) => void;
  readonly hooks: (job: Job) => Hooks;
  readonly note: (text: string) => void;
  clear(): void;
}

/** Jobs that ended lately, and jobs under way, that are shown at most. */
const MOST = 8;

/** @param total how many jobs there are; undefined where that is not known */
export function liveOn({ stderr }: Io, total: number | undefined, quiet = false): Live {
  const running = new Map<string, { readonly name: string; readonly where: string; text: string }>();
  const lately: string[] = [];
  let [done, failed] = [0, 0];
  let update: ReturnType<typeof createLogUpdate> | undefined;
  const isWatched = !quiet && stderr.isTTY === true;
  if (isWatched)
    void import("log-update").then(({ createLogUpdate }) => {
      update = createLogUpdate(stderr as NodeJS.WriteStream, { showCursor: true });
      draw();
    });
  const draw = (): void => {
    const rows = [...running.values()].slice(0, MOST).map(({ where, name, text }) => [where, name, text]);
    const under = rows.length ? [table([{ title: "Running" }, { title: "Job" }, { title: "" }], rows)] : [];
    const counts = [`${done} of ${plural(total ?? done, "job")} done`, failed && `${failed} failed`, `${running.size} running`]; // prettier-ignore
    update?.([...lately, counts.filter(Boolean).join(", "), ...under].join("\n"));
  };
  const write = (text: string): void => {
    if (quiet) return;
    update?.clear();
    stderr.write(`prune: ${text}\n`);
    draw();
  };
  const progress = (id: string, text: string): void => {
    const entry = running.get(id);
    if (!entry) return;
    entry.text = text;
    if (isWatched) draw();
  };
  return {
    change(change) {
      const { id, name } = change.job;
      if (change.state === "running") {
        running.set(id, { name, where: change.where, text: "" });
        if (isWatched) draw();
        return;
      }
      running.delete(id);
      write(`${name}: once more, ${change.reason}`);
    },
    end(end) {
      running.delete(end.job.id);
      if (end.state === "done") done++;
      else failed++;
      const count = total === undefined ? `${done + failed}` : `${done + failed} of ${total}`;
      const line = `${count}: ${end.job.name}: ${end.state === "done" ? figuresOf(end.result) : `failed: ${end.reason}`}`;
      if (!isWatched) return write(line);
      lately.push(line);
      if (lately.length > MOST) lately.shift();
      return draw();
    },
    hooks: ({ id, name }) => ({
      progress: (text) => progress(id, text),
      note: (text) => write(`${name}: ${text}`),
    }),
    note: write,
    clear: () => update?.clear(),
  };
}
