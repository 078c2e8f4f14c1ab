import { isPruneError } from "../errors.ts";
import { nodeOf } from "../graph/node.ts";
import type { Model, Runtime } from "../model.ts";
import { sampleInputs } from "../solver/sample-inputs.ts";
import { Findings } from "./findings.ts";
import { textOf } from "./graph-text.ts";
import { sampleNetworks } from "./sample-networks.ts";

type Runs = Pick<Model, "graph" | "runtime">;

/**
 * Holds a runtime to its laws on some tiny networks: graphs run at any batch size, the same every time, and are not
 * changed by that; what does not run is a `runtime-failed` error.
 * @returns the laws that it breaks, in words; empty when all hold
 */
export async function checkRuntime(runtime: Runtime): Promise<string[]> {
  const findings = new Findings();
  const samples = sampleNetworks().map(({ name, network, outputs }) => ({ name, graph: network.graph(...outputs) }));
  for (const { name, graph } of samples) {
    const place = `sample "${name}"`;
    await findings.attempt("fails to run a network", place, () => checkRuns({ graph, runtime }, place, findings));
  }
  await checkFailure({ graph: samples[0]!.graph, runtime }, findings);
  return findings.list();
}

export async function checkRuns({ graph, runtime }: Runs, place: string, findings: Findings): Promise<void> {
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

export async function checkFailure(model: Runs, findings: Findings): Promise<void> {
  const [output] = model.graph.outputs;
  const nonsense = { ...model.graph, nodes: [nodeOf("NoSuchOperator", [model.graph.inputs[0]!.name], [output!.name])] };
  const error = await model.runtime.open(nonsense, { cpu: true }).then(
    (session) => session.run(sampleInputs(nonsense)).catch((e: unknown) => e),
    (e: unknown) => e,
  );
  if (!(isPruneError(error) && error.code === "runtime-failed"))
    findings.add("does not say `runtime-failed` of a graph that does not run");
}
