import { inParts, type Graph, type Tensor } from "@prune/core";
import { Network } from "@prune/core/testing";
import { expect, test } from "vitest";
import { contextOf, difference, outputsOf, runtime, samples } from "../test/recovering.ts";
import { bias } from "./bias.ts";
import { bn } from "./bn.ts";
import { reconstruct } from "./reconstruct.ts";

/** Where values are put; `left` says how long those are that are still there. */
function shelf() {
  const kept = new Map<number, Uint8Array>();
  let count = 0;
  const keep = (bytes: Uint8Array) => {
    const at = count++;
    kept.set(at, bytes.slice());
    return { read: () => kept.get(at)!.slice(), free: () => void kept.delete(at) };
  };
  return { keep, left: () => [...kept.values()].map(({ length }) => length) };
}

/** The same network, of which no large weight is in memory. */
function away(graph: Graph): Graph {
  const stored = (tensor: Tensor): Tensor => ({ ...tensor, stored: true, bytes: () => tensor.bytes().slice() });
  return { ...graph, parameters: new Map([...graph.parameters].map(([name, tensor]) => [name, stored(tensor)])) };
}

test("a network that is not in memory is recovered as one that is, and what was fitted is put away", async () => {
  const net = new Network();
  const x = net.conv("c", net.input("x", ["batch", 8, 6, 6]), 64, { size: 3, bias: false });
  const y = net.relu(net.batchNorm("n", net.conv("d", net.relu(x), 96, { size: 3 })));
  const graph = net.graph(net.gemm("f", net.reshape(net.pool(y), [0, -1]), 200));
  const data = samples([8, 6, 6], 12);
  const units = (size: number): number[] => Array.from({ length: size / 4 }, (_, i) => i * 4);
  const context = await contextOf(graph, data, { units });
  for (const step of [reconstruct(), bias(), bn()]) {
    const { keep, left } = shelf();
    const parted = inParts(runtime, { partBytes: 2 ** 16, keep });
    const lazy = { ...(await contextOf(away(graph), data, { units })), runtime: parted };
    const [here, there] = [await step.recover(context), await step.recover(lazy)];
    expect(there.notes!.layers).toBe(here.notes!.layers);
    for (const when of ["before", "after"] as const)
      expect(there.notes!.outputError![when]).toBeCloseTo(here.notes!.outputError![when], 5);
    expect(difference(await outputsOf(here.graph, data), await outputsOf(there.graph, data))).toBeLessThan(1e-3);
    const weights = [...there.graph.parameters.values()].filter(({ dims }) => dims.length > 1 && dims[0]! > 1);
    expect(weights.length).toBeGreaterThan(2);
    if (step.name === "reconstruct") for (const tensor of weights) expect(left()).toContain(tensor.bytes().length);
  }
});
