import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";

interface Props {
  /** What it shows, in a sentence. */
  readonly label: string;
  readonly height: number;
  readonly data: uPlot.AlignedData;
  /** Makes the plot's options; colours are read from the stylesheet. */
  readonly options: (color: (name: string) => string) => Omit<uPlot.Options, "width" | "height">;
}

/** A plot as wide as there is room, drawn anew when its data or the colour scheme change. */
export function Chart({ label, height, data, options }: Props): VNode {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = host.current!;
    let plot: uPlot | undefined;
    const draw = (): void => {
      const style = getComputedStyle(element);
      plot?.destroy();
      plot = new uPlot(
        { ...options((name) => style.getPropertyValue(name)), width: element.clientWidth, height },
        data,
        element,
      );
    };
    draw();
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    const resized = new ResizeObserver(() => plot?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    return () => {
      dark.removeEventListener("change", draw);
      resized.disconnect();
      plot?.destroy();
    };
  }, [data]);
  return <div class="chart" ref={host} role="img" aria-label={label} />;
}
