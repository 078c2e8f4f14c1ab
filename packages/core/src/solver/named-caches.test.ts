import { expect, test } from "vitest";
import { blockedGroups, freeGroups } from "../../test/group-texts.ts";
import { analyzeNetwork } from "../testing/analyze-network.ts";
import { Network } from "../testing/network.ts";
import type { Analysis } from "./analyze.ts";

const [HEADS, SIZE, STEPS] = [3, 2, 4];

/** A layer of 3 heads of 2 features over 4 steps, `[batch, heads, steps, features]`. */
function heads(net: Network, name: string, x: string): string {
  const apart = net.op("Reshape", [net.linear(name, x, HEADS * SIZE), net.ints([0, 0, HEADS, SIZE])], {}, ([n, t] = []) => [n!, t!, HEADS, SIZE]); // prettier-ignore
  return net.transpose(apart, [0, 2, 1, 3]);
}

/** What a last layer makes of all heads, `[batch, steps, 5]`. */
const answer = (net: Network, x: string): string => {
  const together = net.op("Reshape", [net.transpose(x, [0, 2, 1, 3]), net.ints([0, 0, HEADS * SIZE])], {}, ([n, t] = []) => [n!, t!, HEADS * SIZE]); // prettier-ignore
  return net.linear("last", together, 5);
};

const called = (net: Network, name: string, x: string): string => net.op("Identity", [x], {}, undefined, name);
const cachesOf = ({ space }: Analysis): string[] => space.caches.map(({ input, output }) => `${input ?? ""} → ${output ?? ""}`); // prettier-ignore
/** Whether a factor of the layer's outputs is free, or why not. */
function layerOf({ groups }: Analysis): string {
  const own = groups.filter((g) => g.members.some((m) => m.tensor.name === "layer.weight" && m.role === "output"));
  return own.some((g) => !g.blocked) ? "free" : (own[0]?.blocked?.reason ?? "");
}

/** A network that yields what it computes with besides its answer. */
function yielding(name: string): Promise<Analysis> {
  const net = new Network();
  const x = heads(net, "layer", net.input("x", ["batch", STEPS, 4]));
  return analyzeNetwork(net, [answer(net, net.relu(x)), called(net, name, x)], { heads: "both" });
}

test("an output that is called present, and that the network itself reads", async () => {
  for (const name of ["present.0.key", "present_value_1", "present_key_self_0", "present_key_values.0.decoder.key"]) {
    const analysis = await yielding(name);
    expect([cachesOf(analysis), layerOf(analysis)]).toEqual([[` → ${name}`], "free"]);
    expect(analysis.space.caches[0]!.whole).toEqual([0, 2].map((axis) => ({ value: name, axis })));
  }
  for (const name of [
    "present_0",
    "present.key",
    "present_frames_0",
    "presentation.0.key",
    "keys.0",
    "my_present.0.key",
  ]) {
    const analysis = await yielding(name);
    expect([cachesOf(analysis), layerOf(analysis)]).toEqual([[], `feeds graph output "${name}"`]);
  }
});

test("an output made for the caller is none, whatever it is called; nor is one of fewer axes", async () => {
  const net = new Network();
  const x = heads(net, "layer", net.input("x", ["batch", STEPS, 4]));
  const analysis = await analyzeNetwork(net, [answer(net, net.relu(x)), called(net, "present.0.key", net.relu(x))]);
  expect([cachesOf(analysis), layerOf(analysis)]).toEqual([[], 'feeds graph output "present.0.key"']);
  const flat = new Network();
  const y = flat.linear("layer", flat.input("x", ["batch", STEPS, 4]), 6);
  const of = await analyzeNetwork(flat, [flat.linear("last", flat.relu(y), 5), called(flat, "present.0.key", y)]);
  expect([cachesOf(of), layerOf(of)]).toEqual([[], 'feeds graph output "present.0.key"']);
});

/** A network that reads an input besides what it computes, in one product. */
function reading(name: string, dims: readonly (number | string)[], output?: string): Promise<Analysis> {
  const net = new Network();
  const x = heads(net, "layer", net.input("x", ["batch", STEPS, 4]));
  const product = net.op("Mul", [x, net.input(name, dims)]);
  return analyzeNetwork(net, [answer(net, product), ...(output === undefined ? [] : [called(net, output, x)])]);
}

test("an input that is called past, and that the network computes with", async () => {
  const analysis = await reading("past_key_values.0.encoder.key", ["batch", HEADS, STEPS, SIZE]);
  expect([cachesOf(analysis), layerOf(analysis)]).toEqual([["past_key_values.0.encoder.key → "], "free"]);
  for (const name of ["encoder_keys", "past_frames", "past_0"]) {
    const other = await reading(name, ["batch", HEADS, STEPS, SIZE]);
    expect([cachesOf(other), layerOf(other)]).toEqual([[], `is graph input "${name}"`]);
  }
});

test("what goes out as present comes in as past: both lose the same heads, though no operator says so", async () => {
  const net = new Network();
  const x = heads(net, "layer", net.input("x", ["batch", STEPS, 4]));
  const past = heads(net, "other", net.input("z", ["batch", STEPS, 4]));
  const product = net.op("Mul", [past, net.input("past_key_0", ["batch", HEADS, STEPS, SIZE])]);
  const sum = net.op("ReduceSum", [net.relu(x), net.ints([1])], { keepdims: 1 }, ([n, , t, d] = []) => [n!, 1, t!, d!]);
  const analysis = await analyzeNetwork(net, [answer(net, product), sum, called(net, "present_key_0", x)]);
  expect(cachesOf(analysis)).toEqual(["past_key_0 → present_key_0"]);
  const both = Object.entries(freeGroups(analysis)).find(([, members]) => members.some((m) => m.startsWith("layer.weight.1")))!; // prettier-ignore
  expect(both[1].filter((m) => /^(layer|other)\.weight/.test(m))).toEqual(["layer.weight.1: 0 0 1 1 2 2", "other.weight.1: 0 0 1 1 2 2"]); // prettier-ignore
});

test("a past and a present of other sizes are none", async () => {
  const analysis = await reading("past_key_0", ["batch", 1, STEPS, SIZE], "present_key_0");
  expect(cachesOf(analysis)).toEqual([]);
  expect(layerOf(analysis)).toBe('feeds graph output "present_key_0"');
});

test("one that is ignored keeps its shape, and is still no answer", async () => {
  const net = new Network();
  const x = heads(net, "layer", net.input("x", ["batch", STEPS, 4]));
  const outputs = [answer(net, net.relu(x)), called(net, "present.0.key", x)];
  const analysis = await analyzeNetwork(net, outputs, { ignore: (name) => name === "present.0.key" });
  expect(cachesOf(analysis)).toEqual([" → present.0.key"]);
  expect(Object.values(blockedGroups(analysis))).toContain("is ignored by option");
  expect(layerOf(analysis)).toBe("is ignored by option");
});
