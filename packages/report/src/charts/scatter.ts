import { curveStepAfter, line } from "d3-shape";
import { type Content, type Markup, px, rounded, svg } from "../page/markup.ts";
import { mark, STYLES } from "./curves.ts";
import { type Axis, frame, type Size } from "./frame.ts";

/** A point of a scatter plot. */
export interface Dot {
  readonly x: number;
  readonly y: number;
  /** Which of the kinds in the legend it is; undefined: none of them, a cross. */
  readonly kind: number | undefined;
  /** Whether it is on the front; others are hollow. */
  readonly isOnFront: boolean;
  /** What a pointer over it is told. */
  readonly title: string;
  /** Which row of the table it belongs to. */
  readonly row: number | undefined;
}

/** Points, and the stairs of the front through those on it: what is to be had at most for each cost. */
export function scatter(name: string, size: Size, axes: readonly [Axis, Axis], dots: readonly Dot[]): Markup {
  return frame(name, size, axes, ({ x, y }) => {
    const front = dots.filter(({ isOnFront }) => isOnFront).toSorted((a, b) => a.x - b.x);
    const stairs = line<Dot>((d) => x(d.x), (d) => y(d.y)).curve(curveStepAfter)(front) ?? ""; // prettier-ignore
    const drawn = [...dots].sort((a, b) => Number(a.isOnFront) - Number(b.isOnFront)).map((dot): Content => {
      const at = svg`transform="translate(${px(x(dot.x))} ${px(y(dot.y))})"`;
      const row = dot.row === undefined ? "" : String(dot.row);
      return dot.kind === undefined
        ? svg`<path class="original" d="${CROSS}" ${at}><title>${dot.title}</title></path>`
        : svg`<path class="dot s${dot.kind % STYLES}${dot.isOnFront ? "" : " off"}" data-row="${row}" d="${mark(dot.kind)}" ${at}><title>${dot.title}</title></path>`;
    }); // prettier-ignore
    return [svg`<path class="front" d="${rounded(stairs)}"/>`, drawn];
  });
}

const CROSS = "M-5 -5L5 5M-5 5L5 -5";

/** What the kinds are called, and how the front and the originals are drawn. */
export function scatterLegend(kinds: readonly string[], hasOriginals: boolean): Markup {
  const entry = (drawing: Markup, name: string): Markup =>
    svg`<li><svg aria-hidden="true" width="26" height="14" viewBox="0 0 26 14">${drawing}</svg> <span class="name">${name}</span></li>`;
  return svg`<ul class="legend">${[
    ...kinds.map((name, i) => entry(svg`<path class="dot s${i % STYLES}" d="${mark(i)}" transform="translate(13 7)"/>`, name)),
    entry(svg`<path class="front" d="M0 11H13V3H26"/>`, "the front"),
    ...(hasOriginals ? [entry(svg`<path class="original" d="${CROSS}" transform="translate(13 7)"/>`, "models as they were")] : []),
  ]}</ul>`; // prettier-ignore
}
