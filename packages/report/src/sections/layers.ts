import { COLOURS } from "../graph/draw-part.ts";
import type { GroupReport } from "@prune/core";
import { type Content, html, type Markup } from "../page/markup.ts";
import type { Section } from "../page/section.ts";
import { capped } from "../page/table.ts";
import { compact } from "../text/format.ts";
import type { MeasuredLayer } from "../types.ts";

/** A figure of layers. */
interface Column {
  readonly title: string;
  readonly of: (layer: MeasuredLayer) => readonly [number, number] | undefined;
  readonly show: (value: number) => string;
}

const COLUMNS: readonly Column[] = [
  { title: "Channels", of: (l) => l.channels, show: String },
  { title: "MACs", of: (l) => l.macs, show: compact },
  { title: "Parameters", of: (l) => l.params, show: compact },
  { title: "Zero weights", of: (l) => l.zeros, show: compact },
  { title: "Latency alone, ms", of: (l) => l.latency, show: (ms) => ms.toPrecision(3) },
];

const MOST_LAYERS = 400;

/** Every layer with bars of what it was and is. The bars are in a table, so that it can be read too. */
export function layerBars(layers: readonly MeasuredLayer[], groups: readonly GroupReport[]): Section {
  const columns = COLUMNS.filter(({ of }) => layers.some((layer) => of(layer)));
  const most = columns.map(({ of }) => Math.max(...layers.flatMap((layer) => of(layer) ?? []), 0) || 1);
  const position = new Map(groups.map(({ id }, i) => [id, i]));
  const [shown, more] = capped(layers, MOST_LAYERS, (n) => `${n} more layers are in the JSON report.`);
  const rows = shown.map((layer) => {
    const group = layer.groups.map((id) => position.get(id)).find((p) => p !== undefined);
    const tag = group === undefined ? html`<span class="tag">whole</span>` : html`<span class="tag"><span class="swatch c${group % COLOURS}" aria-hidden="true"></span>group ${group + 1}</span>`; // prettier-ignore
    const cells = columns.map(({ title, of, show }, i) => html`<td role="cell" data-title="${title}">${bars(of(layer), most[i]!, show)}</td>`); // prettier-ignore
    return html`<tr role="row">
      <th role="rowheader" scope="row">
        <span class="name">${layer.name}</span> <span class="about">${layer.opType} ${tag}</span>
      </th>
      ${cells}
    </tr>`;
  });
  const titles = ["Layer", ...columns.map(({ title }) => title)];
  const alone = columns.some(({ title }) => title.startsWith("Latency"));
  const body = html`<p>
      The light bar is what a layer had, the dark bar what is left. Bars of a column are to one scale.
    </p>
    <table role="table" class="layers">
      <caption class="unseen">
        Layers before and after
      </caption>
      <thead role="rowgroup">
        <tr role="row">
          ${titles.map((title) => html`<th role="columnheader" scope="col">${title}</th>`)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows}
      </tbody>
    </table>
    ${more}
    ${alone && html`<p class="note">Each layer was run by itself; in the network, a runtime joins layers and what follows them, so that these times do not add up to its latency.</p>`}`;
  return { id: "layers", title: "Layers", body };
}

function bars(pair: readonly [number, number] | undefined, most: number, show: (value: number) => string): Content {
  if (!pair) return html`<span class="unseen">not known</span>`;
  const [before, after] = pair;
  const bar = (value: number, style: string): Markup => html`<i class="${style}" style="width:${Math.round((1000 * value) / most) / 10}%"></i>`; // prettier-ignore
  const text = before === after ? show(before) : html`${show(before)} → <b>${show(after)}</b>`;
  return html`<span class="figures">${text}</span
    ><span class="two" aria-hidden="true">${bar(before, "was")}${bar(after, "is")}</span>`;
}
