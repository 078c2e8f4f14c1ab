import { isPruneError } from "../errors.ts";
import type { Graph } from "../graph/graph.ts";
import type { Model } from "../model.ts";
import { Findings } from "./findings.ts";
import { checkFailure, checkRuns } from "./check-runtime.ts";
import { textOf } from "./graph-text.ts";
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

const equal = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((x, i) => x === b[i]);

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  for (let i = 0; i + part.length <= bytes.length; i++) if (part.every((x, k) => bytes[i + k] === x)) return true;
  return false;
}
