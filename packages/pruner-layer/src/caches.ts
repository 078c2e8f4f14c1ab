import { type Analysis, editGraph, type Edits, type Node } from "@prune/core";

/** What a network keeps from run to run, and where it comes from. */
export interface CachePath {
  /** Undefined in the first step, which reads none. */
  readonly input: string | undefined;
  readonly output: string;
  /** Nodes whose results go nowhere but into the output. */
  readonly tail: ReadonlySet<Node>;
  /** The nodes before those: what they compute is kept. */
  readonly sources: ReadonlySet<Node>;
}

/** The caches of a network: two that end in one output are one each. */
export function cachePaths(
  { space, graph }: Analysis,
  producers: ReadonlyMap<string, Node>,
  readers: ReadonlyMap<string, readonly Node[]>,
): CachePath[] {
  const outputs = new Set(graph.outputs.map((v) => v.name));
  return space.caches.flatMap(({ input, output }) => {
    if (output === undefined || !outputs.has(output)) return [];
    const [tail, sources] = [new Set<Node>(), new Set<Node>()];
    const open = [output];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      const node = producers.get(name);
      if (!node) continue;
      const only = node.outputs.every(
        (value) => (value === output || !outputs.has(value)) && (readers.get(value) ?? []).every((r) => tail.has(r)),
      );
      if (!only) sources.add(node);
      else if (!tail.has(node)) {
        tail.add(node);
        sources.delete(node);
        open.push(...node.inputs);
      }
    }
    return [{ input, output, tail, sources }];
  });
}

/** Values that are read in place of others, and inputs and outputs that leave with what nothing reads then. */
export type Removal = Required<Pick<Edits, "bypassed" | "dropped">>;

/**
 * Takes a block out of a network together with its caches: what they would hold is computed no more, and a cache that is
 * handed on without growing would misstate how many steps there were. Where the rest of the network asks how long one
 * is, it asks another of the same shape.
 * @param removed what left before
 * @returns undefined where no other is left to ask
 */
export function without(
  { graph, shapes }: Analysis,
  removed: Removal,
  { from, to, caches }: { readonly from: string; readonly to: string; readonly caches: readonly CachePath[] },
  all: readonly CachePath[],
): Removal | undefined {
  const bypassed = new Map([...removed.bypassed, [to, from]]);
  const outputs = new Set([...removed.dropped, ...caches.map(({ output }) => output)]);
  const read = new Set(editGraph(graph, { bypassed, dropped: outputs }).nodes.flatMap((node) => node.inputs));
  const dropped = new Set([...outputs, ...caches.flatMap(({ input }) => input ?? [])]);
  const shapeOf = (name: string): string => JSON.stringify([shapes.canonical.get(name), shapes.wide.get(name)]);
  for (const { input } of caches) {
    if (input === undefined || !read.has(input)) continue;
    const other = all.find(
      (c) => c.input !== undefined && !dropped.has(c.input) && shapeOf(c.input) === shapeOf(input),
    );
    if (!other?.input) return undefined;
    bypassed.set(input, other.input);
  }
  return { bypassed, dropped };
}
