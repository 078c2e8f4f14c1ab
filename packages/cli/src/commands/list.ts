import { Command } from "commander";
import { type PluginFlags, type PrintFlags, withPluginFlags, withPrintFlags } from "../flags.ts";
import type { Io } from "../io.ts";

/** Flags of `prune scorers` and its like. */
export type ListFlags = PluginFlags & PrintFlags;

/** What can be listed, and where it is asked for. */
const LISTS = {
  scorers: "what judges importance (--scorer)",
  pruners: "types of pruning (--type)",
  recovery: "steps that give accuracy back (--recover)",
  losses: "what training minimises (--loss)",
  metrics: "what models are measured by (--metric)",
  readers: "formats of data (--reader)",
  operators: "operators with rules of their own; all others keep what they touch whole",
} as const;

export type List = keyof typeof LISTS;

/** A command for each kind of thing that is installed: the toolkit's, and those of plug-ins. */
export function listCommands(io: Io): Command[] {
  return Object.entries(LISTS).map(([list, what]) => {
    const command = new Command(list)
      .helpGroup("What is installed:")
      .summary(what)
      .description(`List ${what}: names, options, sources; the toolkit's, and those of plug-ins.`);
    return withPrintFlags(withPluginFlags(command)).action(async (flags: ListFlags) => {
      const { listInstalled } = await import("../actions/list.ts");
      await listInstalled(list as List, flags, io);
    });
  });
}
