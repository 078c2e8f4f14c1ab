import type { Analysis } from "../solver/analyze.ts";
import type { ChannelGroup } from "../solver/channel-group.ts";
import type { LinearLayer } from "../solver/linear-layers.ts";
import { analyzeNetwork } from "./analyze-network.ts";
import { Network } from "./network.ts";

type Rows = readonly (readonly number[])[];

/** A network of one or two dense layers, and the neurons between them. */
export interface DenseLayers {
  readonly analysis: Analysis;
  /** The neurons that the first layer makes. */
  readonly group: ChannelGroup;
  /** The layer that makes them, reading "x" and yielding "hidden". */
  readonly first: LinearLayer;
  /** The layer that reads them, reading "read" (after ReLU) and yielding "y". */
  readonly second: LinearLayer | undefined;
}

/**
 * A network for tests by hand: `x → out → ReLU → into`. Neurons are the rows of `out` (a weight `[neurons, inputs]`) and
 * the columns of `into` (`[outputs, neurons]`); without `into` they are what the network yields.
 */
export async function denseLayers(out: Rows, into?: Rows): Promise<DenseLayers> {
  const net = new Network();
  const dense = (name: string, x: string, rows: Rows, yields: string): string => {
    const weight = net.weight(name, [rows.length, rows[0]!.length], rows.flat());
    return net.op("Gemm", [x, weight], { transB: 1 }, ([n] = []) => [n!, rows.length], yields);
  };
  const hidden = dense("out", net.input("x", ["batch", out[0]!.length]), out, "hidden");
  const y = into ? dense("into", net.op("Relu", [hidden], {}, undefined, "read"), into, "y") : hidden;
  const analysis = await analyzeNetwork(net, y);
  const [first, second] = analysis.linear;
  return { analysis, group: analysis.groups.find((g) => g.id === "out")!, first: first!, second };
}
