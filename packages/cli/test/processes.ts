import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { BIN, type Outcome } from "./command.ts";

/** The built command in a process of its own, for tests that end it. */
export interface Running {
  readonly child: ChildProcess;
  /** Everything that it has written to stderr so far. */
  readonly stderr: () => string;
  /** How it ended: its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

export function start(
  argv: readonly string[],
  nodeFlags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Running {
  const child = spawn(process.execPath, [...nodeFlags, BIN, ...argv], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...env },
  });
  let text = "";
  child.stderr.on("data", (part: Buffer) => (text += part.toString()));
  const ended = once(child, "close").then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  return { child, stderr: () => text, ended };
}

/** Runs the built command to its end: threads of its own are always the build's. */
export async function run(...argv: readonly string[]): Promise<Outcome> {
  const child = spawn(process.execPath, [BIN, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name].setEncoding("utf8").on("data", (part: string) => (text[name] += part));
  const [code] = (await once(child, "close")) as [number];
  return { code, ...text };
}

/** Waits until something is so. A process that ends before that is an error, with what it said. */
export async function until(isSo: () => boolean, running: Running): Promise<void> {
  let over: number | NodeJS.Signals | undefined;
  void running.ended.then((how) => (over = how));
  while (!isSo()) {
    if (over !== undefined) throw new Error(`The command ended with ${over}: ${running.stderr()}`);
    await sleep(2);
  }
}

/** Waits for a file. */
export const untilExists = (path: string, running: Running): Promise<void> => until(() => existsSync(path), running);

/** Lets a command run for some time and then kills it, as a power cut would. @returns how it ended */
export async function killAfter(milliseconds: number, argv: readonly string[]): Promise<number | NodeJS.Signals> {
  const { child, ended } = start(argv);
  const timer = setTimeout(() => child.kill("SIGKILL"), milliseconds);
  const how = await ended;
  clearTimeout(timer);
  return how;
}
