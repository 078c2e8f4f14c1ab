import type { createLogUpdate } from "log-update";
import type { Io } from "../io.ts";

/** Says on one line of a terminal what is being done. */
export interface Progress {
  readonly show: (what: string) => void;
  clear(): void;
}

/** Progress on `stderr` when a person watches it; otherwise nothing, and what draws it is not even loaded. */
export function progressOn({ stderr }: Io, quiet = false): Progress {
  if (quiet || !stderr.isTTY) return { show: () => undefined, clear: () => undefined };
  let text: string | undefined;
  let update: ReturnType<typeof createLogUpdate> | undefined;
  void import("log-update").then(({ createLogUpdate }) => {
    update = createLogUpdate(stderr as NodeJS.WriteStream, { showCursor: true });
    if (text !== undefined) update(text);
  });
  return {
    show: (what) => {
      text = `${what} …`;
      update?.(text);
    },
    clear: () => {
      text = undefined;
      update?.clear();
    },
  };
}
