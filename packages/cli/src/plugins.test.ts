import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../test/command.ts";
import { builtIns } from "./built-ins.ts";
import { loadPlugin, operatorsFor } from "./plugins.ts";

const at = temporaryFolder();

function file(name: string, text: string): string {
  mkdirSync(dirname(at(name)), { recursive: true });
  writeFileSync(at(name), text);
  return at(name);
}

const FIRST = `
  export function first({ top = 1 } = {}) { return { name: "first", needs: [], score: (group) => Float32Array.from({ length: group.size }, (_, i) => top - i) }; }
  export const none = () => ({ name: "none", decide: async () => new Map() });
  export const foo = { type: "Foo", domain: "my", links: () => [] };
  export const bar = () => ({ type: "Bar", domain: "my", macs: () => 1 });
  export const VERSION = "1";
  export function helper() { throw new Error("not for you"); }
  export class Tool {}
`;

test("registers the scorers, pruners and operators that a file exports, and leaves the rest alone", async () => {
  const registry = builtIns();
  await loadPlugin(registry, file("first.mjs", FIRST));
  const scorer = await registry.scorer("first:top=5");
  expect(await scorer.score!({ size: 2 } as never, {} as never)).toEqual(new Float32Array([5, 4]));
  expect((await registry.pruner("none", {})).name).toBe("none");
  expect(registry.operators.map((o) => o.type)).toEqual(["Foo", "Bar"]);
  expect(await operatorsFor([at("first.mjs")])).toHaveLength(2);
});

test("refuses a plugin that is named twice, or that calls itself as a built-in does", async () => {
  const registry = builtIns();
  await loadPlugin(registry, file("again.mjs", FIRST));
  await expect(loadPlugin(registry, at("again.mjs"))).rejects.toThrow('Two scorers are called "first"');
  const l2 = file("l2.mjs", `export const l2 = () => ({ name: "l2", needs: [], score: () => [] });`);
  await expect(loadPlugin(registry, l2)).rejects.toThrow(
    `Two scorers are called "l2": one from @prune/scorer-magnitude, one from ${l2}.`,
  );
});

test("finds packages from the folder that the command runs in, also those for import alone", async () => {
  file("node_modules/plug-main/package.json", JSON.stringify({ name: "plug-main", main: "main.cjs" }));
  file("node_modules/plug-main/main.cjs", `exports.m = () => ({ name: "m", needs: [], score: () => [] });`);
  const exports = { ".": { types: "./x.d.ts", import: { node: "./esm.js" } } };
  file("node_modules/@me/esm/package.json", JSON.stringify({ name: "@me/esm", type: "module", exports }));
  file("node_modules/@me/esm/esm.js", `export const e = () => ({ name: "e", needs: [], score: () => [] });`);
  const registry = builtIns();
  await loadPlugin(registry, "plug-main", at("."));
  await loadPlugin(registry, "@me/esm", at("."));
  await loadPlugin(registry, "./first.mjs", at("."));
  expect((await registry.scorer("m")).name + (await registry.scorer("e")).name).toBe("me");
});

test("says what is wrong with a plugin that is not there, is broken or offers nothing", async () => {
  const registry = builtIns();
  await expect(loadPlugin(registry, "no-such-plugin", at("."))).rejects.toThrow(
    /^Plugin no-such-plugin cannot be loaded: .*no-such-plugin.* Install it where you run prune, or give its path\.$/,
  );
  const broken = file("broken.mjs", `throw new Error("out of order");`);
  await expect(loadPlugin(registry, broken)).rejects.toThrow(`Plugin ${broken} cannot be loaded: out of order.`);
  const empty = file("empty.mjs", `export const x = 1; export const f = () => ({ name: "f" });`);
  await expect(loadPlugin(registry, empty)).rejects.toThrow(`Plugin ${empty} offers nothing`);
});
