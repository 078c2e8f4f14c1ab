import type { VNode } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Example, Outcome } from "../engine/api.ts";
import { className } from "../format.ts";

type Kind = "worse" | "better" | "both";

const KINDS: Readonly<Record<Kind, { readonly title: string; readonly has: (example: Example) => boolean }>> = {
  worse: { title: "Only wrong now", has: ({ label, before }) => before === label },
  better: { title: "Only wrong before", has: ({ label, after }) => after === label },
  both: { title: "Wrong before and now", has: ({ label, before, after }) => before !== label && after !== label },
};

/** As many as are looked at. */
const SHOWN = 24;

/** The images that the networks get wrong. */
export function Examples({ outcome }: { readonly outcome: Outcome }): VNode {
  const [kind, setKind] = useState<Kind>("worse");
  const sorted = useMemo(
    () =>
      Object.fromEntries(
        (Object.keys(KINDS) as Kind[]).map((name) => [name, outcome.examples.filter(KINDS[name].has)]),
      ) as Record<Kind, Example[]>,
    [outcome],
  );
  const shown = sorted[kind].slice(0, SHOWN);
  return (
    <div class="examples">
      <h3>Wrong answers</h3>
      <fieldset class="choices">
        <legend class="sr-only">Which images</legend>
        {(Object.keys(KINDS) as Kind[]).map((name) => (
          <label key={name}>
            <input type="radio" name="examples" checked={kind === name} onChange={() => setKind(name)} />
            <span>
              {KINDS[name].title} ({sorted[name].length})
            </span>
          </label>
        ))}
      </fieldset>
      <ul>
        {shown.map((example) => (
          <li key={example.index}>
            <Picture example={example} />
          </li>
        ))}
      </ul>
      {shown.length < sorted[kind].length && <p class="hint">The first {SHOWN} are shown.</p>}
    </div>
  );
}

const SIDE = 28;

function Picture({ example: { pixels, label, before, after, index } }: { readonly example: Example }): VNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current!.getContext("2d")!;
    const image = context.createImageData(SIDE, SIDE);
    for (const [i, grey] of pixels.entries()) image.data.set([grey, grey, grey, 255], 4 * i);
    context.putImageData(image, 0, 0);
  }, [pixels]);
  const now = after === label ? "right now" : `now ${className(after)}`;
  const was = before === label ? "right before" : `before ${className(before)}`;
  return (
    <figure>
      <canvas
        ref={canvas}
        width={SIDE}
        height={SIDE}
        role="img"
        aria-label={`Test image ${index}: ${className(label)}; ${was}, ${now}`}
      />
      <figcaption>
        <strong>{className(label)}</strong>
        <span>{after === label ? was : now}</span>
      </figcaption>
    </figure>
  );
}
