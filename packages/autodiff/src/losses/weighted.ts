import type { Loss } from "@prune/core";
import { errorBadOption } from "../errors.ts";

/** A weighted sum of losses, such as cross-entropy and distillation. The metric is that of the first loss that has one. */
export function weighted(...parts: readonly (readonly [weight: number, loss: Loss])[]): Loss {
  const losses = parts.map(([, loss]) => loss);
  const labels = [...new Set(losses.flatMap((loss) => loss.labels ?? []))];
  if (labels.length > 1)
    throw errorBadOption("loss", "a sum of losses that read labels of one type", labels.join(" and "));
  const leading = losses.find((loss) => loss.metric);
  return {
    name: losses.map((loss) => loss.name).join(" + "),
    labels: labels[0],
    metric: leading?.metric,
    build(op) {
      const built = parts.map(([weight, loss]) => ({ weight, loss, graph: loss.build(op) }));
      return {
        loss: op.g.sum(built.map(({ weight, graph }) => op.g.scale(graph.loss, weight))),
        metric: built.find(({ loss }) => loss === leading)?.graph.metric,
      };
    },
  };
}
