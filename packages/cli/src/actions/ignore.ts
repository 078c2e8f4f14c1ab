import picomatch from "picomatch";

/** The patterns of `--ignore`. */
export interface IgnoreGlobs {
  /** Whether any pattern matches a name. */
  matches(name: string): boolean;
  /** Patterns that have matched nothing so far: misspelt, most likely. */
  unused(): string[];
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
    unused: () => rules.filter((rule) => !rule.used).map((rule) => rule.glob),
  };
}
