import { evidenceOf, type Analysis, type LinearLayer, type ScoreContext } from "@prune/core";
import { analyzeNetwork, Network, steadyMoments } from "@prune/core/testing";

/** A network of one dense layer with given weights, a row per output. */
export async function dense(rows: readonly (readonly number[])[]): Promise<{ analysis: Analysis; layer: LinearLayer }> {
  const net = new Network();
  const x = net.input("x", ["batch", rows[0]!.length]);
  const weight = net.weight("a.weight", [rows.length, rows[0]!.length], rows.flat());
  const y = net.op("Gemm", [x, weight], { transB: 1 }, ([n] = []) => [n!, rows.length]);
  const analysis = await analyzeNetwork(net, y);
  return { analysis, layer: analysis.linear[0]! };
}

/** What a scorer reads: the same second moments for every layer, per block; the identity of any size; or none. */
export function contextOf(
  analysis: Analysis,
  blocks: readonly (readonly number[])[] | "identity" | undefined,
): ScoreContext {
  const of = ({ blocks: count, features, kernel }: LinearLayer) => {
    if (!blocks) return Promise.resolve(undefined);
    const columns = features * kernel;
    const identity = Float64Array.from({ length: columns ** 2 }, (_, i) => (i % (columns + 1) ? 0 : 1));
    const given = blocks === "identity" ? Array.from({ length: count }, () => identity) : blocks.map((b) => Float64Array.from(b)); // prettier-ignore
    return Promise.resolve({ count: 1, columns, blocks: given, means: given.map(() => new Float64Array(columns)) });
  };
  return { analysis, seed: 0, evidence: evidenceOf({ hessian: steadyMoments(of) }) };
}
