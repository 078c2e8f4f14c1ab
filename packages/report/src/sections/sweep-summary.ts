import { type Content, html } from "../page/markup.ts";
import { plural } from "../text/format.ts";
import type { SweepJob, SweepReport } from "../types.ts";
import { shownValue } from "./sweep-figures.ts";

/** How it went, and the best by every measure, in a few sentences. */
export function sweepSummary({ jobs, fronts, interrupted, remarks = [] }: SweepReport): Content {
  const count = (state: SweepJob["state"]): number => jobs.filter((job) => job.state === state).length;
  const [done, failed, left] = [count("done"), count("failed"), count("left")];
  const went = [
    `${done} of ${plural(jobs.length, "job")} done.`,
    failed > 0 && `${failed} failed; the table says why.`,
    left > 0 && `${left} not run${interrupted ? ": the sweep was interrupted" : ""}.`,
  ];
  const tone = failed + left === 0 ? "good" : done > 0 ? "fair" : "poor";
  const best = fronts
    .filter(({ against }) => against === "macs")
    .map(({ measure, data, jobs: ids }) => {
      const top = jobs.find(({ id }) => id === ids.at(-1));
      return top?.value && html`<p>Best ${measure}${data !== undefined && ` on ${data}`}: ${shownValue(top.value, top.value.after)}, by <span class="name">${top.name}</span>.</p>`; // prettier-ignore
    });
  return html`<div class="verdict ${tone}">
      <p class="head">
        <span class="sign" aria-hidden="true">${tone === "good" ? "✓" : "!"}</span>
        ${went.filter((text) => text !== false).join(" ")}
      </p>
      ${best}
    </div>
    ${remarks.map((text) => html`<p class="note">${text}</p>`)}`;
}
