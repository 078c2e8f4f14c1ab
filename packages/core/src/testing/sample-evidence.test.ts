import { describe, expect, test } from "vitest";
import { sampleEvidence } from "./sample-evidence.ts";
import { denseLayers } from "./dense-layers.ts";

const rows = [[1, 2, 3], [4, 5, 6]]; // prettier-ignore
const kinds = ["activations", "samples", "hessian", "gradients"] as const;

test("is the same every time, and other for every index", async () => {
  const { analysis, first } = await denseLayers(rows);
  const read = () => sampleEvidence(analysis, kinds).get("samples").of(first.input);
  expect(read()).toEqual(read());
  const { samples, values } = read();
  const columns = [0, 1, 2].map((i) => values.filter((_, at) => at % 3 === i).join());
  expect([samples, new Set(columns).size]).toEqual([16, 3]);
});

test("has zeros, and statistics that are those of its samples", async () => {
  const { analysis, second } = await denseLayers(rows, [[1, 2]]);
  const evidence = sampleEvidence(analysis, kinds);
  const { values } = evidence.get("samples").of(second!.input);
  const { mean, meanSquare, zeroFraction } = evidence.get("activations").of(second!.input);
  const own = values.filter((_, at) => at % 2 === 1);
  expect(mean[1]).toBeCloseTo(own.reduce((a, b) => a + b) / 16, 6);
  expect(zeroFraction[1]).toBe(own.filter((y) => y === 0).length / 16);
  expect(zeroFraction[0]! + zeroFraction[1]!).toBeGreaterThan(0);
  const moments = await evidence.get("hessian").of(second!);
  expect([moments!.blocks[0]![0], moments!.blocks[0]![3]]).toEqual([...meanSquare]);
});

describe("follows units that change places", () => {
  const order = [1, 0];
  const build = async () => {
    const { analysis, group, first, second } = await denseLayers(rows, [[1, 2]]);
    return { first, second: second!, at: sampleEvidence(analysis, kinds), to: sampleEvidence(analysis, kinds, { group, order }) }; // prettier-ignore
  };

  test("in what layers read and yield", async () => {
    const { second, at, to } = await build();
    const statistics = [at, to].map((e) => [...e.get("activations").of(second.input).meanAbs]);
    expect(statistics[1]).toEqual(statistics[0]!.toReversed());
    const [[a, b, c, d], moved] = await Promise.all([at, to].map(async (e) => [...(await e.get("hessian").of(second))!.blocks[0]!])) as [number[], number[]]; // prettier-ignore
    expect(moved).toEqual([d, c, b, a]);
  });

  test("in gradients of weights", async () => {
    const { at, to } = await build();
    const [g, moved] = [at, to].map((e) => [...e.get("gradients").mean("out")!]) as [number[], number[]];
    expect(moved).toEqual([...g.slice(3), ...g.slice(0, 3)]);
  });

  test("in gates on units", async () => {
    const { analysis, group, second } = await denseLayers(rows, [[1, 2]]);
    const [at, to] = [undefined, { group, order }].map(
      (m) => sampleEvidence(analysis, kinds, m).get("gradients").gates,
    );
    expect([...to!(group, second!.input)!.meanAbs]).toEqual([...at!(group, second!.input)!.meanAbs].toReversed());
    expect(at!(group, second!.output)).toBeUndefined();
  });

  test("and leaves the rest where it was", async () => {
    const { first, at, to } = await build();
    expect(to.get("samples").of(first.input)).toEqual(at.get("samples").of(first.input));
  });
});

test("only what was asked for is there", async () => {
  const { analysis } = await denseLayers(rows);
  expect(() => sampleEvidence(analysis, ["samples"]).get("activations")).toThrow('"activations" was not gathered');
});
