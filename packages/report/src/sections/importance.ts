import type { ImportanceReport } from "@prune/core";
import { histogramChart } from "../charts/histogram.ts";
import { html, type Markup } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { capped, numbers } from "../page/table.ts";
import { compact } from "../text/format.ts";

const MOST = 60;
const SIZE = { width: 320, height: 190 };

/** How importances are spread in every group, and where the cut runs. */
export function importance(all: readonly ImportanceReport[], scorer: string | undefined, steps: number): Section {
  const [shown, more] = capped(all, MOST, (n) => `${n} more are in the JSON report.`);
  const by = scorer === undefined ? "" : `, by ${scorer}`;
  const body = html`<p>
      How importances are spread${by}${steps > 1 && ", in the last step"}: those that were
      <span class="key gone">removed</span>, and those that were <span class="key kept">kept</span>. The dashed line is
      where the cut runs.
    </p>
    <div class="grid">${shown.map(figure)}</div>
    ${more}`;
  return { id: "importance", title: "Importance", body };
}

function figure(report: ImportanceReport): Markup {
  const { of, kind, from, to, max, kept, removed, cut } = report;
  const total = (counts: readonly number[]): number => counts.reduce((a, b) => a + b, 0);
  const [stay, leave] = [total(kept), total(removed)];
  const where = cut === undefined ? "" : ` The cut runs at ${figures(cut)}.`;
  const name = `Importances of ${stay + leave} ${kind} of ${of}, from ${figures(from)} to ${figures(max)}: ${leave} removed, ${stay} kept.${where}`;
  const step = (to - from) / kept.length;
  const rows = kept.map((count, i) => [`${figures(from + i * step)} to ${figures(i === kept.length - 1 ? max : from + (i + 1) * step)}`, count, removed[i]]); // prettier-ignore
  return html`<figure>
    <figcaption>
      <span class="name">${of}</span><br /><span class="about"
        >${compact(leave)} of ${compact(stay + leave)} ${kind}
        removed${cut !== undefined && `, cut at ${figures(cut)}`}${max > to && `; a few reach ${figures(max)}, and are in the last bar`}</span
      >
    </figcaption>
    ${histogramChart(name, SIZE, report)}${numbers(`importances of ${of}`, ["Importance", "Kept", "Removed"], rows)}
  </figure>`;
}

const figures = (value: number): string => (value === 0 ? "0" : String(Number(value.toPrecision(3))));
