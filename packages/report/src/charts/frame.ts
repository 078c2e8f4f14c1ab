import { type ScaleLinear, scaleLinear } from "d3-scale";
import { type Content, type Markup, px, svg } from "../page/markup.ts";

/** What an axis shows. */
export interface Axis {
  readonly label: string;
  readonly domain: readonly [number, number];
  /** Whether the ends are moved to round numbers. Default true. */
  readonly nice?: boolean;
  /** Default: as the scale writes them. */
  readonly format?: (value: number) => string;
  /** About how many numbers stand along it. */
  readonly ticks?: number;
}

/** The scales of a picture. */
export interface Scales {
  readonly x: ScaleLinear<number, number>;
  readonly y: ScaleLinear<number, number>;
}

/** Size of a picture in CSS pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

const MARGIN = { top: 28, right: 18, bottom: 40, left: 52 };

/**
 * A picture with two axes; `draw` says what is between them.
 * @param name what it shows, for those who do not see it
 */
export function frame(
  name: string,
  { width, height }: Size,
  [ofX, ofY]: readonly [Axis, Axis],
  draw: (scales: Scales) => Content,
): Markup {
  const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
  const scaled = ({ domain, nice = true, ticks = 5 }: Axis, range: readonly [number, number]) => {
    const scale = scaleLinear([...domain], [...range]);
    return nice ? scale.nice(ticks) : scale;
  };
  const [x, y] = [scaled(ofX, [left, right]), scaled(ofY, [bottom, top])];
  const marks = (scale: Scales["x"], { ticks = 5, format = scale.tickFormat(ticks) }: Axis) =>
    scale.ticks(ticks).map((value) => ({ at: px(scale(value)), text: format(value) }));
  const across = marks(y, ofY).map(
    ({ at, text }) =>
      svg`<line class="grid" x1="${left}" x2="${right}" y1="${at}" y2="${at}"/><text x="${left - 8}" y="${at}" dy=".32em" text-anchor="end">${text}</text>`,
  );
  const along = marks(x, ofX).map(
    ({ at, text }) =>
      svg`<line class="tick" x1="${at}" x2="${at}" y1="${bottom}" y2="${bottom + 4}"/><text x="${at}" y="${bottom + 17}" text-anchor="middle">${text}</text>`,
  );
  return svg`<svg class="chart" role="img" aria-label="${name}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">
<g aria-hidden="true">${across}${along}<line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>
<text class="label" x="${(left + right) / 2}" y="${height - 6}" text-anchor="middle">${ofX.label}</text>
<text class="label" x="4" y="12">${ofY.label}</text>
${draw({ x, y })}</g></svg>`;
}
