import { Command } from "commander";
import { applyCommand } from "./commands/apply.ts";
import { compareCommand } from "./commands/compare.ts";
import { inspectCommand } from "./commands/inspect.ts";
import { listCommands } from "./commands/list.ts";
import { reportCommand } from "./commands/report.ts";
import { runCommand } from "./commands/run.ts";
import { sensitivityCommand } from "./commands/sensitivity.ts";
import { sweepCommand } from "./commands/sweep.ts";
import { verifyCommand } from "./commands/verify.ts";
import type { Io } from "./io.ts";
import { version } from "./version.ts";

/** The command line. Each command lives in a file of its own, and loads what does its work only when it is called. */
export function program(io: Io): Command {
  const root = new Command("prune")
    .description("Makes trained networks smaller and faster: removes channels, heads and neurons from ONNX models.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help")
    .option("--config <file>", "take flags from this file (default: prune.config.ts, .mts, .js, .mjs or .json here)")
    .option("--no-config", "take no flags from a file")
    .configureHelp({ showGlobalOptions: true })
    .addHelpText("after", EXAMPLES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, "prune: ")),
    });
  // A Command made by itself has nothing from its parent unless it is told to.
  for (const command of COMMANDS) root.addCommand(command(io).copyInheritedSettings(root));
  for (const command of listCommands(io)) root.addCommand(command.copyInheritedSettings(root));
  root.hook("preSubcommand", async (_, command) => {
    if (root.args.some((arg) => arg === "-h" || arg === "--help")) return;
    const { applyConfig } = await import("./load-config.ts");
    await applyConfig(root, command, root.opts<{ config?: string | false }>().config);
  });
  return root;
}

const COMMANDS = [
  inspectCommand,
  runCommand,
  applyCommand,
  verifyCommand,
  compareCommand,
  sensitivityCommand,
  sweepCommand,
  reportCommand,
];

const EXAMPLES = `
Examples:
  $ prune inspect model.onnx                              what can be pruned, and what cannot
  $ prune run model.onnx -o half.onnx --target macs=0.5   keep half of the multiply-accumulates
  $ prune compare model.onnx half.onnx                    size and speed side by side

Exit codes: 0 done; 1 the work failed or the target was not met; 2 wrong usage.`;
