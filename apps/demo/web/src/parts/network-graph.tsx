import type { Report } from "@prune/core";
import type { VNode } from "preact";
import { useRef, useState } from "preact/hooks";
import type { GroupMark } from "../colors.ts";
import type { Box, Drawing, Line } from "../engine/api.ts";
import { layerText } from "../layer-text.ts";

interface Props {
  readonly drawing: Drawing;
  readonly report: Report;
  readonly colors: ReadonlyMap<string, GroupMark>;
  /** The group that is looked at. */
  readonly selected: string | undefined;
  readonly onSelect: (group: string | undefined) => void;
}

/** The network's layers from top to bottom. One is in the tab order; arrows go to the others. */
export function NetworkGraph({ drawing, report, colors, selected, onSelect }: Props): VNode {
  const layers = drawing.boxes.filter(({ kind }) => kind === "layer");
  const [at, setAt] = useState(0);
  const svg = useRef<SVGSVGElement>(null);
  const go = (event: KeyboardEvent): void => {
    const last = layers.length - 1;
    const next = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: last }[event.key]; // prettier-ignore
    if (next === undefined) return;
    event.preventDefault();
    const to = Math.min(last, Math.max(0, next));
    setAt(to);
    svg.current?.querySelectorAll<SVGGElement>("[role=button]")[to]?.focus();
  };
  return (
    <div class="graph">
      <svg
        ref={svg}
        width={drawing.width}
        height={drawing.height}
        viewBox={`0 0 ${drawing.width} ${drawing.height}`}
        role="group"
        aria-label={`The network's ${layers.length} layers, from input to output. Arrow keys go from one to the next.`}
        onKeyDown={go}
      >
        <defs>
          <pattern id="hatch" width="6" height="6" patternTransform="rotate(45)" patternUnits="userSpaceOnUse">
            <line y2="6" />
          </pattern>
        </defs>
        {drawing.lines.map((line) => (
          <path key={`${line.from}>${line.to}`} class="line" d={pathOf(line)} />
        ))}
        {drawing.boxes.map((box) =>
          box.kind === "layer" ? (
            <LayerBox
              key={box.id}
              box={box}
              report={report}
              colors={colors}
              selected={selected}
              reachable={layers[Math.min(at, layers.length - 1)] === box}
              onSelect={() => {
                setAt(layers.indexOf(box));
                onSelect(box.groups.includes(selected ?? "") ? undefined : box.groups[0]);
              }}
            />
          ) : (
            <EndBox key={box.id} box={box} />
          ),
        )}
      </svg>
    </div>
  );
}

const pathOf = ({ points }: Line): string =>
  points.map(({ x, y }, i) => `${i ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

function EndBox({ box: { x, y, width, height, kind, label } }: { readonly box: Box }): VNode {
  return (
    <g class={`box ${kind}`} transform={`translate(${x - width / 2} ${y - height / 2})`}>
      <rect width={width} height={height} rx={height / 2} />
      <text x={width / 2} y={height / 2} text-anchor="middle" dominant-baseline="central">
        {label}
      </text>
    </g>
  );
}

interface LayerProps extends Pick<Props, "report" | "colors" | "selected"> {
  readonly box: Box;
  /** Whether the tab key goes to it. */
  readonly reachable: boolean;
  readonly onSelect: () => void;
}

function LayerBox({ box, report, colors, selected, reachable, onSelect }: LayerProps): VNode {
  const { x, y, width, height, groups, label, opType } = box;
  const layer = report.layers[box.layer]!;
  const mark = groups.map((id) => colors.get(id)).find((m) => m?.tag) ?? { color: "fixed", tag: "" };
  const { share, text, says } = layerText(layer, opType);
  const tag = mark.tag || "fixed";
  const chosen = groups.includes(selected ?? "");
  return (
    <g
      class={`box layer ${mark.color} ${chosen ? "chosen" : ""} ${selected !== undefined && !chosen ? "dim" : ""}`}
      transform={`translate(${x - width / 2} ${y - height / 2})`}
      role="button"
      tabindex={reachable ? 0 : -1}
      aria-pressed={chosen}
      onClick={onSelect}
      onKeyDown={(event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        onSelect();
      }}
    >
      <desc>{says}</desc>
      <rect class="whole" width={width} height={height} rx="6" />
      <rect class="gone" width={width} height={height} rx="6" />
      <rect class="kept" width={width * share} height={height} rx="6" />
      <rect class="edge" width={width} height={height} rx="6" />
      <text class="name" x="10" y="18">
        {`${label} `}
      </text>
      <text class="size" x="10" y="34">
        {`${text} `}
      </text>
      <text class="tag" x={width - 10} y="27" text-anchor="end">
        {tag}
      </text>
    </g>
  );
}
