import { batchesOf, type DataSource } from "./data.ts";
import { hasFixedBatch } from "./evidence/runs.ts";
import { capturedNames, producersOf, type Graph, type ValueInfo } from "./graph/graph.ts";
import type { Node } from "./graph/node.ts";
import type { Runtime, RunTensor, RunValues, Session } from "./model.ts";
import { keepFor } from "./parts/in-parts.ts";
import { infoOf } from "./parts/walk.ts";
import { feedsFor } from "./plan/slice-value.ts";
import { keepInMemory, storedValue, type StoredValue } from "./stored.ts";

/** A stretch of a graph, loaded and ready to run over every batch in turn. */
export interface Stretch {
  /** Runs batch `index`. @returns the values that were wanted */
  readonly run: (index: number, feeds?: RunValues) => Promise<RunValues>;
  /** Ends the stretch; what it reached is where later ones begin. */
  readonly close: () => Promise<void>;
}

/**
 * Goes through a graph stretch by stretch over the same samples. Between two stretches it keeps the values that nodes
 * further on read, so that no node runs again because of those behind it, where the runtime keeps such things; where it
 * does not, and they take more memory than is allowed, later stretches begin at the last place whose values were kept. Weights of nodes that were not reached may change
 * from one stretch to the next.
 */
export class Trail {
  readonly batches: readonly (readonly [from: number, to: number])[];
  private readonly runtime: Runtime;
  private readonly data: DataSource;
  private readonly memory: number;
  /** First outputs of the nodes that kept values stand for. */
  private reached: ReadonlySet<string> = new Set();
  /** Kept values of every batch. */
  private kept: ReadonlyMap<string, StoredValue>[] = [];

  /** @param memory bytes of values that are kept in memory between two stretches */
  constructor(runtime: Runtime, graph: Graph, data: DataSource, memory: number) {
    this.runtime = runtime;
    this.data = data;
    this.memory = memory;
    this.batches = batchesOf(data, hasFixedBatch(graph));
  }

  /**
   * Loads what computes some values.
   * @param wanted values that runs give
   * @param upTo values that count as reached once the stretch has ended
   */
  async open(graph: Graph, wanted: readonly string[], upTo: readonly string[]): Promise<Stretch> {
    const producers = producersOf(graph);
    const reached = new Set([...this.reached, ...namesBehind(upTo, producers, this.reached)]);
    const frontier = frontierOf(graph, producers, reached);
    const given = this.kept[0] ?? new Map<string, StoredValue>();
    const part = partOf(graph, producers, [...wanted, ...frontier], (name) => this.infoOf(name));
    const keep = keepFor(this.runtime, graph);
    const session = part.outputs.length ? await this.runtime.open(part) : undefined;
    const needed = part.inputs.map((v) => v.name);
    const next: ReadonlyMap<string, StoredValue>[] = [];
    // A sequence cannot be handed from one session to another.
    let keeping = !frontier.some((name) => /Sequence|Optional/.test(producers.get(name)!.opType));
    const run = async (index: number, feeds: RunValues = {}): Promise<RunValues> => {
      const [from, to] = this.batches[index]!;
      const fresh = needed.some((name) => !given.has(name) && !(name in feeds))
        ? feedsFor(graph, this.data.batch(from, to))
        : {};
      const inputs = Object.fromEntries(
        needed.map((name) => [name, this.kept[index]?.get(name)?.read() ?? feeds[name] ?? fresh[name]!]),
      );
      const fetched = keeping ? [...new Set([...wanted, ...frontier])] : wanted;
      const values = await runSome(session, inputs, fetched, this.kept[index]);
      if (keeping) {
        const bytes = frontier.reduce((sum, name) => sum + bytesOf(values[name]!), 0);
        keeping = keep !== undefined || (bytes / (to - from)) * this.data.count <= this.memory;
        next[index] = new Map(frontier.map((name) => [name, storedValue(values[name]!, keep ?? keepInMemory)]));
      }
      return values;
    };
    const close = async (): Promise<void> => {
      await session?.release();
      const done = keeping && next.length === this.batches.length; // Nothing is reached where a run failed, either.
      for (const value of (done ? this.kept : next).flatMap((values) => [...values.values()])) value.free();
      if (!done) return;
      this.kept = next;
      this.reached = reached;
    };
    return { run, close };
  }

  /** What an input that stands for a kept value is known to be; sizes that vary from batch to batch are left open. */
  private infoOf(name: string): ValueInfo | undefined {
    const [first, last] = [this.kept[0]?.get(name), this.kept.at(-1)?.get(name)];
    return first && last && infoOf(name, first, last);
  }
}

/** Runs a session for those values that are not among its inputs. */
async function runSome(
  session: Session | undefined,
  inputs: RunValues,
  fetched: readonly string[],
  kept: ReadonlyMap<string, StoredValue> | undefined,
): Promise<RunValues> {
  const computed = fetched.filter((name) => !kept?.has(name));
  const known = Object.fromEntries(
    fetched.flatMap((name) => (kept?.has(name) ? [[name, kept.get(name)!.read()]] : [])),
  );
  return session && computed.length ? { ...known, ...(await session.run(inputs, computed)) } : known;
}

const readsOf = (node: Node): string[] => [...node.inputs.filter(Boolean), ...capturedNames(node)];

const bytesOf = ({ data }: RunTensor): number => ("byteLength" in data ? data.byteLength : 0);

/** First outputs of the nodes that some values are computed by, as far back as those already known. */
export function namesBehind(
  values: readonly string[],
  producers: ReadonlyMap<string, Node>,
  known: ReadonlySet<string> = new Set(),
): Set<string> {
  const found = new Set<string>();
  const open = [...values];
  while (open.length) {
    const node = producers.get(open.pop()!);
    const name = node?.outputs[0];
    if (!node || name === undefined || found.has(name) || known.has(name)) continue;
    found.add(name);
    open.push(...readsOf(node));
  }
  return found;
}

/** Values of reached nodes that other nodes read; what is computed from constants alone is not worth keeping. */
function frontierOf(graph: Graph, producers: ReadonlyMap<string, Node>, reached: ReadonlySet<string>): string[] {
  const moving = new Set(graph.inputs.map((v) => v.name));
  const frontier = new Set<string>();
  for (const node of graph.nodes) {
    const reads = readsOf(node);
    if (reads.some((name) => moving.has(name))) for (const name of node.outputs) moving.add(name);
    if (reached.has(node.outputs[0]!)) continue;
    for (const name of reads) {
      if (moving.has(name) && reached.has(producers.get(name)?.outputs[0] ?? "")) frontier.add(name);
    }
  }
  return [...frontier];
}

/** The part of a graph that computes some values from the graph's inputs and from values that are known. */
function partOf(
  graph: Graph,
  producers: ReadonlyMap<string, Node>,
  wanted: readonly string[],
  infoOf: (name: string) => ValueInfo | undefined,
): Graph {
  const nodes = new Set<Node>();
  const inputs = new Map<string, ValueInfo>();
  const parameters = new Map<string, NonNullable<ReturnType<Graph["parameters"]["get"]>>>();
  const own = new Map(graph.inputs.map((v) => [v.name, v]));
  const open = [...new Set(wanted)];
  const outputs = open.filter((name) => !infoOf(name));
  const seen = new Set<string>();
  while (open.length) {
    const name = open.pop()!;
    if (seen.has(name)) continue;
    seen.add(name);
    const input = infoOf(name) ?? own.get(name);
    const parameter = graph.parameters.get(name);
    const node = producers.get(name);
    if (input) inputs.set(name, input);
    else if (parameter) parameters.set(name, parameter);
    else if (node && !nodes.has(node)) {
      nodes.add(node);
      open.push(...readsOf(node));
    }
  }
  // A known value that is also an output would be both; it is handed on without a run.
  const read = new Set([...nodes].flatMap(readsOf));
  return {
    ...graph,
    nodes: graph.nodes.filter((node) => nodes.has(node)),
    inputs: [...inputs.values()].filter((v) => read.has(v.name)),
    outputs: outputs.map((name) => ({ name, dtype: "other", dims: undefined })),
    parameters,
  };
}
