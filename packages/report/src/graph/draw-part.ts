import { curveBasis, line } from "d3-shape";
import { type Content, type Markup, px, rounded, svg } from "../page/markup.ts";
import { compact } from "../text/format.ts";
import type { Box } from "./box.ts";
import { layout, type Point } from "./layout.ts";
import type { Part } from "./parts.ts";

/** Colours that groups take turns with. */
export const COLOURS = 8;

const WIDTH = 168;
const HEIGHTS = { layer: 50, plain: 26, follows: 13 };
const ENTRY = 10;
/** Letters that fit into a box. */
const LETTERS = { name: 24, follows: 27 };

/** A picture of a part, from top to bottom. */
export function drawPart({ boxes, from }: Part, name: string): Markup {
  const entered = from.some((list) => list.includes(-1));
  // What comes from the part before enters by a dot, which is laid out after all boxes.
  const dot = boxes.length;
  const sizes = boxes.map((box) => ({ width: WIDTH, height: heightOf(box) }));
  const edges = from.flatMap((list, i) => list.map((n) => [n < 0 ? dot : n, i] as const));
  const placed = layout(entered ? [...sizes, { width: ENTRY, height: ENTRY }] : sizes, edges);
  const [width, height] = [px(placed.width), px(placed.height)];
  const lines = placed.edges.map((points) => svg`<path class="edge" d="${rounded(curve(points) ?? "")}"/>`);
  const drawn = placed.boxes.map(({ x, y }, i) => {
    const box = boxes[i];
    if (!box) return svg`<circle class="entry" cx="${px(x)}" cy="${px(y)}" r="4"/>`;
    return svg`<g transform="translate(${px(x - WIDTH / 2)} ${px(y - heightOf(box) / 2)})">${drawBox(box)}</g>`;
  });
  return svg`<svg class="part" role="img" aria-label="${name}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"><g aria-hidden="true">${lines}${drawn}</g></svg>`;
}

const curve = line<Point>(
  ({ x }) => x,
  ({ y }) => y,
).curve(curveBasis);

const heightOf = ({ layer, follows }: Box): number =>
  (layer ? HEIGHTS.layer : HEIGHTS.plain) + (follows.length ? HEIGHTS.follows : 0);

function drawBox(box: Box): Content {
  const { name, opType, follows, layer, group, removed } = box;
  const height = heightOf(box);
  const style = `box${removed ? " removed" : ""}${layer ? "" : " plain"}`;
  const frame = svg`<title>${titleOf(box)}</title><rect class="${style}" width="${WIDTH}" height="${height}" rx="5"/>`;
  const after = follows.length > 0 && svg`<text class="follows" x="11" y="${height - 6}">${clipped(follows.join(" · "), LETTERS.follows)}</text>`; // prettier-ignore
  if (!layer) {
    const text = opType === "Input" || opType === "Output" ? `${opType} ${shortName(name)}` : opType;
    return [frame, svg`<text class="op" x="11" y="17">${clipped(text, LETTERS.name)}</text>`, after];
  }
  const [before, now] = layer.channels;
  const length = WIDTH - 18;
  const tag = group === undefined ? "whole" : String(group + 1);
  const colour = group === undefined ? "whole" : `c${group % COLOURS}`;
  return [
    frame,
    svg`<rect class="stripe ${colour}" width="5" height="${height}" rx="2"/>`,
    svg`<text class="op" x="11" y="16">${clipped(shortName(name) || opType, LETTERS.name - tag.length)}</text>`,
    svg`<text class="tag" x="${WIDTH - 7}" y="16" text-anchor="end">${tag}</text>`,
    svg`<text class="width" x="11" y="32">${clipped(opType, 12)} <tspan class="strong">${removed ? "removed" : widths(before, now)}</tspan></text>`,
    svg`<rect class="track" x="11" y="38" width="${length}" height="5" rx="1"/>`,
    before > 0 && svg`<rect class="${colour}" x="11" y="38" width="${px((length * (removed ? 0 : now)) / before)}" height="5" rx="1"/>`, // prettier-ignore
    after,
  ];
}

const widths = (before: number, now: number): string => (before === now ? String(before) : `${before} → ${now}`);

/** The last telling piece of a name that is a path. */
function shortName(name: string): string {
  const pieces = name.split(/[/]/).filter(Boolean);
  const last = pieces.at(-1) ?? name;
  return pieces.length > 1 && /^[A-Z][A-Za-z]*(_\d+)?$/.test(last) ? pieces.at(-2)! : last;
}

const clipped = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

/** What a box shows, in words. */
export function titleOf({ name, opType, follows, layer, group, removed }: Box): string {
  const size = layer ? (removed ? ", removed" : `, ${widths(...layer.channels)} channels`) : "";
  const work = layer && layer.macs[0] > 0 ? `, ${compact(layer.macs[1])} MACs` : "";
  const whose = layer ? (group === undefined ? ", stays whole" : `, group ${group + 1}`) : "";
  return `${name} (${opType})${size}${work}${whose}${follows.length ? `, then ${follows.join(", ")}` : ""}`;
}
