import { describe, expect, test } from "vitest";
import { analyzeNetwork } from "../testing/analyze-network.ts";
import { Network } from "../testing/network.ts";
import { groupOf } from "../../test/group-texts.ts";

const C = 6;
type Body = (net: Network, x: string) => string;

/** What becomes of the channels between two convolutions with `body` in between: "exact", or why not. */
async function verdict(body: Body, options = {}): Promise<string> {
  const net = new Network();
  const x = net.conv("a", net.input("x", [1, 3, 4, 4]), C);
  const { blocked, exact } = groupOf(await analyzeNetwork(net, net.conv("b", body(net, x), 2), options), "a.weight");
  return blocked?.reason ?? (exact ? "exact" : "free, inexact");
}

/** Scales a value by the sum of another over its channels. */
const timesSumOf: (inner: Body) => Body = (inner) => (net, x) => {
  const sum = net.op("ReduceSum", [inner(net, x), net.ints([1])], {}, ([n, , ...image] = []) => [n!, 1, ...image]);
  return net.op("Mul", [x, sum]);
};

const allowed = "cutting it is not exact (--width allows it)";

describe("a sum over channels", () => {
  test("is exact of what is zero where weights are: Relu", async () => {
    expect(await verdict(timesSumOf((net, x) => net.relu(x)))).toBe("exact");
  });

  test("is not of what is ½ there: Sigmoid", async () => {
    const reason = `is summed over by ReduceSum: ${allowed}`;
    expect(await verdict(timesSumOf((net, x) => net.op("Sigmoid", [x])))).toBe(reason);
  });

  test("is exact where a Sigmoid is multiplied by something that is zero", async () => {
    expect(await verdict(timesSumOf((net, x) => net.op("Mul", [x, net.op("Sigmoid", [x])])))).toBe("exact");
  });

  test("is not once a constant was added", async () => {
    const one = (net: Network): string => net.weight("one", [], 1);
    expect(await verdict(timesSumOf((net, x) => net.add(x, one(net))))).toContain(allowed);
    expect(await verdict(timesSumOf((net, x) => net.add(x, net.weight("each", [C, 1, 1]))))).toBe("exact");
  });
});

describe("division", () => {
  test("by a scale per channel, which is masked to zero, is inexact", async () => {
    const body: Body = (net, x) => net.op("Div", [x, net.weight("scale", [C, 1, 1], 2)]);
    expect(await verdict(body)).toBe(`is what Div divides by: ${allowed}`);
  });

  test("by one number is exact", async () => {
    expect(await verdict((net, x) => net.op("Div", [x, net.weight("two", [], 2)]))).toBe("exact");
  });

  test("by what is never zero is exact", async () => {
    const body: Body = (net, x) => net.op("Div", [x, net.op("Sigmoid", [x])]);
    expect(await verdict(body)).toBe("exact");
  });
});

describe("normalisation over channels", () => {
  const layerNorm: Body = (net, x) => {
    const last = net.transpose(x, [0, 2, 3, 1]);
    const even = net.op("LayerNormalization", [last, net.weight("scale", [C]), net.weight("bias", [C])]);
    return net.transpose(even, [0, 3, 1, 2]);
  };

  test("blocks the width unless it is asked for", async () => {
    expect(await verdict(layerNorm)).toBe(`is normalised over by LayerNormalization: ${allowed}`);
    expect(await verdict(layerNorm, { width: true })).toBe("free, inexact");
  });

  test("over pixels is no matter", async () => {
    const body: Body = (net, x) =>
      net.op("InstanceNormalization", [x, net.weight("scale", [C]), net.weight("bias", [C])]);
    expect(await verdict(body)).toBe("exact");
  });
});

test("what was found inexact names the operator", async () => {
  const net = new Network();
  const x = net.conv("a", net.input("x", [1, 3, 4, 4]), C);
  const y = net.op("LRN", [x], { size: 3 }, undefined, "norm");
  expect(groupOf(await analyzeNetwork(net, net.conv("b", y, 2)), "a.weight").blocked?.node?.name).toBe("norm");
});

test("zeros are followed through a channel shuffle", async () => {
  const shuffled: Body = (net, x) =>
    net.reshape(net.transpose(net.reshape(x, [1, 2, 3, 4, 4]), [0, 2, 1, 3, 4]), [1, C, 4, 4]);
  expect(await verdict(timesSumOf((net, x) => net.relu(shuffled(net, x))))).toBe("exact");
  expect(await verdict(timesSumOf((net, x) => net.op("Sigmoid", [shuffled(net, x)])))).toContain(allowed);
});
