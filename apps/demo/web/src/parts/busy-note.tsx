import type { VNode } from "preact";
import type { Busy } from "../state.ts";

/** What is going on; read out when it changes. */
export function BusyNote({ busy }: { readonly busy: Busy | undefined }): VNode {
  return (
    <div role="status" class={busy && "busy"}>
      {busy && (
        <>
          <span>{busy.text} …</span>
          <progress max={1} value={busy.fraction} aria-label="Progress" />
        </>
      )}
    </div>
  );
}
