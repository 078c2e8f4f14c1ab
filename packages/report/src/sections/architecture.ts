import type { GroupReport, NodeReport } from "@prune/core";
import { boxesOf } from "../graph/box.ts";
import { drawPart, COLOURS, titleOf } from "../graph/draw-part.ts";
import { folded } from "../graph/fold.ts";
import { type Part, partsOf } from "../graph/parts.ts";
import { html, type Markup } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { capped, table } from "../page/table.ts";
import { plural } from "../text/format.ts";
import type { MeasuredLayer } from "../types.ts";

/** Boxes that are drawn: more make nobody wiser, and the file large. */
const MOST_BOXES = 400;
/** Boxes of one part that are drawn. */
const MOST_OF_PART = 120;
const MOST_GROUPS = 200;
/** Boxes that are read out, of a part. */
const MOST_READ = 16;

/** The network from input to output, in parts that stand side by side. */
export function architecture(
  nodes: readonly NodeReport[],
  layers: readonly MeasuredLayer[],
  groups: readonly GroupReport[],
): Section {
  const parts = partsOf(folded(boxesOf(nodes, layers, groups)));
  const drawn: Markup[] = [];
  let room = MOST_BOXES;
  let left = 0;
  for (const [i, part] of parts.entries()) {
    const boxes = Math.min(part.boxes.length, MOST_OF_PART);
    if (boxes > room) {
      left += part.boxes.length * (part.more + 1);
      continue;
    }
    room -= boxes;
    drawn.push(card(part, i));
  }
  const [shown, more] = capped(groups, MOST_GROUPS, (n) => `${n} more groups are in the JSON report.`);
  const rows = shown.map(({ id, kind, size, kept, exact }, i) => [
    html`<span class="swatch c${i % COLOURS}" aria-hidden="true"></span>${i + 1}`,
    id,
    `${size === kept ? size : `${size} → ${kept}`} ${kind}`,
    exact ? "exact" : "not exact",
  ]);
  const body = html`<p>
      Data flows from top to bottom, and on from part to part. Every box with a stripe is a layer; its number says which
      group its outputs are cut with, its bar how much of them is left; small print lists operations without weights
      that follow it. Layers marked <em>whole</em> keep all outputs.
    </p>
    <ol class="parts">
      ${drawn}
    </ol>
    ${left > 0 && html`<p class="note">${plural(left, "more operation")} not drawn. All layers are in the table below.</p>`}
    ${
      rows.length > 0 &&
      html`<details class="numbers">
        <summary>${plural(groups.length, "group")} that are cut together</summary>
        ${table("Groups", ["Group", "Named after", "Units", "Cut"], rows)}${more}
      </details>`
    }`;
  return { id: "architecture", title: "Architecture", body };
}

function card(part: Part, i: number): Markup {
  const boxes = part.boxes.slice(0, MOST_OF_PART);
  const clipped = part.boxes.length - boxes.length;
  const read = boxes.slice(0, MOST_READ).map(titleOf).join("; ");
  const rest = part.boxes.length > MOST_READ ? `; and ${part.boxes.length - MOST_READ} more` : "";
  const title = `${i + 1}${titleFor(part)}`;
  const picture = drawPart({ ...part, boxes, from: part.from.slice(0, boxes.length) }, `${title}: ${read}${rest}`);
  return html`<li class="card">
    <p class="head">${title}${part.more > 0 && html` <span class="times">× ${part.more + 1}</span>`}</p>
    <div class="scroll" role="group" tabindex="0" aria-label="Part ${i + 1}">${picture}</div>
    ${part.more > 0 && html`<p class="note">The next ${part.more === 1 ? "one looks" : `${part.more} look`} the same.</p>`}${clipped > 0 && html`<p class="note">${plural(clipped, "more operation")} not drawn.</p>`}
  </li>`;
}

/** What the names of its layers have in common. */
function titleFor({ boxes }: Part): string {
  const paths = boxes.filter((box) => box.layer).map(({ name }) => name.split("/").filter(Boolean));
  const [first = [], ...others] = paths;
  const end = first.findIndex((piece, i) => others.some((other) => other[i] !== piece));
  // The last piece is what the operation is called.
  const common = first.slice(0, end < 0 ? Math.max(1, first.length - 1) : end);
  return common.length ? ` · ${common.join("/")}` : "";
}
