import * as tfl from "@tensorflow/tfjs-layers";

const { layers, input, model, sequential } = tfl;
type Value = tfl.SymbolicTensor;
const apply = (layer: tfl.layers.Layer | { apply(x: unknown): unknown }, x: Value | Value[]): Value => layer.apply(x as Value) as Value;

/** VGG-like: plain stacks of convolutions, pooling, dense layers. */
export function vgg(): tfl.LayersModel {
  const net = sequential();
  const conv = (filters: number, first = false): void =>
    net.add(
      layers.conv2d({ filters, kernelSize: 3, padding: "same", activation: "relu", ...(first ? { inputShape: [32, 32, 3] } : {}) }),
    );
  conv(16, true);
  conv(16);
  net.add(layers.maxPooling2d({ poolSize: 2 }));
  conv(32);
  conv(32);
  net.add(layers.maxPooling2d({ poolSize: 2 }));
  net.add(layers.flatten());
  net.add(layers.dense({ units: 64, activation: "relu" }));
  net.add(layers.dropout({ rate: 0.5 }));
  net.add(layers.dense({ units: 10, activation: "softmax" }));
  return net;
}
void apply; void input; void model;
