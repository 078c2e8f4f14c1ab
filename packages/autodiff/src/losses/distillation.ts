import { type Loss, type LossContext, type LossValue, sizeOf } from "@prune/core";
import { errorBadOption, errorLossShape, errorNoTeacher } from "../errors.ts";
import { meanOf, outputOf } from "./loss.ts";

export interface DistillationOptions {
  /** Softens both distributions. Default 2. */
  readonly temperature?: number;
  /** Axis of the classes. Default: the last. */
  readonly axis?: number;
  /** Name of the logits, in both networks. Default: the first output. */
  readonly output?: string;
}

/**
 * Learns a teacher's answers instead of labels: `T² · KL(softmax(teacher / T) ‖ softmax(student / T))`, the mean over
 * all distributions. Its metric is the agreement of the largest logits.
 * Source: Hinton, Vinyals and Dean 2015, arXiv:1503.02531, sec. 2.
 */
export function distillation({ temperature = 2, axis = -1, output }: DistillationOptions = {}): Loss {
  if (!(temperature > 0)) throw errorBadOption("temperature", "above 0", temperature);
  return {
    name: "distillation",
    metric: { name: "agreement", better: "higher" },
    build(op) {
      const { g } = op;
      if (!op.teacher) throw errorNoTeacher("distillation");
      const [student, teacher] = [outputOf(op, output), outputOf(op.teacher, output)];
      sameShape("distillation", student, teacher);
      const logarithms = (x: string): string => g.op("LogSoftmax", [g.scale(x, 1 / temperature)], { axis });
      const [p, q] = [logarithms(teacher.name), logarithms(student.name)];
      const divergence = g.op("ReduceSum", [g.mul(g.op("Exp", [p]), g.sub(p, q))], { keepdims: 0 });
      const distributions = sizeOf(student.dims) / student.dims.at(axis)!;
      const largest = (x: string): string => g.op("ArgMax", [x], { axis, keepdims: 0 });
      const hits = g.op("Equal", [largest(student.name), largest(teacher.name)]);
      return {
        loss: g.scale(divergence, temperature ** 2 / distributions),
        metric: meanOf(g, g.op("Cast", [hits], { to: 1 })),
      };
    },
  };
}

/** A value of the student and what it is to equal in the teacher. */
export interface FeaturePair {
  readonly student: string;
  /** Default: the value of the same name. */
  readonly teacher?: string;
  /** The teacher's slices that the student still has, where it has fewer. */
  readonly keep?: { readonly axis: number; readonly indices: readonly number[] };
}

/**
 * Learns a teacher's inner values: the mean over `features` (default: the first output) of the mean of
 * `(student − teacher)²`, each divided by the mean of the teacher's squares, so that layers count alike.
 * Source: Romero et al. 2015, "FitNets", arXiv:1412.6550, eq. 3, without a regressor.
 */
export function featureDistillation(features?: readonly FeaturePair[]): Loss {
  return {
    name: "feature-distillation",
    build(op) {
      const { g, teacher } = op;
      if (!teacher) throw errorNoTeacher("feature-distillation");
      const pairs = features?.map((pair) => [op.value(pair.student), taught(op, pair)] as const);
      const errors = (pairs ?? [[op.outputs[0]!, teacher.outputs[0]!] as const]).map(([own, other]) => {
        sameShape("feature-distillation", own, other);
        const difference = g.sub(own.name, other.name);
        const scale = g.shift(meanOf(g, g.mul(other.name, other.name)), 1e-12);
        return g.div(meanOf(g, g.mul(difference, difference)), scale);
      });
      return { loss: g.scale(g.sum(errors), 1 / errors.length) };
    },
  };
}

function taught({ g, teacher }: LossContext, { student, teacher: name = student, keep }: FeaturePair): LossValue {
  const value = teacher!.value(name);
  if (!keep) return value;
  const axis = keep.axis < 0 ? keep.axis + value.dims.length : keep.axis;
  const dims = value.dims.map((size, i) => (i === axis ? keep.indices.length : size));
  return { name: g.op("Gather", [value.name, g.ints(keep.indices)], { axis }), dims };
}

function sameShape(loss: string, student: LossValue, teacher: LossValue): void {
  if (student.dims.join() === teacher.dims.join()) return;
  throw errorLossShape(
    loss,
    `"${student.name}" to have the teacher's shape [${teacher.dims.join(", ")}]`,
    student.dims,
  );
}
