import { createLogUpdate } from "log-update";
import type { Io } from "../io.ts";

/** Says on one line of a terminal what is being done. */
export interface Progress {
  readonly show: (what: string) => void;
  clear(): void;
}

/** Progress on `stderr` when a person watches it; otherwise nothing. */
export function progressOn({ stderr }: Io, quiet = false): Progress {
  if (quiet || !stderr.isTTY) return { show: () => undefined, clear: () => undefined };
  const update = createLogUpdate(stderr as NodeJS.WriteStream, { showCursor: true });
  return { show: (what) => update(`${what} …`), clear: () => update.clear() };
}
