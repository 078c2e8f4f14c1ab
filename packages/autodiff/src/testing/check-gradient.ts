import { constantsOf, generator, type Graph, type Loss, type OpHandler, type Runtime, type RunValues, sizeOf, toFloat32, type ValueInfo } from "@prune/core"; // prettier-ignore
import { gradientGraph } from "../gradient-graph.ts";

export interface CheckGradientOptions {
  /** Values of the graph's inputs. Default: it has none. */
  readonly feeds?: RunValues | undefined;
  /** Normalise by the batch. Default false. */
  readonly batchStatistics?: boolean | undefined;
  /** Rules under test that core does not have. */
  readonly operators?: readonly OpHandler[] | undefined;
  /** Half the distance of the two points of a difference. Default 1e-2. */
  readonly step?: number | undefined;
  /** Largest error, relative to the largest gradient of the tensor or 1. Default 5e-3. */
  readonly tolerance?: number | undefined;
  /** Elements tried per tensor. Default 8. */
  readonly samples?: number | undefined;
  /** Float tensors to leave out, where there is nothing to differentiate. */
  readonly except?: readonly string[] | undefined;
}

/**
 * The law of gradient rules: what they yield for every float constant of a graph agrees with central differences of a
 * random projection of the outputs. Values should keep away from kinks (ReLU at 0) by more than the step.
 * @returns the broken laws; none when all is well
 */
export async function checkGradient(
  graph: Graph,
  runtime: Runtime,
  options: CheckGradientOptions = {},
): Promise<string[]> {
  const { feeds = {}, step = 1e-2, tolerance = 5e-3, samples = 8, except = [] } = options;
  const random = generator(42);
  const projections: { name: string; weights: Float32Array }[] = [];
  const loss: Loss = {
    name: "projection",
    build({ g, outputs }) {
      const terms = outputs.map(({ name, dims }) => {
        const weights = Float32Array.from({ length: sizeOf(dims) }, () => 0.5 + random());
        projections.push({ name, weights });
        return g.op("ReduceSum", [g.mul(name, g.floats(weights, dims))], { keepdims: 0 });
      });
      return { loss: g.sum(terms) };
    },
  };
  const constants = [...constantsOf(graph).values()].filter((t) => t.dtype === "float32" && !except.includes(t.name));
  const made = await gradientGraph({
    graph,
    runtime,
    loss,
    dims: Object.fromEntries(Object.entries(feeds).map(([name, { dims }]) => [name, dims])),
    weights: constants.map((tensor) => tensor.name),
    batchStatistics: options.batchStatistics,
    operators: options.operators,
  });
  const fed = constants.map(({ name, dims }): ValueInfo => ({ name, dtype: "float32", dims }));
  const outputs = [...new Set([...made.weights.values(), ...projections.map((p) => p.name)])];
  const names = new Set(fed.map((v) => v.name));
  const session = await runtime.open(
    {
      ...made.graph,
      nodes: made.graph.nodes.filter((node) => node.opType !== "Constant" || !names.has(node.outputs[0]!)),
      inputs: [...made.graph.inputs, ...fed],
      outputs: outputs.map((name) => ({ name, dtype: "float32", dims: undefined })),
      parameters: new Map([...made.graph.parameters].filter(([name]) => !names.has(name))),
    },
    { threads: 1 },
  );
  try {
    const values = Object.fromEntries(constants.map((t) => [t.name, toFloat32(t).slice()]));
    const run = (fetches: readonly string[]): Promise<RunValues> => {
      const weights = constants.map(({ name, dims }) => [name, { dtype: "float32", dims, data: values[name]! }]);
      return session.run({ ...feeds, ...(Object.fromEntries(weights) as RunValues) }, fetches);
    };
    const broken: string[] = [];
    const results = await run(outputs);
    for (const { name, dims } of constants) {
      const output = made.weights.get(name);
      const gradient = output === undefined ? new Float32Array(sizeOf(dims)) : (results[output]!.data as Float32Array);
      if (output !== undefined && results[output]!.dims.join() !== dims.join()) {
        broken.push(
          `the gradient of "${name}" has shape [${results[output]!.dims.join(", ")}], not [${dims.join(", ")}]`,
        );
        continue;
      }
      const largest = gradient.reduce((most, v) => Math.max(most, Math.abs(v)), 1);
      const tried = new Set(Array.from({ length: samples }, () => Math.floor(random() * gradient.length)));
      for (const i of tried) {
        const data = values[name]!;
        const at = data[i]!;
        data[i] = at + step;
        const [right, above] = [data[i], await run(projections.map((p) => p.name))];
        data[i] = at - step;
        const [left, below] = [data[i], await run(projections.map((p) => p.name))];
        data[i] = at;
        const difference = changeOf(projections, above, below) / (right - left);
        if (Math.abs(difference - gradient[i]!) <= tolerance * largest) continue;
        broken.push(`the gradient of "${name}" at ${i} is ${gradient[i]}, differences give ${difference}`);
        break;
      }
    }
    return broken;
  } finally {
    await session.release();
  }
}

function changeOf(
  projections: readonly { readonly name: string; readonly weights: Float32Array }[],
  above: RunValues,
  below: RunValues,
): number {
  let change = 0;
  for (const { name, weights } of projections) {
    const [a, b] = [above[name]!.data as Float32Array, below[name]!.data as Float32Array];
    for (let i = 0; i < weights.length; i++) change += weights[i]! * (a[i]! - b[i]!);
  }
  return change;
}
