import { isPruneError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import { nodeOf, type Attribute } from "../graph/node.ts";
import type { Tensor } from "../graph/tensor.ts";
import type { Model } from "../model.ts";
import { sampleInputs } from "../solver/sample-inputs.ts";
import { Findings } from "./findings.ts";
import { sampleNetworks } from "./sample-networks.ts";

/** What a backend is held to its laws by. */
export interface Backend {
  /** A model of this backend around a graph that was never a file. */
  readonly of: (graph: Graph) => Model;
  /** Reads a model back from what its `toBytes` gives, or from a file's bytes. */
  readonly read: (bytes: Uint8Array) => Model | Promise<Model>;
  /** Where models are saved to; left out where there are no files. */
  readonly folder?: {
    /** A path in an empty folder. */
    readonly path: (name: string) => string;
    /** A path that nothing can be written to, such as one in a folder that is not there. */
    readonly unwritable: string;
    readonly list: () => Promise<readonly string[]>;
    readonly read: (path: string) => Promise<Uint8Array>;
  };
  /** Files of the format, as other tools write them. */
  readonly samples?: readonly BackendSample[];
}

/** A file; `carried`: bytes of it that the backend has no use for and must carry along all the same. */
export interface BackendSample {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly carried?: Uint8Array;
}

/**
 * Holds a backend to its laws: reading what was written gives the same graph, and writing that the same bytes; a file
 * that nothing was changed in is written as it was, and one that was keeps what the backend does not know; models are
 * never changed in place; graphs run at any batch size, the same every time; what does not run is a `runtime-failed`
 * error; saving is all or nothing.
 * @returns the laws that it breaks, in words; empty when all hold
 */
export async function checkBackend(backend: Backend): Promise<string[]> {
  const findings = new Findings();
  for (const { name, network, outputs } of sampleNetworks()) {
    const place = `sample "${name}"`;
    const model = backend.of(network.graph(...outputs));
    await findings.attempt("fails to read what it writes", place, () =>
      checkRoundTrip(backend, model, place, findings),
    );
    await findings.attempt("fails to run a network", place, () => checkRuns(model, place, findings));
  }
  for (const sample of backend.samples ?? [])
    await findings.attempt("fails to read a file", `"${sample.name}"`, () => checkSample(backend, sample, findings));
  const [{ network, outputs }] = sampleNetworks() as [ReturnType<typeof sampleNetworks>[0]];
  const model = backend.of(network.graph(...outputs));
  await checkFailure(model, findings);
  if (backend.folder) await checkSaving(model, backend, backend.folder, findings);
  return findings.list();
}

async function checkRoundTrip(backend: Backend, model: Model, place: string, findings: Findings): Promise<void> {
  const before = textOf(model.graph);
  const bytes = model.toBytes();
  const again = await backend.read(bytes);
  if (textOf(again.graph) !== before) findings.add("reads another graph than it wrote", place);
  if (!equal(again.toBytes(), bytes)) findings.add("writes what it read as other bytes", place);
  const changed = model.withGraph({ ...model.graph, name: "changed", nodes: model.graph.nodes.slice(0, -1) });
  if (textOf(model.graph) !== before || textOf(changed.graph) === before)
    findings.add("changes a model in place instead of giving another", place);
}

async function checkRuns({ graph, runtime }: Model, place: string, findings: Findings): Promise<void> {
  const before = textOf(graph);
  const session = await runtime.open(graph, { cpu: true });
  try {
    const feeds = sampleInputs(graph);
    const [first, again] = [await session.run(feeds), await session.run(feeds)];
    const [output] = graph.outputs;
    if (Object.keys(first).join() !== graph.outputs.map((v) => v.name).join())
      findings.add("gives other values than the graph's outputs", place);
    const [a, b] = [first[output!.name], again[output!.name]];
    if (!a || String(a.data) !== String(b?.data)) findings.add("gives other numbers the second time", place);
    if (a && a.dims.reduce((n, d) => n * d, 1) !== a.data.length)
      findings.add("gives as many numbers as the dims do not say", place);
    const wide = await session.run(sampleInputs(graph, {}, "wide"));
    if (a && String(wide[output!.name]?.dims) === String(a.dims))
      findings.add("gives the same shape for another batch size", place);
  } finally {
    await session.release();
  }
  if (textOf(graph) !== before) findings.add("changes a graph that it runs", place);
}

async function checkSample(
  backend: Backend,
  { name, bytes, carried }: BackendSample,
  findings: Findings,
): Promise<void> {
  const model = await backend.read(bytes);
  if (!equal(model.toBytes(), bytes)) findings.add("writes an unchanged file as other bytes", `"${name}"`);
  const last = model.graph.nodes.at(-1);
  if (!carried || !last) return;
  const renamed = model.withGraph({
    ...model.graph,
    nodes: [...model.graph.nodes.slice(0, -1), { ...last, name: "renamed" }],
  });
  if (!includes(renamed.toBytes(), carried))
    findings.add("drops what it does not know from a changed file", `"${name}"`);
}

async function checkFailure(model: Model, findings: Findings): Promise<void> {
  const [output] = model.graph.outputs;
  const nonsense = { ...model.graph, nodes: [nodeOf("NoSuchOperator", [model.graph.inputs[0]!.name], [output!.name])] };
  const error = await model.runtime.open(nonsense, { cpu: true }).then(
    (session) => session.run(sampleInputs(nonsense)).catch((e: unknown) => e),
    (e: unknown) => e,
  );
  if (!(isPruneError(error) && error.code === "runtime-failed"))
    findings.add("does not say `runtime-failed` of a graph that does not run");
}

async function checkSaving(
  model: Model,
  { read }: Backend,
  folder: NonNullable<Backend["folder"]>,
  findings: Findings,
): Promise<void> {
  const path = folder.path("saved");
  const bytesAt = async (file: string): Promise<Uint8Array | undefined> => folder.read(file).catch(() => undefined);
  await findings.attempt("fails to save", path, async () => {
    await model.save(path);
    const other = model.withGraph({ ...model.graph, name: "other" });
    await other.save(path);
    const saved = await bytesAt(path);
    if (!saved || textOf((await read(saved)).graph) !== textOf(other.graph))
      findings.add("does not replace the file that it saves to");
  });
  const before = await folder.list();
  const error = await model.save(folder.unwritable).catch((e: unknown) => e);
  if (!(isPruneError(error) && error.code === "io-failed"))
    findings.add("does not say `io-failed` of a file that cannot be written");
  if (String(await folder.list()) !== String(before) || (await bytesAt(folder.unwritable)))
    findings.add("leaves something behind where saving failed");
}

/** All that a graph says, without what only its backend reads. */
function textOf(graph: Graph): string {
  const tensor = ({ name, dtype, dims, bytes }: Tensor): unknown => [name, dtype, dims, bytes().join()];
  const attribute = ([name, { type, value }]: [string, Attribute]): unknown => {
    if (type === "tensor") return [name, type, tensor(value)];
    if (type === "graph") return [name, type, textOf(value)];
    return type === "raw" ? [name, type] : [name, type, value];
  };
  const info = ({ name, dtype, dims }: Graph["inputs"][number]): unknown => [name, dtype, dims];
  return JSON.stringify([
    graph.name,
    graph.nodes.map((n) => [
      n.name,
      n.opType,
      n.domain,
      n.inputs,
      n.outputs,
      Object.entries(n.attributes).map(attribute),
    ]),
    graph.inputs.map(info),
    graph.outputs.map(info),
    [...graph.parameters.values()].map(tensor),
    [...graph.opsets],
  ]);
}

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let i = 0; i + part.length <= bytes.length; i++) if (part.every((x, k) => bytes[i + k] === x)) return true;
  return false;
}
