import type { createLogUpdate } from "log-update";
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

/** Progress on `stderr` when a person watches it; otherwise nothing, and what draws it is not even loaded. */
export function progressOn({ stderr }: Io, quiet = false): Progress {
  const nothing = (): void => undefined;
  if (quiet) return { about: "", show: nothing, note: nothing, clear: nothing };
  const write = (what: string): unknown => stderr.write(`prune: ${what}\n`);
  if (!stderr.isTTY) return { about: "", show: nothing, note: write, clear: nothing };
  let text: string | undefined;
  let update: ReturnType<typeof createLogUpdate> | undefined;
  void import("log-update").then(({ createLogUpdate }) => {
    update = createLogUpdate(stderr as NodeJS.WriteStream, { showCursor: true });
    if (text !== undefined) update(text);
  });
  const progress: Progress = {
    about: "",
    show: (what) => {
      text = `${progress.about}${what} …`;
      update?.(text);
    },
    note: (what) => {
      update?.clear();
      write(what);
    },
    clear: () => {
      text = undefined;
      update?.clear();
    },
  };
  return progress;
}
