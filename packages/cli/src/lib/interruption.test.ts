import { expect, test } from "vitest";
import { Interruption } from "./interruption.ts";

test("the first one is for the work under way, the second for nobody", () => {
  const heard: string[] = [];
  const interruption = new Interruption();
  interruption.begin(() => heard.push("stop"));
  expect(interruption.raise()).toBe(true);
  expect([interruption.signal.aborted, heard]).toEqual([true, ["stop"]]);
  expect(interruption.raise()).toBe(false);
  expect(heard).toEqual(["stop"]);
});

test("before and after such work nobody hears it", () => {
  const interruption = new Interruption();
  expect(interruption.raise()).toBe(false);
  interruption.begin(() => expect.unreachable());
  interruption.end();
  expect(interruption.raise()).toBe(false);
  expect(interruption.signal.aborted).toBe(false);
});
