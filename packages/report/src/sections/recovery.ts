import type { RecoveryReport } from "@prune/core";
import { type Content, html } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { table } from "../page/table.ts";
import { percent } from "../text/format.ts";
import { training } from "./training.ts";

/** What gave accuracy back, step by step, with the curves of what was trained. */
export function recovery(steps: readonly RecoveryReport[]): Section {
  const rows = steps.map(({ name, samples, notes = {} }) => {
    const { layers, outputError, heldOut } = notes;
    return [
      name,
      samples,
      layers ?? "",
      outputError && `${percent(outputError.before)} → ${percent(outputError.after)}`,
      heldOut && `${heldOut.loss.before.toPrecision(3)} → ${heldOut.loss.after.toPrecision(3)}`,
      heldOut?.metric && `${heldOut.metric.name} ${percent(heldOut.metric.before)} → ${percent(heldOut.metric.after)}`,
    ];
  });
  const head = ["Step", "Samples", "Layers", "Output error", "Loss held out", "Held out"];
  const used = head.map((_, i) => rows.some((row) => row[i] !== undefined && row[i] !== ""));
  const only = <T>(list: readonly T[]): T[] => list.filter((_, i) => used[i]);
  const remarks = steps.flatMap(
    ({ name, notes }) => notes?.remarks?.map((text) => html`<li>${name}: ${text}</li>`) ?? [],
  );
  const body = html`${table(
      "Recovery steps",
      only(head),
      rows.map((row): Content[] => only(row)),
    )}
    ${rows.some((row) => row[3]) && html`<p class="note">Output error: squared differences of the outputs from the original's, as a fraction of the original's squares.</p>`}
    ${
      remarks.length > 0 &&
      html`<ul>
        ${remarks}
      </ul>`
    }
    <div class="grid wider">${curvesOf(steps)}</div>`;
  return { id: "recovery", title: "Recovery", body };
}

/** Steps of the same kind are one training, with a cut in between. */
function curvesOf(steps: readonly RecoveryReport[]): Content[] {
  const kinds = new Map<string, RecoveryReport[]>();
  for (const step of steps) {
    if (!step.notes?.history?.length) continue;
    const kind = step.step === undefined ? step.name : step.name.replace(/, step \d+ of \d+$/, "");
    kinds.set(kind, [...(kinds.get(kind) ?? []), step]);
  }
  return [...kinds].map(([kind, own]) => training(kind, own));
}
