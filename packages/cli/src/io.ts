import type { Interruption } from "./lib/interruption.ts";

/** Where text goes: a stream, or anything that collects it. */
export interface Output {
  write(text: string): unknown;
  /** Whether a person is watching: turns colours and progress on. */
  readonly isTTY?: boolean | undefined;
}

/** What a command talks to. `process` is one. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** The arguments that were given, for reports. */
  readonly command?: readonly string[];
  /** Hears of Ctrl-C. Default: whoever calls deals with it. */
  readonly interruption?: Interruption | undefined;
}
