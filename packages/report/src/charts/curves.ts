import {
  line,
  symbol,
  symbolCircle,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from "d3-shape";
import { type Markup, px, rounded, svg } from "../page/markup.ts";
import { type Axis, frame, type Size } from "./frame.ts";

/** Points that belong together; told from others by colour, by the shape of its points, and by dashes. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Whether there is no line between the points. Default false. */
  readonly loose?: boolean;
}

const SHAPES = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolWye, symbolStar];
const DASHES = ["", "6 3", "2 3", "8 3 2 3"];
/** How many curves can be told apart by colour and shape. */
export const STYLES = 6;

/** A picture of several curves. The legend is beside it: {@link legend}. */
export function curves(name: string, size: Size, axes: readonly [Axis, Axis], all: readonly Curve[]): Markup {
  return frame(name, size, axes, ({ x, y }) =>
    all.map(({ points, loose = false }, i) => {
      const style = `s${i % STYLES}`;
      const path = line(
        ([a]) => x(a),
        ([, b]) => y(b),
      )(points.map(([a, b]) => [a, b]));
      const dots = points.map(([a, b]) => svg`<path class="dot ${style}" d="${mark(i)}" transform="translate(${px(x(a))} ${px(y(b))})"/>`); // prettier-ignore
      return [!loose && svg`<path class="curve ${style}" stroke-dasharray="${DASHES[i % DASHES.length]}" d="${rounded(path ?? "")}"/>`, dots]; // prettier-ignore
    }),
  );
}

/** What the curves are called. */
export function legend(all: readonly Pick<Curve, "name">[]): Markup {
  const entries = all.map(
    ({ name }, i) =>
      svg`<li><svg aria-hidden="true" width="26" height="14" viewBox="0 0 26 14"><path class="curve s${i % STYLES}" stroke-dasharray="${DASHES[i % DASHES.length]}" d="M0 7H26"/><path class="dot s${i % STYLES}" d="${mark(i)}" transform="translate(13 7)"/></svg> <span class="name">${name}</span></li>`,
  );
  return svg`<ul class="legend">${entries}</ul>`;
}

/** The shape of the points of the i-th of several kinds. */
export const mark = (i: number): string => rounded(symbol(SHAPES[i % SHAPES.length], 44)() ?? "");
