import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { temporaryFolder } from "../../test/command.ts";
import { stageFiles } from "./stage-files.ts";

const at = temporaryFolder();

beforeEach(() => {
  rmSync(at("d"), { recursive: true, force: true });
  mkdirSync(at("d"));
});

test("nothing is in place before the commit, everything after it", async () => {
  writeFileSync(at("d/a"), "old");
  const staged = await stageFiles([
    { path: at("d/a"), data: "new" },
    { path: at("d/b"), data: "b" },
  ]);
  expect(readFileSync(at("d/a"), "utf8")).toBe("old");
  expect(existsSync(at("d/b"))).toBe(false);
  staged.commit();
  expect(readFileSync(at("d/a"), "utf8")).toBe("new");
  expect(readdirSync(at("d")).sort()).toEqual(["a", "b"]);
});

test("what is discarded leaves nothing behind", async () => {
  const before = process.listenerCount("exit");
  const staged = await stageFiles([{ path: at("d/a"), data: "new" }]);
  expect(readdirSync(at("d"))).toHaveLength(1);
  staged.discard();
  expect(readdirSync(at("d"))).toEqual([]);
  expect(process.listenerCount("exit")).toBe(before);
});

test("one that cannot be written takes the others with it", async () => {
  mkdirSync(at("d/folder"));
  const attempt = stageFiles([
    { path: at("d/a"), data: "a" },
    { path: at("d/folder"), data: "b" },
  ]);
  await expect(attempt).rejects.toMatchObject({
    code: "io-failed",
    message: `${at("d/folder")}: cannot be written: there is a folder of that name. Check the folder, its permissions and the space that is left.`,
  });
  expect(readdirSync(at("d"))).toEqual(["folder"]);
  await expect(stageFiles([{ path: at("d/none/a"), data: "a" }])).rejects.toMatchObject({ code: "io-failed" });
});

test("a link stays a link, and permissions stay", async () => {
  writeFileSync(at("d/real"), "old");
  chmodSync(at("d/real"), 0o600);
  symlinkSync(at("d/real"), at("d/link"));
  (await stageFiles([{ path: at("d/link"), data: "new" }])).commit();
  expect(readFileSync(at("d/real"), "utf8")).toBe("new");
  expect(statSync(at("d/real")).mode & 0o777).toBe(0o600);
  expect(readdirSync(at("d")).sort()).toEqual(["link", "real"]);
});
