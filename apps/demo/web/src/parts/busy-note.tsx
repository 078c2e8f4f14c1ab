import type { VNode } from "preact";
import type { Progress } from "../state.ts";

interface Props {
  readonly progress: Progress | undefined;
  /** Gives up; undefined where that makes no sense. */
  readonly onStop: (() => void) | undefined;
}

/** What is going on; read out when it changes. */
export function BusyNote({ progress, onStop }: Props): VNode {
  return (
    <div class={progress && "busy"}>
      <div role="status">{progress && `${progress.text} …`}</div>
      {progress && <progress max={1} value={progress.fraction} aria-label="Progress" />}
      {onStop && (
        <button type="button" onClick={onStop}>
          Stop
        </button>
      )}
    </div>
  );
}
