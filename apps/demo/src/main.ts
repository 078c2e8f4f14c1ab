import { mkdir, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Io, progressOn } from "@prune/cli";
import { markdownOf, textOf } from "./print.ts";
import { type Demo, runDemo } from "./run-demo.ts";

const USAGE = "Usage: pnpm demo [--json | --markdown] [--quick] [--out FOLDER]";

/**
 * The demo's command line. `--json` prints the results as data, `--markdown` as the table of the README; `--quick` uses
 * 500 images of each kind and times little, to see that everything works.
 * @returns the exit code
 */
export async function main(argv: readonly string[], io: Io = process): Promise<number> {
  const flags = flagsOf(argv);
  if (!flags) {
    io.stderr.write(`${USAGE}\n`);
    return 2;
  }
  const out = flags.out ?? here("../out");
  await mkdir(out, { recursive: true });
  const progress = progressOn(io);
  let demo: Demo;
  try {
    demo = await runDemo({
      model: here("../../../fixtures/fashion-mnist/fashion_resnet.onnx"),
      data: here("../../../fixtures/fashion-mnist/test10k.npz"),
      training: here("../../../fixtures/fashion-mnist/train10k.npz"),
      out,
      onProgress: progress.show,
      ...(flags.quick ? { samples: 500, seconds: 0.1 } : {}),
    });
  } finally {
    progress.clear();
  }
  const results = join(out, "results.json");
  await writeFile(results, `${JSON.stringify(demo, undefined, 2)}\n`);
  const files = [...demo.rows.flatMap((row) => (row.file === undefined ? [] : [join(out, row.file)])), results];
  const wrote = files.map((file) => `  ${relative(process.cwd(), file)}`).join("\n");
  if (flags.json) io.stdout.write(`${JSON.stringify(demo)}\n`);
  else if (flags.markdown) io.stdout.write(`${markdownOf(demo)}\n`);
  else io.stdout.write(`${textOf(demo)}\n\nWrote:\n${wrote}\n`);
  return 0;
}

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

interface Flags {
  readonly json?: boolean | undefined;
  readonly markdown?: boolean | undefined;
  readonly quick?: boolean | undefined;
  readonly out?: string | undefined;
}

/** The flags; undefined when they make no sense. */
function flagsOf(argv: readonly string[]): Flags | undefined {
  const flag = { type: "boolean" } as const;
  try {
    const options = { json: flag, markdown: flag, quick: flag, out: { type: "string" } } as const;
    const { values } = parseArgs({ args: [...argv], options });
    return values.json && values.markdown ? undefined : values;
  } catch {
    return undefined;
  }
}
