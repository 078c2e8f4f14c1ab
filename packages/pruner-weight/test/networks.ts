import { type Graph, int64Tensor } from "@prune/core";
import { Network } from "@prune/core/testing";

const build = (make: (net: Network) => string): Graph => {
  const net = new Network();
  return net.graph(make(net));
};

const image = (net: Network): string => net.input("x", ["batch", 3, 6, 6]);
const flat = (net: Network, x: string): string =>
  net.op("Flatten", [x], {}, ([n, ...d] = []) => [n!, d.reduce((a, b) => a * b)]);

/** Small networks, each with a way of its own in which units hang together. */
export const networks: Readonly<Record<string, Graph>> = {
  "a convolution whose outputs are its inputs, too": build((net) => {
    const a = net.relu(net.conv("a", image(net), 8, { size: 3 }));
    return net.conv("c", net.add(a, net.conv("b", a, 8, { size: 3 })), 3);
  }),

  "squeeze and excite": build((net) => {
    const a = net.relu(net.batchNorm("bn", net.conv("a", image(net), 10, { size: 3, bias: false })));
    const squeezed = net.relu(net.conv("down", net.pool(a), 6));
    const gate = net.op("Sigmoid", [net.conv("up", squeezed, 10)]);
    return net.conv("b", net.op("Mul", [a, gate]), 3, { size: 3 });
  }),

  "a shuffle of channels": build((net) => {
    const a = net.relu(net.conv("a", image(net), 12));
    const apart = net.reshape(net.conv("b", a, 12, { group: 2 }), [0, 2, 6, 6, 6]);
    const mixed = net.reshape(net.transpose(apart, [0, 2, 1, 3, 4]), [0, 12, 6, 6]);
    return net.conv("d", net.relu(net.conv("c", mixed, 8, { size: 3, group: 2 })), 3);
  }),

  "channels that a classifier reads position by position": build((net) => {
    const a = net.op("MaxPool", [net.relu(net.conv("a", image(net), 7, { size: 3 }))], { kernel_shape: [2, 2], strides: [2, 2] }, ([n, c] = []) => [n!, c!, 3, 3]); // prettier-ignore
    return net.gemm("c", net.relu(net.gemm("b", flat(net, a), 9)), 3);
  }),

  "inverted residuals": build((net) => {
    const block = (name: string, x: string): string => {
      const wide = net.op("HardSwish", [net.conv(`${name}.expand`, x, 12)]);
      const deep = net.op("HardSwish", [net.conv(`${name}.depth`, wide, 12, { size: 3, group: 12 })]);
      return net.add(x, net.conv(`${name}.project`, deep, 6));
    };
    const x = net.conv("stem", image(net), 6, { size: 3 });
    return net.conv("head", block("b", block("a", x)), 3);
  }),

  "a transformer's hidden layer and heads": build((net) => {
    const x = net.input("x", ["batch", 5, 8]);
    const norm = (name: string, v: string): string =>
      net.op("LayerNormalization", [v, net.weight(`${name}.scale`, [8]), net.weight(`${name}.bias`, [8])]);
    const n = norm("n1", x);
    const split = net.split(net.linear("qkv", n, 24), [8, 8, 8], 2);
    const [q, k, v] = split.map((part, i) => net.transpose(net.reshape(part, [0, 0, 4, 2]), i === 1 ? [0, 2, 3, 1] : [0, 2, 1, 3])); // prettier-ignore
    const mixed = net.matMul(net.op("Softmax", [net.matMul(q!, k!)]), v!);
    const stream = net.add(x, net.linear("out", net.reshape(net.transpose(mixed, [0, 2, 1, 3]), [0, 0, 8]), 8));
    const inner = net.linear("up", norm("n2", stream), 16);
    const half = net.op("Mul", [inner, net.weight("half", [], 0.5)]);
    const gelu = net.op("Mul", [half, net.add(net.op("Erf", [net.op("Div", [inner, net.weight("root", [], 1.5)])]), net.weight("one", [], 1))]); // prettier-ignore
    return net.linear("head", net.add(stream, net.linear("down", gelu, 8)), 3);
  }),

  "stacked recurrent layers": build((net) => {
    const x = net.input("x", [5, "batch", 4]);
    const layer = (name: string, type: string, gates: number, v: string, from: number, to: number): string => {
      const w = net.weight(`${name}.w`, [1, gates * to, from]);
      const r = net.weight(`${name}.r`, [1, gates * to, to]);
      const b = net.weight(`${name}.b`, [1, 2 * gates * to]);
      const y = net.op(type, [v, w, r, b], { hidden_size: to }, ([s, n] = []) => [s!, 1, n!, to]);
      const axes = net.parameter({ ...int64Tensor(`${name}.axes`, [1]) });
      return net.op("Squeeze", [y, axes], {}, ([s, , n, h] = []) => [s!, n!, h!]);
    };
    const hidden = layer("b", "GRU", 3, layer("a", "LSTM", 4, x, 4, 6), 6, 8);
    return net.linear("head", hidden, 3);
  }),
};
