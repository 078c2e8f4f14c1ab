import { expect, test } from "vitest";
import { blockedGroups, freeGroups } from "../../test/group-texts.ts";
import { analyzeNetwork } from "../testing/analyze-network.ts";
import { Network } from "../testing/network.ts";
import type { HeadsOption } from "./readings.ts";

/** Attention of 2 heads of size 3, with layers of their own for q, k and v; the names of what may be cut. */
async function attention(heads?: HeadsOption): Promise<{ free: string[]; blocked: string[] }> {
  const net = new Network();
  const x = net.input("x", [1, 5, 8]);
  const [q, k, v] = ["q", "k", "v"].map((name) => net.reshape(net.linear(name, x, 6), [0, 0, 2, 3]));
  const scores = net.matMul(net.transpose(q!, [0, 2, 1, 3]), net.transpose(k!, [0, 2, 3, 1]));
  const mixed = net.matMul(net.op("Softmax", [scores]), net.transpose(v!, [0, 2, 1, 3]));
  const y = net.linear("out", net.reshape(net.transpose(mixed, [0, 2, 1, 3]), [0, 0, 6]), 4);
  const analysis = await analyzeNetwork(net, y, heads ? { heads } : {});
  const inner = ([id]: [string, unknown]): boolean => !/: [48] /.test(id);
  const members = Object.entries(freeGroups(analysis)).filter(inner);
  return {
    free: members.map(([id, list]) => `${id}: ${list.map((m) => m.split(":")[0]).join(" ")}`),
    blocked: Object.entries(blockedGroups(analysis))
      .filter(inner)
      .map(([, reason]) => reason),
  };
}

const wholeHeads = "q.weight: 2 heads: q.weight.1 q.bias.0 k.weight.1 k.bias.0 v.weight.1 v.bias.0 out.weight.0";
const queryDim = "q.weight#2: 3 channels: q.weight.1 q.bias.0 k.weight.1 k.bias.0";
const valueDim = "v.weight: 3 channels: v.weight.1 v.bias.0 out.weight.0";

test("attention loses whole heads unless it is told otherwise", async () => {
  const { free, blocked } = await attention();
  expect(free).toEqual([wholeHeads]);
  const reason = "another factor of the same axis is cut (--heads whole)";
  expect(blocked).toEqual([reason, reason]);
  expect(await attention("whole")).toEqual({ free, blocked });
});

test("or the head dimension: that of q and k, and that of v", async () => {
  const { free, blocked } = await attention("dim");
  expect(free).toEqual([queryDim, valueDim]);
  expect(blocked).toEqual(["another factor of the same axis is cut (--heads dim)"]);
});

test("or both", async () => {
  expect((await attention("both")).free.toSorted()).toEqual([wholeHeads, queryDim, valueDim].toSorted());
});

test("or nothing", async () => {
  const { free, blocked } = await attention("keep");
  expect(free).toEqual([]);
  expect(new Set(blocked)).toEqual(new Set(["attention heads are kept (--heads keep)"]));
});
