import { expect, test } from "vitest";
import { cutTexts, linkTexts, opContext, type OpSpec } from "../testing/op-context.ts";
import { gru, lstm, rnn } from "./recurrent.ts";

const weight = (...dims: readonly number[]): { dims: readonly number[]; weight: true } => ({ dims, weight: true });
/** S = 7, N = 2, I = 5, H = 3, both directions. */
const bidirectional: OpSpec = {
  type: "LSTM",
  in: [[7, 2, 5], weight(2, 12, 5), weight(2, 12, 3), weight(2, 24), [2], [2, 2, 3], [2, 2, 3], weight(2, 9)],
  out: [
    [7, 2, 2, 3],
    [2, 2, 3],
    [2, 2, 3],
  ],
  attributes: { hidden_size: 3, direction: "bidirectional" },
};
const plain = (type: string, gates: number): OpSpec => ({
  type,
  in: [[7, 2, 5], weight(1, gates * 3, 5), weight(1, gates * 3, 3), weight(1, 2 * gates * 3)],
  out: [[7, 1, 2, 3]],
  attributes: { hidden_size: 3 },
});

test("a hidden unit goes from all gates, both directions and all states", () => {
  const links = linkTexts(lstm, bidirectional);
  expect(links.filter((l) => l.includes("x2.2") && !l.startsWith("feature"))).toEqual([
    "gates:4 * x2.2 = x1.1",
    "gates:4 * x2.2 = x2.1",
    "biases:8 * x2.2 = x3.1",
    "peepholes:3 * x2.2 = x7.1",
    "x2.2 = y0.3",
    "x2.2 = x5.2",
    "x2.2 = x6.2",
    "x2.2 = y1.2",
    "x2.2 = y2.2",
  ]);
  expect(links.filter((l) => l.startsWith("pin"))).toEqual([
    "pin gates:4: gates of LSTM",
    "pin x1.0: directions of LSTM",
    "pin x0.0: time axis of LSTM",
    "pin biases:8: gates of LSTM",
    "pin peepholes:3: gates of LSTM",
  ]);
  expect(links).toEqual(
    expect.arrayContaining(["x0.2 = x1.2", "x0.1 = x4.0", "x1.0 = y0.1", "x0.1 = y0.2", "x0.0 = y0.0"]),
  );
});

test("features: what the gates yield, and what they read of input and state", () => {
  const features = linkTexts(lstm, bidirectional).filter((l) => l.startsWith("feature"));
  expect(features).toEqual(["feature x1.1", "feature x1.2", "feature x2.1", "feature x2.2"]);
});

test("batch-first layout", () => {
  const links = linkTexts(gru, {
    type: "GRU",
    in: [[2, 7, 5], weight(1, 9, 5), weight(1, 9, 3), undefined, undefined, [2, 1, 3]],
    out: [
      [2, 7, 1, 3],
      [2, 1, 3],
    ],
    attributes: { hidden_size: 3, layout: 1 },
  });
  expect(links).toEqual(
    expect.arrayContaining([
      "pin x0.1: time axis of GRU",
      "x0.0 = y0.0",
      "x0.1 = y0.1",
      "x1.0 = y0.2",
      "x0.0 = x5.0",
      "x1.0 = x5.1",
      "x0.0 = y1.0",
      "x1.0 = y1.1",
    ]),
  );
});

test("hidden_size follows a cut of the hidden units, not of the input", () => {
  expect(cutTexts(rnn, plain("RNN", 1), { "x2.2": [0, 2] })).toEqual(["RNN(x0, x1, x2, x3, hidden_size=2) -> y0"]);
  expect(cutTexts(rnn, plain("RNN", 1), { "x0.2": [0, 2] })).toBeUndefined();
});

test("every step multiplies W and R once", () => {
  const op = opContext(bidirectional);
  expect(lstm.macs!({ node: op.node, in: op.in.map((v) => v?.dims), out: [] })).toBe(7 * 2 * (2 * 12 * 5 + 2 * 12 * 3));
});

test("a unit without weights stays zero when it starts at zero", () => {
  const w = [undefined, true, true, true, undefined];
  for (const [handler, gates] of [
    [lstm, 4],
    [gru, 3],
    [rnn, 1],
  ] as const) {
    const op = opContext(plain(handler.type, gates));
    expect(handler.zero!(w, op)).toBe(true);
    expect(handler.zero!([undefined, true, true, false], op)).toBe(false);
    expect(handler.zero!([true, undefined, undefined, undefined], op)).toBe(false);
  }
  const states = opContext(bidirectional);
  expect(lstm.zero!([...w, true, true, true], states)).toBe(true);
  expect(lstm.zero!([...w, true, false, true], states)).toBe(false);
  // The initial hidden state of an LSTM only enters through R, whose columns are zero.
  expect(lstm.zero!([...w, false, true, true], states)).toBe(true);
  const gruStates = opContext({ ...plain("GRU", 3), in: [...plain("GRU", 3).in, undefined, [1, 2, 3]] });
  expect(gru.zero!([...w, true], gruStates)).toBe(true);
  expect(gru.zero!([...w, false], gruStates)).toBe(false);
});

test("activations decide what becomes of zero", () => {
  const zero = (handler: typeof lstm, gates: number, value: readonly string[]): boolean =>
    handler.zero!(
      [undefined, true, true, true],
      opContext({ ...plain(handler.type, gates), attributes: { activations: { type: "strings", value } } }),
    );
  expect(zero(rnn, 1, ["Relu"])).toBe(true);
  expect(zero(rnn, 1, ["Relu", "Sigmoid"])).toBe(false);
  expect(zero(lstm, 4, ["HardSigmoid", "Relu", "Tanh"])).toBe(true);
  expect(zero(lstm, 4, ["Sigmoid", "Sigmoid", "Tanh"])).toBe(false);
  expect(zero(lstm, 4, ["Sigmoid", "Tanh", "Tanh", "Sigmoid", "Tanh", "Affine"])).toBe(false);
  expect(zero(gru, 3, ["Sigmoid", "Softplus"])).toBe(false);
});
