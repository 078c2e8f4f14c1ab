import { expect, test } from "vitest";
import { analyzeNetwork } from "../testing/analyze-network.ts";
import { Network } from "../testing/network.ts";
import { freeGroups } from "../../test/group-texts.ts";

const FEATURES = 6;

/** A layer of 6 features over steps, whose output is put behind what `past` holds: `[batch, past, 6]`. */
async function cachesOf(make: (net: Network, past: string, steps: string) => string[]): Promise<string[]> {
  const net = new Network();
  const past = net.input("past", ["batch", 5, FEATURES]);
  const steps = net.linear("layer", net.input("x", ["batch", 3, 4]), FEATURES);
  const { space } = await analyzeNetwork(net, make(net, past, steps));
  return space.caches.map(({ input, output, whole }) => `${input} → ${output} ${whole.map((a) => `${a.value}.${a.axis}`).join()}`); // prettier-ignore
}

const appended = (net: Network, past: string, steps: string, name = "all"): string =>
  net.op("Concat", [past, steps], { axis: 1 }, ([n, t, f] = []) => [n!, t! + 3, f!], name);

test("an input to which something is appended, on the way to an output", async () => {
  expect(await cachesOf((net, past, steps) => [appended(net, past, steps)])).toEqual(["past → all all.1"]);
});

test("what only moves elements is passed", async () => {
  const found = await cachesOf((net, past, steps) => {
    const turned = (x: string): string => net.transpose(x, [1, 0, 2]);
    const all = net.op("Concat", [turned(past), turned(steps)], { axis: 0 }, ([t, n, f] = []) => [t! + 3, n!, f!], "all"); // prettier-ignore
    return [turned(all)];
  });
  expect(found).toEqual([expect.stringMatching(/^past → transpose\d+ all\.0$/)]);
});

test("what was kept longest may be dropped, before or after something is appended", async () => {
  const last = (net: Network, x: string, steps: number): string =>
    net.op("Slice", [x, net.ints([-steps]), net.ints([2 ** 31]), net.ints([1])], {}, ([n, , f] = []) => [
      n!,
      steps,
      f!,
    ]);
  expect(await cachesOf((net, past, steps) => [last(net, appended(net, past, steps), 5)])).toEqual([
    expect.stringMatching(/^past → slice\d+ all\.1,all\.1,slice\d+\.1$/),
  ]);
  const found = await cachesOf((net, past, steps) => [
    net.op("Concat", [last(net, past, 2), steps], { axis: 1 }, ([n, , f] = []) => [n!, 5, f!], "all"),
  ]);
  expect(found).toEqual([expect.stringMatching(/^past → all past\.1,slice\d+\.1,all\.1$/)]);
});

test("something may be written into it in place of something else", async () => {
  const found = await cachesOf((net, past, steps) => {
    const places = net.input("places", ["batch", 3, FEATURES]);
    return [net.op("ScatterElements", [past, places, steps], { axis: 1 }, undefined, "all")];
  });
  expect(found).toEqual(["past → all all.1"]);
});

test("how long it is may be asked", async () => {
  const found = await cachesOf((net, past, steps) => {
    const length = net.op("Shape", [past], {}, [3]);
    return [appended(net, past, steps), length];
  });
  expect(found).toEqual(["past → all all.1"]);
});

test("an input that is computed with is none, and neither is one that ends nowhere, or in two places", async () => {
  expect(await cachesOf((net, past, steps) => [appended(net, past, steps), net.relu(past)])).toEqual([]);
  expect(await cachesOf((net, past, steps) => [net.relu(appended(net, past, steps))])).toEqual([]);
  expect(await cachesOf((net, past, steps) => [appended(net, past, steps), appended(net, past, steps, "too")])).toEqual([]); // prettier-ignore
});

test("constants and other inputs are nothing that is kept", async () => {
  expect(await cachesOf((net, past) => [appended(net, past, net.weight("w", [1, 3, FEATURES]))])).toEqual([]);
  expect(await cachesOf((net, past) => [appended(net, past, net.input("more", ["batch", 3, FEATURES]))])).toEqual([]);
});

test("features that are only kept can go, steps cannot", async () => {
  const net = new Network();
  const past = net.input("past", ["batch", 5, FEATURES]);
  const all = appended(net, past, net.linear("layer", net.input("x", ["batch", 3, 4]), FEATURES));
  const groups = freeGroups(await analyzeNetwork(net, [net.linear("last", all, 2), all]));
  expect(groups).toEqual({
    "layer.weight: 6 channels": ["layer.weight.1: 0 1 2 3 4 5", "layer.bias.0: 0 1 2 3 4 5", "last.weight.0: 0 1 2 3 4 5"], // prettier-ignore
  });
});
