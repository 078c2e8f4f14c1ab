import * as tfl from "@tensorflow/tfjs-layers";

const { layers, input, model, sequential } = tfl;

type Value = tfl.SymbolicTensor;
type Applied = { apply(x: unknown): unknown };

/** One layer after another. */
const chain = (x: Value, ...steps: readonly Applied[]): Value => steps.reduce((y, layer) => layer.apply(y) as Value, x);
const join = (layer: Applied, ...xs: readonly Value[]): Value => layer.apply(xs) as Value;
const network = (inputs: Value | Value[], outputs: Value | Value[]): tfl.LayersModel => model({ inputs, outputs });

const conv = (filters: number, kernelSize = 3, more: object = {}): Applied =>
  layers.conv2d({ filters, kernelSize, padding: "same", ...more });
/** TensorFlow.js cannot draw its default in Node unless all of it (`@tensorflow/tfjs`) is loaded. */
const plain = { recurrentInitializer: "glorotUniform" } as const;
const norm = (): Applied => layers.batchNormalization();
const relu = (): Applied => layers.activation({ activation: "relu" });
const dense = (units: number, activation: "relu" | "softmax" | "linear" | "gelu" = "linear"): Applied =>
  layers.dense({ units, activation });

/** A small one of convolutions, for what takes long. */
export function small(): tfl.LayersModel {
  const net = sequential();
  net.add(layers.conv2d({ filters: 16, kernelSize: 3, activation: "relu", inputShape: [12, 12, 3] }));
  net.add(layers.depthwiseConv2d({ kernelSize: 3, padding: "same" }));
  net.add(norm() as tfl.layers.Layer);
  net.add(conv(24, 3, { activation: "relu" }) as tfl.layers.Layer);
  net.add(layers.globalAveragePooling2d({}));
  net.add(layers.dense({ units: 4, activation: "softmax" }));
  return net;
}

/** Plain stacks of convolutions, pooling, dense layers. */
export function vgg(): tfl.LayersModel {
  const net = sequential();
  net.add(layers.conv2d({ filters: 16, kernelSize: 3, padding: "same", activation: "relu", inputShape: [32, 32, 3] }));
  net.add(conv(16, 3, { activation: "relu" }) as tfl.layers.Layer);
  net.add(layers.maxPooling2d({ poolSize: 2 }));
  net.add(conv(32, 3, { activation: "relu" }) as tfl.layers.Layer);
  net.add(conv(32, 3, { activation: "relu" }) as tfl.layers.Layer);
  net.add(layers.maxPooling2d({ poolSize: 2 }));
  net.add(layers.flatten());
  net.add(layers.dense({ units: 64, activation: "relu" }));
  net.add(layers.dropout({ rate: 0.5 }));
  net.add(layers.dense({ units: 10, activation: "softmax" }));
  return net;
}

/** Sums around pairs of convolutions, with a projection where the width changes. */
export function resnet(): tfl.LayersModel {
  const x = input({ shape: [32, 32, 3] });
  const block = (from: Value, width: number, strides: number): Value => {
    const inner = chain(from, conv(width, 3, { strides, useBias: false }), norm(), relu(), conv(width, 3, { useBias: false }), norm()); // prettier-ignore
    const skip = strides === 1 ? from : chain(from, conv(width, 1, { strides, useBias: false }), norm());
    return chain(join(layers.add(), inner, skip), relu());
  };
  let y = chain(x, conv(16, 3, { useBias: false }), norm(), relu());
  for (const [width, strides] of [[16, 1], [32, 2], [32, 1], [64, 2]] as const) y = block(y, width, strides); // prettier-ignore
  return network(x, chain(y, layers.globalAveragePooling2d({}), dense(10, "softmax")));
}

/** Inverted residuals: expand, filter each channel, project. */
export function mobilenet(): tfl.LayersModel {
  const x = input({ shape: [32, 32, 3] });
  const relu6 = (): Applied => layers.reLU({ maxValue: 6 });
  const block = (from: Value, width: number, strides: number, isSum: boolean): Value => {
    const channels = from.shape.at(-1)!;
    const y = chain(
      from,
      conv(channels * 4, 1, { useBias: false }),
      norm(),
      relu6(),
      layers.depthwiseConv2d({ kernelSize: 3, strides, padding: "same", useBias: false }),
      norm(),
      relu6(),
      conv(width, 1, { useBias: false }),
      norm(),
    );
    return isSum ? join(layers.add(), from, y) : y;
  };
  let y = chain(x, conv(16, 3, { strides: 2, useBias: false }), norm(), relu6());
  y = block(block(block(y, 16, 1, true), 24, 2, false), 24, 1, true);
  y = chain(y, layers.separableConv2d({ filters: 48, kernelSize: 3, depthMultiplier: 2, activation: "relu" }));
  return network(x, chain(y, layers.globalAveragePooling2d({}), dense(10, "softmax")));
}

/** Branches side by side. */
export function inception(): tfl.LayersModel {
  const x = input({ shape: [24, 24, 3] });
  const module = (from: Value): Value =>
    join(
      layers.concatenate(),
      chain(from, conv(16, 1, { activation: "relu" })),
      chain(from, conv(12, 1, { activation: "relu" }), conv(24, 3, { activation: "relu" })),
      chain(from, conv(8, 1, { activation: "relu" }), conv(8, 5, { activation: "relu" })),
      chain(
        from,
        layers.maxPooling2d({ poolSize: 3, strides: 1, padding: "same" }),
        conv(8, 1, { activation: "relu" }),
      ),
    );
  const y = chain(
    module(chain(x, conv(16, 3, { activation: "relu" }))),
    layers.averagePooling2d({ poolSize: 2, padding: "same" }),
  );
  return network(x, chain(module(y), layers.globalMaxPooling2d({}), dense(10, "softmax")));
}

/** Every layer reads all before it. */
export function densenet(): tfl.LayersModel {
  const x = input({ shape: [24, 24, 3] });
  let y = chain(x, conv(16));
  for (let stage = 0; stage < 2; stage++) {
    for (let i = 0; i < 3; i++) {
      const grown = chain(y, norm(), relu(), conv(32, 1, { useBias: false }), norm(), relu(), conv(8, 3, { useBias: false })); // prettier-ignore
      y = join(layers.concatenate({ axis: -1 }), y, grown);
    }
    y = chain(y, norm(), relu(), conv(y.shape.at(-1)! / 2, 1), layers.averagePooling2d({ poolSize: 2 }));
  }
  return network(x, chain(y, layers.globalAveragePooling2d({}), dense(10, "softmax")));
}

/** Down, up again, and across; transposed convolutions, upsampling, padding, cropping. */
export function unet(): tfl.LayersModel {
  const x = input({ shape: [32, 32, 3] });
  const double = (from: Value, width: number): Value =>
    chain(from, conv(width, 3, { activation: "relu" }), conv(width, 3, { activation: "elu" }));
  const a = double(x, 16);
  const b = double(chain(a, layers.maxPooling2d({ poolSize: 2 })), 32);
  const c = double(chain(b, layers.maxPooling2d({ poolSize: 2 })), 48);
  const up = chain(c, layers.conv2dTranspose({ filters: 32, kernelSize: 3, strides: 2, padding: "same", activation: "relu" })); // prettier-ignore
  const d = double(join(layers.concatenate(), up, b), 32);
  const e = chain(
    d,
    layers.upSampling2d({ size: [2, 2], interpolation: "bilinear" }),
    conv(16, 3, { activation: "relu" }),
  );
  const f = chain(
    join(layers.concatenate(), e, a),
    layers.zeroPadding2d({ padding: 1 }),
    layers.conv2d({ filters: 16, kernelSize: 3 }),
    layers.leakyReLU({ alpha: 0.1 }),
    layers.zeroPadding2d({ padding: [[2, 1], [0, 3]] }), // prettier-ignore
    layers.cropping2D({ cropping: [[2, 1], [0, 3]] }), // prettier-ignore
    layers.prelu({ sharedAxes: [1, 2] }),
  );
  return network(x, chain(f, layers.conv2d({ filters: 2, kernelSize: 1, activation: "sigmoid" })));
}

/** Words, two recurrent layers, a classifier. */
export function lstm(): tfl.LayersModel {
  const net = sequential();
  net.add(layers.embedding({ inputDim: 50, outputDim: 24, inputLength: 12 }));
  net.add(layers.lstm({ ...plain, units: 32, returnSequences: true }));
  net.add(layers.lstm({ ...plain, units: 32, recurrentActivation: "sigmoid" }));
  net.add(layers.dense({ units: 24, activation: "relu" }));
  net.add(layers.dense({ units: 4, activation: "softmax" }));
  return net;
}

/** Both directions, backwards, and one step at a time. */
export function gru(): tfl.LayersModel {
  const x = input({ shape: [10, 8] });
  const both = layers.bidirectional({
    layer: layers.gru({ ...plain, units: 24, returnSequences: true }),
    mergeMode: "concat",
  });
  const y = chain(
    x,
    layers.timeDistributed({ layer: layers.dense({ units: 16, activation: "relu" }) }),
    both,
    layers.simpleRNN({ ...plain, units: 24, returnSequences: true, goBackwards: true }),
    layers.bidirectional({ layer: layers.lstm({ ...plain, units: 16 }), mergeMode: "sum" }),
    dense(24, "relu"),
  );
  return network(x, chain(y, dense(3)));
}

/** Wide depthwise filters, layer normalisation, an inverted bottleneck of dense layers. */
export function convnext(): tfl.LayersModel {
  const x = input({ shape: [32, 32, 3] });
  let y = chain(x, layers.conv2d({ filters: 24, kernelSize: 4, strides: 4 }), layers.layerNormalization());
  for (let i = 0; i < 3; i++) {
    const inner = chain(
      y,
      layers.depthwiseConv2d({ kernelSize: 7, padding: "same" }),
      layers.layerNormalization({ epsilon: 1e-6 }),
      dense(96, "gelu"),
      dense(24),
    );
    y = join(layers.add(), y, inner);
  }
  return network(x, chain(y, layers.globalAveragePooling2d({}), layers.layerNormalization(), dense(10)));
}

/** Attention with several heads, put together from Reshape, Permute and Dot. */
export function transformer(): tfl.LayersModel {
  const [length, width, heads, size] = [10, 32, 4, 8];
  const x = input({ shape: [length] });
  const words = chain(x, layers.embedding({ inputDim: 40, outputDim: width }));
  const block = (from: Value): Value => {
    const y = chain(from, layers.layerNormalization());
    // [length, width] to [heads · length, size]: one head after another, so that Dot can take them as a batch of rows.
    const head = (): Value => chain(y, dense(size));
    const attended = Array.from({ length: heads }, () => {
      const scores = join(layers.dot({ axes: [2, 2] }), head(), head());
      return join(layers.dot({ axes: [2, 1] }), chain(scores, layers.softmax({ axis: -1 })), head());
    });
    const mixed = join(layers.add(), from, chain(join(layers.concatenate(), ...attended), dense(width)));
    const inner = chain(mixed, layers.layerNormalization(), dense(4 * width, "relu"), dense(width));
    return join(layers.add(), mixed, inner);
  };
  const y = chain(block(block(words)), layers.globalAveragePooling1d({}), dense(24, "relu"));
  return network(x, chain(y, dense(5, "softmax")));
}

/** Models within models: a backbone that is a Sequential, and a head that is a model. */
export function nested(): tfl.LayersModel {
  const backbone = sequential({ name: "backbone" });
  backbone.add(
    layers.conv2d({ filters: 24, kernelSize: 3, activation: "relu", inputShape: [16, 16, 8], name: "first" }),
  );
  backbone.add(layers.batchNormalization({ name: "norm" }));
  backbone.add(layers.conv2d({ filters: 32, kernelSize: 3, activation: "relu", name: "second" }));
  const entry = input({ shape: [12, 12, 32], name: "entry" });
  const head = model({
    inputs: entry,
    outputs: chain(entry, layers.conv2d({ filters: 24, kernelSize: 3, activation: "relu", name: "deep" }), layers.flatten({ name: "flat" }), layers.dense({ units: 32, activation: "relu", name: "hidden" })), // prettier-ignore
    name: "head",
  });
  const x = input({ shape: [16, 16, 3] });
  return network(x, chain(x, conv(8, 1), backbone, head, dense(10, "softmax")));
}

/** One encoder for two images, and a layer that is called three times on the way. */
export function shared(): tfl.LayersModel {
  const inner = input({ shape: [16, 16, 3] });
  const encoder = model({
    inputs: inner,
    outputs: chain(inner, conv(16, 3, { activation: "relu" }), layers.maxPooling2d({ poolSize: 4 }), layers.flatten(), dense(32, "relu")), // prettier-ignore
    name: "encoder",
  });
  const [left, right] = [input({ shape: [16, 16, 3] }), input({ shape: [16, 16, 3] })];
  const twice = dense(32, "relu");
  const tail = dense(24, "relu");
  const a = chain(left, encoder, twice, twice);
  const b = chain(right, encoder, twice);
  const y = join(layers.average(), chain(a, tail), chain(b, tail));
  return network([left, right], chain(y, dense(4)));
}

/** An image and a row of numbers in; a class, a number and a sequence out. */
export function manyInputsAndOutputs(): tfl.LayersModel {
  const [image, row] = [input({ shape: [16, 16, 3] }), input({ shape: [12] })];
  const pixels = chain(image, conv(16, 3, { activation: "relu", strides: 2 }), conv(32, 3, { activation: "relu", strides: 2 })); // prettier-ignore
  const seen = chain(pixels, layers.flatten(), dense(32, "relu"));
  const known = chain(row, dense(32, "relu"), layers.reshape({ targetShape: [2, 16] }), layers.permute({ dims: [2, 1] }), layers.flatten()); // prettier-ignore
  const all = join(layers.maximum(), join(layers.multiply(), seen, chain(known, dense(32))), seen);
  const repeated = chain(all, layers.repeatVector({ n: 5 }), layers.conv1d({ filters: 16, kernelSize: 3, padding: "same", activation: "relu" })); // prettier-ignore
  return network([image, row], [chain(all, dense(5, "softmax")), chain(all, dense(16, "relu"), dense(1)), chain(repeated, dense(2))]); // prettier-ignore
}

/** Groups of channels that change places between layers. */
export function shuffle(): tfl.LayersModel {
  const x = input({ shape: [16, 16, 3] });
  const step = (from: Value): Value =>
    chain(
      from,
      layers.reshape({ targetShape: [16, 16, 4, 8] }),
      layers.permute({ dims: [1, 2, 4, 3] }),
      layers.reshape({ targetShape: [16, 16, 32] }),
      layers.depthwiseConv2d({ kernelSize: 3, padding: "same" }),
      conv(32, 1, { activation: "relu" }),
    );
  const y = step(step(chain(x, conv(32, 3, { activation: "relu" }))));
  return network(x, chain(y, layers.globalAveragePooling2d({}), dense(6)));
}

/** Volumes and sequences. */
export function volumes(): tfl.LayersModel {
  const [volume, signal] = [input({ shape: [8, 8, 8, 2] }), input({ shape: [32, 4] })];
  const a = chain(
    volume,
    layers.conv3d({ filters: 12, kernelSize: 3, padding: "same", activation: "relu" }),
    layers.maxPooling3d({ poolSize: 2 }),
    layers.conv3d({ filters: 16, kernelSize: 3, activation: "relu" }),
    layers.flatten(),
  );
  const b = chain(
    signal,
    layers.conv1d({ filters: 16, kernelSize: 5, strides: 2, activation: "relu" }),
    layers.conv1d({ filters: 24, kernelSize: 3, dilationRate: 2, activation: "relu" }),
    layers.averagePooling1d({ poolSize: 2, strides: 2 }),
    layers.globalMaxPooling1d({}),
  );
  return network([volume, signal], chain(join(layers.concatenate(), a, b), dense(32, "relu"), dense(3)));
}

/** All of them, by name. */
export const zoo: Readonly<Record<string, () => tfl.LayersModel>> = {
  vgg,
  resnet,
  mobilenet,
  inception,
  densenet,
  unet,
  lstm,
  gru,
  convnext,
  transformer,
  nested,
  shared,
  manyInputsAndOutputs,
  shuffle,
  volumes,
};
