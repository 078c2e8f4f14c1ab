import { createLogUpdate } from "log-update";
import type { Io } from "../io.ts";

/** Says on one line of a terminal what is being done. */
export interface Progress {
  /** What the following is part of; shown in front of it. */
  about: string;
  readonly show: (what: string) => void;
  /** Says something that is also of interest where nobody watches. */
  readonly note: (what: string) => void;
  clear(): void;
}

/** Progress on `stderr` when a person watches it; otherwise nothing. */
export function progressOn({ stderr }: Io, quiet = false): Progress {
  const nothing = (): void => undefined;
  if (quiet) return { about: "", show: nothing, note: nothing, clear: nothing };
  const write = (what: string): unknown => stderr.write(`prune: ${what}\n`);
  if (!stderr.isTTY) return { about: "", show: nothing, note: write, clear: nothing };
  const update = createLogUpdate(stderr as NodeJS.WriteStream, { showCursor: true });
  const progress: Progress = {
    about: "",
    show: (what) => update(`${progress.about}${what} …`),
    note: (what) => {
      update.clear();
      write(what);
    },
    clear: () => update.clear(),
  };
  return progress;
}
