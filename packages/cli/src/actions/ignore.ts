import picomatch from "picomatch";
import type { PrintFlags } from "../flags.ts";
import type { Io } from "../io.ts";

/** The patterns of `--ignore`. */
export interface IgnoreGlobs {
  /** Whether any pattern matches a name. */
  readonly matches: (name: string) => boolean;
  /** Says which patterns have matched nothing: misspelt, most likely. */
  warnUnused(flags: PrintFlags, io: Io): void;
}

/** Names of layers are no paths: `*` matches slashes and dots too. A name matches itself, whatever it is made of. */
export function ignoreGlobs(globs: readonly string[] = []): IgnoreGlobs {
  const rules = globs.map((glob) => ({ glob, test: picomatch(glob, { bash: true, dot: true }), used: false }));
  return {
    matches(name) {
      let any = false;
      for (const rule of rules) {
        if (name !== rule.glob && !rule.test(name)) continue;
        rule.used = true;
        any = true;
      }
      return any;
    },
    warnUnused({ quiet }, { stderr }) {
      if (quiet) return;
      for (const { glob, used } of rules)
        if (!used) stderr.write(`prune: --ignore ${glob} matches no layer, weight or cache.\n`);
    },
  };
}
