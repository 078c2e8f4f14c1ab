import { float } from "../translate/graph-builder.ts";
import { activated } from "./activated.ts";
import { numberOf, numbersOf, type LayerRule } from "./define-layer.ts";

export const activations: readonly LayerRule[] = [
  { className: "Activation", emit: (l) => activated(l, l.inputs[0]!) },
  {
    className: "ReLU",
    emit: ({ b, config, inputs: [x] }) => {
      const y = b.op("Relu", [x!]);
      const most = config["maxValue"];
      return typeof most === "number" ? b.op("Min", [y, b.floats([most], [])]) : y;
    },
  },
  {
    className: "LeakyReLU",
    emit: ({ b, config, inputs: [x] }) => b.op("LeakyRelu", [x!], { alpha: float(numberOf(config, "alpha", 0.3)) }),
  },
  {
    className: "ELU",
    emit: ({ b, config, inputs: [x] }) => b.op("Elu", [x!], { alpha: float(numberOf(config, "alpha", 1)) }),
  },
  {
    className: "ThresholdedReLU",
    emit: ({ b, config, inputs: [x] }) => b.op("ThresholdedRelu", [x!], { alpha: float(numberOf(config, "theta", 1)) }),
  },
  {
    className: "PReLU",
    emit: ({ b, weight, inputs: [x] }) => {
      const alpha = weight("alpha");
      return alpha === undefined ? undefined : b.op("PRelu", [x!, alpha]);
    },
  },
  {
    className: "Softmax",
    emit: ({ b, config, inputs: [x] }) => {
      const axes = numbersOf(config, "axis", 1, -1);
      return axes.length === 1 ? b.op("Softmax", [x!], { axis: axes[0]! }) : undefined;
    },
  },
  // What training does with them is no part of the network.
  ...["Dropout", "SpatialDropout1D", "GaussianNoise", "GaussianDropout", "AlphaDropout"].map(
    (className): LayerRule => ({ className, emit: ({ b, inputs: [x] }) => b.op("Identity", [x!]) }),
  ),
];
