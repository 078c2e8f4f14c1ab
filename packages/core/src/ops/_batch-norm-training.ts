import { floatAttribute } from "../graph/node.ts";
import { sizeOf } from "../graph/tensor.ts";
import type { GradientRule, TrainContext, TrainForm } from "./define-op.ts";

/**
 * BatchNormalization in a training graph: by the batch's mean and (biased) variance, which also move the stored ones by
 * `stored · momentum + batch · (1 − momentum)`; or, with frozen statistics, an affine map.
 */
export function batchNormForm(op: TrainContext): TrainForm | undefined {
  const {
    in: [x, scale, bias, mean, variance],
    node,
    g,
    batchStatistics,
    update,
  } = op;
  if (!x || !scale || !bias || !mean || !variance || scale.rank !== 1 || node.outputs.slice(1).some(Boolean)) return undefined; // prettier-ignore
  const [epsilon, momentum] = [floatAttribute(node, "epsilon", 1e-5), floatAttribute(node, "momentum", 0.9)];
  const perChannel = [x.dim(1), ...x.dims.slice(2).map(() => 1)];
  const wide = (v: string): string => (x.rank > 2 ? g.reshape(v, perChannel) : v);
  const inverse = (v: string): string => g.op("Reciprocal", [g.op("Sqrt", [g.shift(v, epsilon)])]);
  if (!batchStatistics) {
    for (const stored of [mean, variance]) update(stored.name, undefined);
    const slope = g.mul(scale.name, inverse(variance.name));
    const shift = g.sub(bias.name, g.mul(mean.name, slope));
    return { outputs: [g.add(g.mul(x.name, wide(slope)), wide(shift))] };
  }
  const axes = x.dims.map((_, i) => i).filter((i) => i !== 1);
  const count = sizeOf(axes.map((i) => x.dim(i)));
  const batchMean = g.reduce("ReduceMean", x.name, axes, false);
  const centred = g.sub(x.name, wide(batchMean));
  const batchVariance = g.scale(g.reduce("ReduceSumSquare", centred, axes, false), 1 / count);
  const blend = (stored: string, batch: string): string =>
    g.add(g.scale(stored, momentum), g.scale(batch, 1 - momentum));
  update(mean.name, blend(mean.name, batchMean));
  update(variance.name, blend(variance.name, batchVariance));
  const affine = (v: string, slope: string, shift: string): string => {
    const [zero, one] = [g.expand(g.scalar(0), [x.dim(1)]), g.expand(g.scalar(1), [x.dim(1)])];
    return g.op("BatchNormalization", [v, slope, shift, zero, one], { epsilon: { type: "float", value: 0 } });
  };
  const deviation = inverse(batchVariance);
  // With x̂ = centred · deviation: dx = scale · deviation · (dy − mean(dy) − x̂ · mean(dy · x̂)).
  const gradient: GradientRule = ({ dy: [dy], needs }) => {
    const total = g.reduce("ReduceSum", dy!, axes, false);
    const projected = g.mul(g.reduce("ReduceSum", g.mul(dy!, centred), axes, false), deviation);
    if (!needs(0)) return [undefined, projected, total];
    const slope = g.mul(scale.name, deviation);
    const back = g.scale(g.mul(g.mul(slope, deviation), projected), -1 / count);
    const shift = g.scale(g.mul(slope, total), -1 / count);
    return [g.add(g.mul(dy!, wide(slope)), affine(centred, back, shift)), projected, total];
  };
  return { outputs: [affine(centred, g.mul(scale.name, deviation), bias.name)], gradient };
}
