import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { checkPlugin } from "@prune/core";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/command.ts";
import { BUILT_INS, builtIns } from "./built-ins.ts";
import { loadPlugin } from "./plugins.ts";

const at = temporaryFolder();

function file(name: string, text: string): string {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
  return at(name);
}

/** A module that exports a plug-in, written down as JavaScript. */
const plugin = (fields: string): string => `export const plugin = { contract: 1, ${fields} };`;
const scorer = (name: string, more = ""): string =>
  `${name}: { summary: "for a test", ${more} make: (o) => ({ name: "${name}", needs: [], score: (group) => Float32Array.from({ length: group.size }, (_, i) => (o.top ?? 1) - i) }) }`;

const FIRST = plugin(`
  name: "the-first",
  scorers: { ${scorer("first", `options: { top: { type: "number", default: 1 } },`)} },
  pruners: { none: { summary: "nothing", takes: ["scorer"], make: () => ({ name: "none", decide: async () => ({}) }) } },
  operators: [{ type: "Foo", domain: "my", links: () => [] }, { type: "Bar", domain: "my", macs: () => 1 }],
`);

test("what the toolkit brings keeps to the contract itself", () => {
  expect(BUILT_INS.map((built) => [built.name, checkPlugin(built)])).toEqual(BUILT_INS.map(({ name }) => [name, []]));
});

test("registers what a file's plug-in offers, with options that are checked", async () => {
  const registry = builtIns();
  await loadPlugin(registry, file("first.mjs", FIRST));
  const first = await registry.scorer("first:top=5");
  expect(await first.score!({ size: 2 } as never, {} as never)).toEqual(new Float32Array([5, 4]));
  await expect(registry.scorer("first:top=high")).rejects.toThrow(
    'Option "top" of "first" must be a number, got high.',
  );
  await expect(registry.scorer("first:bottom=1")).rejects.toThrow('"first" has no option "bottom". It has: top.');
  expect((await registry.pruner("none", {})).name).toBe("none");
  expect(registry.takes("none")).toEqual(["scorer"]);
  expect(registry.operators.map((o) => o.type)).toEqual(["Foo", "Bar"]);
});

test("takes a plug-in that is there already, as a configuration has it", async () => {
  const registry = builtIns();
  const make = () => ({ name: "mine", needs: [], score: () => new Float32Array() });
  await loadPlugin(registry, { name: "inline", contract: 1, scorers: { mine: { summary: "mine", make } } });
  expect((await registry.scorer("mine")).name).toBe("mine");
  await expect(loadPlugin(registry, { name: "odd", contract: 1 })).rejects.toThrow(
    "Plug-in odd (the configuration): offers nothing.",
  );
});

test("refuses a plug-in that is named twice, or that calls something as another does", async () => {
  const registry = builtIns();
  await loadPlugin(registry, file("again.mjs", FIRST));
  await expect(loadPlugin(registry, at("again.mjs"))).rejects.toThrow(
    `Plug-in the-first is there twice: from ${at("again.mjs")} and from ${at("again.mjs")}. Name it once.`,
  );
  const l2 = file("l2.mjs", plugin(`name: "mine", scorers: { ${scorer("l2")} }`));
  await expect(loadPlugin(registry, l2)).rejects.toThrow(
    `Two plug-ins bring the scorer "l2": @prune/scorer-magnitude and mine (${l2}). Leave one of them out.`,
  );
  const foo = file("foo.mjs", plugin(`name: "foo", operators: [{ type: "Foo", domain: "my" }]`));
  await expect(loadPlugin(registry, foo)).rejects.toThrow(
    `Two plug-ins bring the operator "my.Foo-1": the-first (${at("again.mjs")}) and foo (${foo}).`,
  );
  const reader = `{ summary: "zip", extensions: [".npz"], make: () => ({ name: "zip", read: async () => ({}) }) }`;
  const zip = file("zip.mjs", plugin(`name: "zip", readers: { zip: ${reader} }`));
  await expect(loadPlugin(registry, zip)).rejects.toThrow(
    `Two plug-ins bring the reader of files ".npz": @prune/cli and zip (${zip}).`,
  );
});

test("finds packages from the folder that the command runs in, also those for import alone", async () => {
  file("node_modules/plug-main/package.json", JSON.stringify({ name: "plug-main", main: "main.cjs" }));
  file(
    "node_modules/plug-main/main.cjs",
    plugin(`name: "plug-main", scorers: { ${scorer("m")} }`).replace("export const plugin", "exports.plugin"),
  );
  const exports = { ".": { types: "./x.d.ts", import: { node: "./esm.js" } } };
  file("node_modules/@me/esm/package.json", JSON.stringify({ name: "@me/esm", type: "module", exports }));
  file(
    "node_modules/@me/esm/esm.js",
    plugin(`name: "@me/esm", scorers: { ${scorer("e")} }`).replace("const plugin =", "default"),
  );
  const registry = builtIns();
  await loadPlugin(registry, "plug-main", at("."));
  await loadPlugin(registry, "@me/esm", at("."));
  file("first.mjs", FIRST);
  await loadPlugin(registry, "./first.mjs", at("."));
  expect((await registry.scorer("m")).name + (await registry.scorer("e")).name).toBe("me");
});

test("says what is wrong with a plug-in that is not there, or breaks when it is loaded", async () => {
  const registry = builtIns();
  await expect(loadPlugin(registry, "no-such-plugin", at("."))).rejects.toThrow(
    /^Plug-in no-such-plugin cannot be loaded: .*no-such-plugin.* Install it where you run prune, or give its path\.$/,
  );
  const broken = file("broken.mjs", `throw new Error("out of order");`);
  await expect(loadPlugin(registry, broken)).rejects.toThrow(`Plug-in ${broken} cannot be loaded: out of order.`);
});

const L = scorer("x");
test.each([
  [`export const x = 1;`, 'must export its plug-in under the name "plugin", made with definePlugin; it exports x'],
  [`export const plugin = 7;`, "must be an object { name, contract, … }, got number"],
  [`export const plugin = [];`, "must be an object { name, contract, … }, got object"],
  [`export const plugin = { contract: 1 };`, "has no name"],
  [`export const plugin = { name: "p", scorers: { ${L} } };`, "has no contract; say contract: 1"],
  [
    `export const plugin = { name: "p", contract: 2, scorers: { ${L} } };`,
    "was written for contract 2, and this version of @prune/core has contract 1: update @prune/*",
  ],
  [
    `export const plugin = { name: "p", contract: 0, scorers: { ${L} } };`,
    "was written for contract 0, and this version of @prune/core has contract 1: update the plug-in",
  ],
  [plugin(`name: "p"`), "offers nothing"],
  [
    plugin(`name: "p", scorer: { ${L} }`),
    'has "scorer", which nothing reads; it may have scorers, pruners, recovery, evidence, losses, metrics, readers, operators',
  ],
  [plugin(`name: "p", scorers: { x: () => 1 }`), 'scorer "x" must be { summary, make, … }'],
  [plugin(`name: "p", scorers: { x: { make: () => 1 } }`), 'scorer "x" has no summary'],
  [plugin(`name: "p", scorers: { "x y": 1 }`), 'scorer "x y" has no name that a command line could take'],
  [
    plugin(`name: "p", scorers: { ${scorer("x", "options: { k: {} },")} }`),
    'scorer "x": option "k" must have a type: integer, number, boolean, string',
  ],
  [
    plugin(`name: "p", scorers: { ${scorer("x", `options: { k: { type: "integer", minimum: 2, default: 1 } },`)} }`),
    'scorer "x": option "k" has the default 1, but must be a whole number from 2',
  ],
  [plugin(`name: "p", operators: {}`), "operators must be a list of rules { type, links, … }"],
  [
    plugin(`name: "p", readers: { r: { summary: "r", make: () => 1 } }`),
    'reader "r": extensions must be a list of endings in lower case, such as ".csv"',
  ],
  [
    plugin(`name: "p", pruners: { r: { summary: "r", takes: ["sparsity", "speed"], make: () => 1 } }`),
    'type "r" takes "speed"; flags that a type can take are target, sparsity,',
  ],
])("%s", async (text, problem) => {
  // A module is loaded once: each needs a name of its own.
  const path = file(`wrong/${problem.replaceAll(/\W/g, "-")}.mjs`, text);
  await expect(loadPlugin(builtIns(), path)).rejects.toThrow(problem);
});

test.each([
  ["scorer", "scorers", `({ name: "x", needs: [] })`, "without { name, needs, score | scoreMember | scoreWeights }"],
  ["scorer", "scorers", `({ name: "y", needs: [], score() {} })`, 'calls itself "y"'],
  ["scorer", "scorers", `undefined`, "without { name, needs, score | scoreMember | scoreWeights }"],
  ["pruner", "pruners", `({ name: "x" })`, "without { name, decide }"],
  ["recovery step", "recovery", `({ name: "x" })`, "without { name, recover }"],
  ["loss", "losses", `({ name: "x" })`, "without { name, build }"],
  ["metric", "metrics", `({ name: "x" })`, "without { name, measure }"],
])("a %s that is none once it is made is refused by name", async (what, section, made, problem) => {
  const name = `made-${section}-${problem.length}.mjs`;
  const path = file(name, plugin(`name: "p", ${section}: { x: { summary: "x", make: () => ${made} } }`));
  const registry = builtIns();
  await loadPlugin(registry, path);
  const make = { scorers: registry.scorer, pruners: (name: string) => registry.pruner(name, {}), recovery: registry.recovery, losses: registry.loss, metrics: registry.metric }[section]!; // prettier-ignore
  await expect(make("x")).rejects.toThrow(`Plug-in p (${path}): ${what} "x" `);
  await expect(make("x")).rejects.toThrow(problem);
});
