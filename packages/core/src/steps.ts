import type { RunValues, Session, Steps } from "./model.ts";

/** Begins a series of runs that keep values: the session's own way, or else by feeding outputs back as inputs. */
export async function stepsOf(
  session: Session,
  initial: RunValues,
  next: Readonly<Record<string, string>>,
): Promise<Steps> {
  if (session.steps) return session.steps(initial, next);
  let kept = initial;
  return {
    async run(feeds, fetches) {
      const results = await session.run({ ...feeds, ...kept }, [...new Set([...fetches, ...Object.values(next)])]);
      const replaced = Object.entries(next).map(([input, output]) => [input, results[output]!] as const);
      kept = { ...kept, ...Object.fromEntries(replaced) };
      return Object.fromEntries(fetches.map((name) => [name, results[name]!]));
    },
    state: () => Promise.resolve(Object.fromEntries(Object.entries(kept).map(([name, v]) => [name, { ...v, data: v.data.slice() }]))), // prettier-ignore
  };
}
