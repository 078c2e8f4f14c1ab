import {
  type Analysis,
  type AxisRef,
  editGraph,
  type Graph,
  GraphBuilder,
  type Runtime,
  type RunTensor,
  dimSizes,
  sampleInputs,
} from "@prune/core";

/** The numbers that values hold which hold one throughout: one per index of an axis. */
export class Constants {
  private readonly analysis: Analysis;
  private readonly graph: Graph;
  private readonly runtime: Runtime;
  private readonly known = new Map<string, Float32Array>();

  constructor(analysis: Analysis, masks: ReadonlyMap<string, Uint8Array>, runtime: Runtime) {
    this.analysis = analysis;
    this.graph = editGraph(analysis.graph, { masks }, analysis.quantized);
    this.runtime = runtime;
  }

  of({ value, axis }: AxisRef): Float32Array {
    return this.known.get(`${axis}:${value}`)!;
  }

  /** Runs the network once, on any inputs, and reads the first element at every index of some axes. */
  async measure(axes: readonly AxisRef[]): Promise<void> {
    const { operands, shapes } = this.analysis;
    const { graph } = this;
    const builder = new GraphBuilder(graph);
    const names = new Map<string, string>();
    for (const { value, axis } of axes) {
      const key = `${axis}:${value}`;
      if (this.known.has(key) || names.has(key)) continue;
      let from = builder.op("Cast", [value], { to: FLOAT });
      for (let i = operands.of(value)!.rank - 1; i >= 0; i--)
        if (i !== axis) from = builder.op("Gather", [from, builder.int64([0], [])], { axis: i });
      names.set(key, builder.output(from));
    }
    if (!names.size) return;
    const session = await this.runtime.open(builder.build(), { cpu: true, optimize: false });
    try {
      const results = await session.run(sampleInputs(graph, dimSizes(graph, shapes)));
      for (const [key, name] of names) this.known.set(key, numbersOf(results[name]!));
    } finally {
      await session.release();
    }
  }
}

const numbersOf = ({ data }: RunTensor): Float32Array => Float32Array.from(data as Float32Array);

/** Number of the element type float32, as Cast takes it. */
const FLOAT = 1;
