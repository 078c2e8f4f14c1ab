import { scoringWith } from "@prune/core";
import { analyzeNetwork, sampleEvidence, sampleNetworks } from "@prune/core/testing";
import { expect, test } from "vitest";
import { builtIns } from "./built-ins.ts";
import { createRegistry, parseSpec } from "./registry.ts";

const scorer = (name: string) => ({ name, needs: [], score: () => new Float32Array() });

test("a name with options is split", () => {
  expect(parseSpec("l2")).toEqual(["l2", {}]);
  expect(parseSpec("a:k=1,on=true,to=x=y,e=1e-3")).toEqual(["a", { k: 1, on: true, to: "x=y", e: 1e-3 }]);
});

test.each(["a:", "a:k", "a:k=", "a:k=1,", "a:k=1,k=2", "a:=1"])("%s is refused", (spec) => {
  expect(() => parseSpec(spec)).toThrow(`Options after a colon are written k=v,k=v; got "${spec}".`);
});

test("no name is taken twice", () => {
  const registry = createRegistry();
  const scorers = { a: { summary: "a", make: () => scorer("a") } };
  registry.use({ name: "one", contract: 1, scorers, operators: [{ type: "Foo", domain: "my" }] });
  expect(() => registry.use({ name: "two", contract: 1, scorers })).toThrow(
    'Two plug-ins bring the scorer "a": one and two. Leave one of them out.',
  );
  registry.use({ name: "three", contract: 1, operators: [{ type: "Foo", domain: "my", since: 2 }] });
  expect(() =>
    registry.use({ name: "four", contract: 1, operators: [{ type: "Foo", domain: "my", since: 2 }] }),
  ).toThrow('Two plug-ins bring the operator "my.Foo-2": three and four.');
});

test("the defaults that are listed are those that apply", async () => {
  const registry = builtIns();
  const [sample] = sampleNetworks();
  const analysis = await analyzeNetwork(sample!.network, sample!.outputs);
  const group = analysis.groups.find((g) => !g.blocked)!;
  const scores = async (spec: string): Promise<Float32Array> => {
    const made = await registry.scorer(spec);
    const context = { analysis, seed: 0, evidence: sampleEvidence(analysis, made.needs) };
    return scoringWith(made, context).group(group);
  };
  for (const { name, offer } of registry.installed("scorers")) {
    const defaults = Object.entries(offer.options ?? {}).flatMap(([key, schema]) =>
      schema.default === undefined ? [] : [`${key}=${String(schema.default)}`],
    );
    if (defaults.length) expect([name, await scores(`${name}:${defaults.join()}`)]).toEqual([name, await scores(name)]);
  }
});

test("an unknown name is answered with the known ones", async () => {
  const registry = builtIns();
  await expect(registry.scorer("l3")).rejects.toThrow(
    'There is no scorer "l3". Known: l1, l2, absolute, relative, weight, bn-scale, lamp, fpgm, activation, contribution, wanda, ria, apoz, entropy, obd, obs, gradient, taylor, snip, grasp, fisher, synflow, random.',
  );
  await expect(registry.pruner("layers", {})).rejects.toThrow(
    'There is no type "layers". Known: neuron, connection, layer, vocabulary, weight.',
  );
  await expect(registry.scorer("__proto__")).rejects.toThrow('There is no scorer "__proto__".');
});

test("built-in scorers take the options they have, and no others", async () => {
  const registry = builtIns();
  const specs = [
    ...["l1", "l2", "absolute", "relative", "relative:over=group", "weight", "bn-scale", "lamp", "fpgm"],
    ...["activation", "contribution", "contribution:relative=output", "wanda", "ria", "ria:power=0.75", "apoz"],
    ...["entropy", "entropy:remove=highest,bins=32,range=channel", "random", "random:seed=3"],
  ];
  for (const spec of specs) {
    expect((await registry.scorer(spec)).name).toBe(parseSpec(spec)[0]);
  }
  await expect(registry.scorer("l2:p=1")).rejects.toThrow('"l2" has no option "p". It takes no options.');
  await expect(registry.scorer("random:toString=1")).rejects.toThrow(
    '"random" has no option "toString". It has: seed.',
  );
  await expect(registry.scorer("random:seed=x")).rejects.toThrow(
    'Option "seed" of "random" must be a whole number from 0, got x.',
  );
  await expect(registry.scorer("relative:over=all")).rejects.toThrow(
    'Option "over" of "relative" must be one of layer, output, group, got all.',
  );
  await expect(registry.scorer("entropy:bins=1")).rejects.toThrow(
    'Option "bins" of "entropy" must be a whole number from 2, got 1.',
  );
  await expect(registry.scorer("ria:power=-1")).rejects.toThrow(
    'Option "power" of "ria" must be a number from 0, got -1.',
  );
  await expect(registry.scorer("contribution:relative=1")).rejects.toThrow(
    'Option "relative" of "contribution" must be one of layer, output, got 1.',
  );
});
