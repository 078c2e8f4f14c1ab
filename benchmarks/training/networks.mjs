// Untrained networks for images, initialised as PyTorch does: uniform in ±1/√fan-in.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const { resolve } = createRequire(new URL("../../apps/demo/package.json", import.meta.url));
const { float32Tensor, nodeOf } = await import(pathToFileURL(resolve("@prune/core")));

/** Collects nodes and weights; every method returns the name of a value. */
class Builder {
  nodes = [];
  parameters = new Map();

  constructor(seed) {
    this.state = seed;
  }

  next() {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  weight(dims, make) {
    const name = `w${this.parameters.size}`;
    const size = dims.reduce((a, b) => a * b, 1);
    this.parameters.set(name, float32Tensor(name, Float32Array.from({ length: size }, make), dims));
    return name;
  }

  uniform(dims, fan) {
    return this.weight(dims, () => (2 * this.next() - 1) / Math.sqrt(fan));
  }

  op(type, inputs, attributes = {}) {
    const name = `v${this.nodes.length}`;
    this.nodes.push(nodeOf(type, inputs, [name], attributes));
    return name;
  }

  linear(x, from, to) {
    return this.op("Gemm", [x, this.uniform([to, from], from), this.uniform([to], from)], { transB: 1 });
  }

  conv(x, from, to, size, { stride = 1, group = 1, bias = false } = {}) {
    const [fan, pad] = [(from / group) * size * size, size >> 1];
    const inputs = [x, this.uniform([to, from / group, size, size], fan), ...(bias ? [this.uniform([to], fan)] : [])];
    const attributes = { group, kernel_shape: [size, size], pads: [pad, pad, pad, pad], strides: [stride, stride] };
    return this.op("Conv", inputs, attributes);
  }

  norm(x, channels) {
    const fills = [1, 0, 0, 1].map((value) => this.weight([channels], () => value));
    return this.op("BatchNormalization", [x, ...fills], { momentum: { type: "float", value: 0.9 } });
  }

  relu(x) {
    return this.op("Relu", [x]);
  }

  graph(output, image = [1, 28, 28]) {
    return {
      name: "network",
      nodes: this.nodes,
      inputs: [{ name: "image", dtype: "float32", dims: ["N", ...image] }],
      outputs: [{ name: output, dtype: "float32", dims: ["N", 10] }],
      parameters: this.parameters,
      opsets: new Map([["", 17]]),
    };
  }
}

/** 784-300-100-10. */
function mlp(seed) {
  const b = new Builder(seed);
  const x = b.op("Flatten", ["image"]);
  return b.graph(b.linear(b.relu(b.linear(b.relu(b.linear(x, 784, 300)), 300, 100)), 100, 10));
}

/** Two stages of convolution, normalisation, ReLU and pooling, then two linear layers. */
function cnn(seed) {
  const b = new Builder(seed);
  const stage = (x, from, to) =>
    b.op("MaxPool", [b.relu(b.norm(b.conv(x, from, to, 3, { bias: true }), to))], {
      kernel_shape: [2, 2],
      strides: [2, 2],
    });
  const x = b.op("Flatten", [stage(stage("image", 1, 16), 16, 32)]);
  return b.graph(b.linear(b.relu(b.linear(x, 32 * 49, 64)), 64, 10));
}

function residual(b, x, from, to, stride) {
  const first = b.relu(b.norm(b.conv(x, from, to, 3, { stride }), to));
  const second = b.norm(b.conv(first, to, to, 3), to);
  const short = from === to && stride === 1 ? x : b.norm(b.conv(x, from, to, 1, { stride }), to);
  return b.relu(b.op("Add", [second, short]));
}

function resnet(seed, stem, widths, blocks, image) {
  const b = new Builder(seed);
  let x = stem(b);
  let from = widths[0];
  widths.forEach((to, i) => {
    for (let n = 0; n < blocks; n++) {
      x = residual(b, x, from, to, n === 0 && i > 0 ? 2 : 1);
      from = to;
    }
  });
  return b.graph(b.linear(b.op("Flatten", [b.op("GlobalAveragePool", [x])]), from, 10), image);
}

/** ResNet-20 for images of 32×32 in colour (He et al. 2016), projection shortcuts. */
const resnet20 = (seed) =>
  resnet(seed, (b) => b.relu(b.norm(b.conv("image", 3, 16, 3), 16)), [16, 32, 64], 3, [3, 32, 32]);

/** ResNet-18 with its stem of stride 4, for images of 64×64 in colour. */
const resnet18 = (seed) =>
  resnet(
    seed,
    (b) => {
      const x = b.relu(b.norm(b.conv("image", 3, 64, 7, { stride: 2 }), 64));
      return b.op("MaxPool", [x], { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] });
    },
    [64, 128, 256, 512],
    2,
    [3, 64, 64],
  );

/** By name: a function of a seed. */
export const networks = { mlp, cnn, resnet20, resnet18 };
