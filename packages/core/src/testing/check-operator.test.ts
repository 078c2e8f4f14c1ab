import { describe, expect, test } from "vitest";
import { runtime } from "../../test/onnx.ts";
import { allZero, broadcastLinks } from "../ops/_broadcast.ts";
import { concat } from "../ops/concat.ts";
import { conv } from "../ops/conv.ts";
import { defineOp, type OpHandler } from "../ops/define-op.ts";
import { groupNormalization21 } from "../ops/group-normalization.ts";
import { reshape } from "../ops/reshape.ts";
import { split } from "../ops/split.ts";
import { offset, same } from "../solver/link.ts";
import { checkOperator, type OperatorExample } from "./check-operator.ts";
import { Network } from "./network.ts";

/** Something between a convolution that yields 6 channels and one that reads them. */
function example(name: string, body: (net: Network, x: string) => string, opset = 17): OperatorExample {
  const net = new Network(opset);
  const x = net.conv("a", net.input("x", ["batch", 3, 4, 4]), 6);
  return { name, graph: net.graph(net.conv("z", body(net, x), 2)) };
}
const joined = example("two branches", (net, x) => net.concat([net.relu(x), net.conv("b", x, 4)]));
const grouped = [
  example("two blocks", (net, x) => net.conv("b", x, 8, { group: 2 })),
  example("as many blocks as channels", (net, x) => net.conv("b", x, 6, { group: 6, size: 3 })),
];
const summed = example("a sum over channels", (net, x) => {
  const total = net.op("ReduceSum", [net.op("Sigmoid", [x]), net.ints([1])], {}, ([n, , ...image] = []) => [n!, 1, ...image]); // prettier-ignore
  return net.op("Mul", [x, total]);
});
const laws = async (handler: OpHandler, examples: readonly OperatorExample[]): Promise<string[]> =>
  (await checkOperator(handler, examples, runtime)).map((law) => law.replace(/ \(.*/s, ""));

describe("core's own operators keep the laws", () => {
  const cases: Record<string, readonly [OpHandler, readonly OperatorExample[]]> = {
    Concat: [concat, [joined]],
    Conv: [conv, grouped],
    GroupNormalization: [
      groupNormalization21,
      [example("three blocks", (n, x) => n.op("GroupNormalization", [x, n.weight("scale", [6]), n.weight("bias", [6])], { num_groups: 3 }), 21)], // prettier-ignore
    ],
    Reshape: [reshape, [example("blocks and back", (n, x) => n.reshape(n.relu(n.reshape(x, [0, 2, 3, 4, 4])), [0, 6, 4, 4]))]], // prettier-ignore
    Split: [split, [example("halves", (n, x) => n.add(...(n.split(x, [3, 3]) as [string, string])))]],
  };
  test.each(Object.entries(cases))("%s", async (_, [handler, examples]) => {
    expect(await checkOperator(handler, examples, runtime)).toEqual([]);
  });
});

describe("names the law that an operator breaks", () => {
  test("an axis that is not there", async () => {
    const broken = defineOp({ ...concat, links: ({ in: [x], out: [y] }) => [same(x!.axis(4), y!.axis(1))] });
    expect(await checkOperator(broken, [joined], runtime)).toContainEqual(
      expect.stringMatching(/^says something in links .* \("relu\d" has no axis 4, example "two branches"\)$/),
    );
  });

  test("a run that is too long", async () => {
    const broken = defineOp({
      ...concat,
      links: ({ in: inputs, out: [y] }) => inputs.map((x) => offset(x!.axis(1), y!.axis(1), 6, 6)),
    });
    expect(await laws(broken, [joined])).toContain("says something in links that does not fit its operands");
  });

  test("slices that belong together and are not said to", async () => {
    const silent = defineOp({
      ...concat,
      links: ({ in: inputs, out: [y] }) => inputs.flatMap((x) => [0, 2, 3].map((i) => same(x!.axis(i), y!.axis(i)))),
    });
    expect(await laws(silent, [joined])).toEqual(["is not the masked network after a cut"]);
  });

  test("an attribute that is left as it was", async () => {
    const { cut: _, ...uncut } = conv;
    expect(await laws(uncut, grouped)).toEqual(["is not the masked network after a cut"]);
  });

  test("a zero where there is none", async () => {
    const wrong = defineOp({ type: "Sigmoid", links: (op) => broadcastLinks(op), zero: ([x]) => allZero([x]) });
    expect(await laws(wrong, [summed])).toEqual(["is not the masked network after a cut"]);
    expect(await laws({ ...wrong, zero: () => false }, [summed])).toEqual([]);
  });

  test("work that is no number, and rules that throw", async () => {
    const throws = (): never => {
      throw new Error("no rule");
    };
    expect(await laws({ ...conv, macs: () => NaN }, grouped)).toEqual(["counts macs that are no number from 0 up"]);
    expect(await laws({ ...conv, links: throws }, grouped)).toContain("throws in links");
    expect(await laws({ ...conv, cut: throws }, grouped)).toEqual(["throws in cut"]);
  });

  test("examples that show nothing", async () => {
    expect(await laws(concat, grouped)).toEqual([
      "is not in an example that is there for it",
      "leaves nothing that could be cut in any example",
    ]);
  });
});
