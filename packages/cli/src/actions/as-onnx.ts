import { onnxModel, onnxruntimeNode, ortRuntime, saveOnnx } from "@prune/backend-onnx/node";
import { type DimSizes, type Graph, type Model, PruneError, type Runtime, type RunTensor, type RunValues, runnableSizes, sampleInputs } from "@prune/core"; // prettier-ignore
import { tfjsBackend } from "./tfjs.ts";

/**
 * A TensorFlow.js model as an ONNX model, which ONNX Runtime has been seen to compute in the same way: every node by
 * itself from what TensorFlow.js computed before it, since differences in rounding may grow on the way through a network,
 * and all of it together.
 * @throws {PruneError} `unsupported`, `verification-failed`, `runtime-failed`
 */
export async function asOnnx(model: Model, dims: DimSizes): Promise<Model> {
  const { toOnnx } = await tfjsBackend();
  const graph = toOnnx(model.graph);
  const runtime = ortRuntime(onnxruntimeNode);
  const feeds = sampleInputs(graph, await sizesFor(model.runtime, graph, dims));
  const values = graph.nodes.flatMap((node) => node.outputs.filter(Boolean));
  const expected = await run(model.runtime, graph, feeds, values);
  const alone = apart(graph, expected);
  check(expected, await run(runtime, alone.graph, { ...feeds, ...alone.feeds }, values), TOLERANCE);
  // What the file will hold, as a whole: it loads, and gives outputs of the right sizes.
  const outputs = graph.outputs.map((output) => output.name);
  check(expected, await run(runtime, graph, feeds, outputs), Infinity);
  return onnxModel(graph, { runtime, save: (changed, path) => saveOnnx({ graph: changed }, path) });
}

/** Largest difference of one node's output, relative to the largest value in it. */
const TOLERANCE = 1e-4;

/** The graph with nodes that read not each other, but inputs of the same values. */
function apart(graph: Graph, values: RunValues): { graph: Graph; feeds: RunValues } {
  const given = (name: string): string => `prune:given:${name}`;
  const computed = (name: string): boolean => Object.hasOwn(values, name);
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((name) => (computed(name) ? given(name) : name)),
  }));
  const read = new Set(graph.nodes.flatMap((node) => node.inputs).filter(computed));
  const feeds = Object.fromEntries([...read].map((name) => [given(name), values[name]!]));
  const inputs = Object.entries(feeds).map(([name, { dtype, dims }]) => ({ name, dtype, dims }));
  const outputs = Object.keys(values).map((name) => ({ name, dtype: "other" as const, dims: undefined }));
  return { graph: { ...graph, nodes, inputs: [...graph.inputs, ...inputs], outputs }, feeds };
}

async function sizesFor(runtime: Runtime, graph: Graph, dims: DimSizes): Promise<DimSizes> {
  const session = await runtime.open(graph);
  try {
    return await runnableSizes(graph, session, dims);
  } finally {
    await session.release();
  }
}

async function run(runtime: Runtime, graph: Graph, feeds: RunValues, fetches: readonly string[]): Promise<RunValues> {
  const session = await runtime.open(graph, { cpu: true, optimize: false });
  try {
    return await session.run(feeds, fetches);
  } finally {
    await session.release();
  }
}

function check(expected: RunValues, got: RunValues, tolerance: number): void {
  for (const [name, value] of Object.entries(got)) {
    const error = difference(expected[name]!, value);
    if (error > tolerance || error === Infinity) {
      throw new PruneError(
        "verification-failed",
        `The ONNX model does not compute what the TensorFlow.js model computes: "${name}" differs by ${error.toExponential(2)} (limit ${tolerance}). Nothing was written. This is a defect: please report it with the model.`,
      );
    }
  }
}

function difference(a: RunTensor, b: RunTensor): number {
  if (String(a.dims) !== String(b.dims)) return Infinity;
  let [scale, most] = [1e-6, 0];
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [Number(a.data[i]), Number(b.data[i])];
    if (Object.is(x, y)) continue;
    scale = Math.max(scale, Math.abs(x));
    const apart = Math.abs(x - y);
    most = apart >= 0 ? Math.max(most, apart) : Infinity; // one of them is no number
  }
  return most / scale;
}
