import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { main } from "./main.ts";
import { KINDS, scaffold } from "./scaffold.ts";

// That what is made passes its own tests is checked with packed packages, by `pnpm check tarballs`.

const root = mkdtempSync(join(tmpdir(), "create-prune-plugin-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const versions = { "@prune/core": "^1.2.3", "@prune/backend-onnx": "^1.2.3", "onnxruntime-node": "1", typescript: "6", "@types/node": "20" }; // prettier-ignore

function textsIn(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => `${name}\n${name.includes(".") ? readFileSync(join(folder, name), "utf8") : ""}`)
    .join("\n");
}

test.each(KINDS)("a %s goes by its name everywhere", (kind) => {
  const folder = join(root, kind);
  scaffold({ folder, name: "@me/slow-burn", kind, versions });
  expect(readdirSync(join(folder, "src")).toSorted()).toEqual(["index.ts", "slow-burn.test.ts", "slow-burn.ts"]);
  expect(existsSync(join(folder, ".gitignore"))).toBe(true);
  expect(textsIn(folder)).not.toMatch(/my-?(thing|package)|_gitignore/i);
  expect(readFileSync(join(folder, "src/index.ts"), "utf8")).toContain('name: "@me/slow-burn"');
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name: string; dependencies: object; devDependencies: object }; // prettier-ignore
  expect(manifest).toMatchObject({ name: "@me/slow-burn", dependencies: { "@prune/core": "^1.2.3" } });
  expect(Object.hasOwn(manifest.devDependencies, "onnxruntime-node")).toBe(kind === "operator");
});

test.each(["Slow", "slow_burn", "../slow", "a b", "-slow", "slow-", "2slow"])("%s is no name", (name) => {
  expect(() => scaffold({ folder: join(root, "odd"), name, kind: "scorer", versions })).toThrow(
    `NAME is a package's: lower case, with dashes between words; got "${name}".`,
  );
  expect(existsSync(join(root, "odd"))).toBe(false);
});

test("a folder that holds something is left alone", () => {
  writeFileSync(join(root, "note.txt"), "mine");
  expect(() => scaffold({ folder: root, name: "mine", kind: "scorer", versions })).toThrow(
    "is there already, and not empty",
  );
});

test("wrong usage is exit code 2, with what there is", () => {
  const errors = vi.spyOn(console, "error").mockImplementation(() => undefined);
  for (const [argv, message] of [
    [[], "Give one NAME"],
    [["a", "b"], "Give one NAME"],
    [["a", "--kind", "layer"], '--kind is one of scorer, pruner, operator; got "layer".'],
    [["a", "--king", "scorer"], "--king"],
  ] as const) {
    errors.mockClear();
    expect(main(argv)).toBe(2);
    expect(errors.mock.calls.flat().join("\n")).toContain(message);
    expect(errors.mock.calls.flat().join("\n")).toContain("Usage: npm create prune-plugin NAME");
  }
  let printed = "";
  expect(main(["--help"], (text) => (printed = text))).toBe(0);
  expect(printed).toContain("Usage:");
  errors.mockRestore();
});
