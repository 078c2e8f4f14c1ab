import type { Io } from "../io.ts";

/** Says on one line of a terminal what is being done. */
export interface Progress {
  readonly show: (what: string) => void;
  clear(): void;
}

/** Progress on `stderr` when a person watches it; otherwise nothing. */
export function progressOn({ stderr }: Io, quiet = false): Progress {
  if (quiet || !stderr.isTTY) return { show: () => undefined, clear: () => undefined };
  return {
    show: (what) => void stderr.write(`\r\u001b[K${what} …`),
    clear: () => void stderr.write("\r\u001b[K"),
  };
}
