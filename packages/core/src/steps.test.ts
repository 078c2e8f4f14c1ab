import { expect, test } from "vitest";
import type { RunTensor, Session } from "./model.ts";
import { stepsOf } from "./steps.ts";

const scalar = (value: number): RunTensor => ({ dtype: "float32", dims: [], data: Float32Array.of(value) });

test("a session that cannot keep values is fed its own outputs", async () => {
  // next = state + x, and double = 2 · state.
  const session: Session = {
    run: ({ state, x }) => {
      const [s, d] = [Number(state!.data[0]), Number(x!.data[0])];
      return Promise.resolve({ next: scalar(s + d), double: scalar(2 * s) });
    },
    release: () => Promise.resolve(),
  };
  const steps = await stepsOf(session, { state: scalar(1) }, { state: "next" });
  const first = await steps.run({ x: scalar(10) }, ["double"]);
  const second = await steps.run({ x: scalar(100) }, ["double"]);
  expect([first["double"]!.data[0], second["double"]!.data[0]]).toEqual([2, 22]);
  expect(Object.keys(second)).toEqual(["double"]);
  expect((await steps.state())["state"]!.data[0]).toBe(111);
});
