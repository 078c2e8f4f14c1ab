import {
  link,
  mkdtemp,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  unlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { float32Tensor, type Graph, nodeOf, toFloat32 } from "@prune/core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type FileSystem, loadOnnx, saveOnnx } from "../src/node/index.ts";

// Saving is all or nothing, whichever step of it fails; weights beside the model come from its own folder alone.

const values = Float32Array.from({ length: 600 }, (_, i) => i / 7);
const graph: Graph = {
  name: "g",
  nodes: [nodeOf("Add", ["x", "w"], ["y"])],
  inputs: [{ name: "x", dtype: "float32", dims: ["n", 600] }],
  outputs: [{ name: "y", dtype: "float32", dims: ["n", 600] }],
  parameters: new Map([["w", float32Tensor("w", values)]]),
  opsets: new Map([["", 17]]),
};

let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "saving-"));
});
afterEach(() => rm(folder, { recursive: true }));

const disk: FileSystem = { open, rename, link, unlink, realpath, stat };
const full = (): never => {
  throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
};
type Handle = Awaited<ReturnType<FileSystem["open"]>>;
/** Files whose handles are other than the machine's. */
const withHandles = (change: (handle: Handle) => Partial<Handle>): FileSystem => ({
  ...disk,
  open: async (...args) => {
    const handle = await open(...args);
    const own: Handle = {
      writev: (views) => handle.writev(views),
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
    return { ...own, ...change(own) };
  },
});

/** Every step of saving two files, failing at the n-th time it is taken. */
const failures: Record<string, (n: number) => FileSystem> = {
  "a disk that is full while it writes": (n) => {
    let calls = 0;
    return withHandles((handle) => ({ writev: (views) => (++calls >= n ? full() : handle.writev(views)) }));
  },
  "a disk that is full when it flushes": (n) => {
    let calls = 0;
    return withHandles((handle) => ({ sync: () => (++calls >= n ? full() : handle.sync()) }));
  },
  "a file that cannot be made": (n) => {
    let calls = 0;
    return { ...disk, open: (...args) => (++calls >= n ? full() : open(...args)) };
  },
  "a file that cannot be put in place": (n) => {
    let calls = 0;
    return { ...disk, rename: (from, to) => (++calls === n ? full() : rename(from, to)) };
  },
};

describe.each(Object.entries(failures))("%s", (_, failing) => {
  test.each([1, 2])("at file %i leaves the old files as they were, or none", async (n) => {
    const save = (): Promise<void> => saveOnnx({ graph }, at("model.onnx"), { externalData: true, fs: failing(n) });
    await expect(save()).rejects.toMatchObject({
      code: "io-failed",
      message: expect.stringMatching(/model\.onnx(\.data)?: cannot be written: ENOSPC.*/) as string,
    });
    expect(await readdir(folder)).toEqual([]);
    await writeFile(at("model.onnx"), "old");
    await writeFile(at("model.onnx.data"), "old data");
    await expect(save()).rejects.toMatchObject({ code: "io-failed" });
    expect((await readdir(folder)).toSorted()).toEqual(["model.onnx", "model.onnx.data"]);
    expect(await readFile(at("model.onnx"), "utf8")).toBe("old");
    expect(await readFile(at("model.onnx.data"), "utf8")).toBe("old data");
  });
});

test("a system that writes a few bytes at a time writes all of them", async () => {
  const slow = withHandles((handle) => ({ writev: ([view]) => handle.writev([view!.subarray(0, 7)]) }));
  await saveOnnx({ graph }, at("slow.onnx"), { fs: slow });
  await saveOnnx({ graph }, at("fast.onnx"));
  expect(await readFile(at("slow.onnx"))).toEqual(await readFile(at("fast.onnx")));
});

describe("weights beside the model", () => {
  const load = async (): Promise<Float32Array> =>
    toFloat32((await loadOnnx(at("model.onnx"))).graph.parameters.get("w")!);

  test("are read back", async () => {
    await saveOnnx({ graph }, at("model.onnx"), { externalData: true });
    expect((await readdir(folder)).toSorted()).toEqual(["model.onnx", "model.onnx.data"]);
    expect(await load()).toEqual(values);
  });

  test.each<[string, () => Promise<void>, RegExp]>([
    ["that are missing", () => rm(at("model.onnx.data")), /should be in "model\.onnx\.data" beside the model/],
    ["that end too early", () => truncate(at("model.onnx.data"), 100), /"model\.onnx\.data"/],
    [
      "that a link takes from elsewhere",
      async () => {
        const elsewhere = await mkdtemp(join(tmpdir(), "elsewhere-"));
        await writeFile(join(elsewhere, "secret"), new Uint8Array(2400));
        await rm(at("model.onnx.data"));
        await symlink(join(elsewhere, "secret"), at("model.onnx.data"));
      },
      /outside|folder/,
    ],
  ])("%s are an error", async (_, damage, message) => {
    await saveOnnx({ graph }, at("model.onnx"), { externalData: true });
    await damage();
    await expect(load()).rejects.toMatchObject({
      code: "bad-model",
      message: expect.stringMatching(message) as string,
    });
  });

  test.each(["../model.data", "/etc/passwd", "a/../../weight", "C:\\weights", "\\\\host\\weights"])(
    "at %s are an error",
    async (location) => {
      await saveOnnx({ graph }, at("model.onnx"), { externalData: true });
      const file = await readFile(at("model.onnx"), "latin1");
      // As long as the name that stands there, so that no length around it changes.
      const other = location.padEnd("model.onnx.data".length, "_");
      await writeFile(
        at("model.onnx"),
        file.replace("model.onnx.data", () => other),
        "latin1",
      );
      await expect(load()).rejects.toMatchObject({
        code: "bad-model",
        message: expect.stringContaining(JSON.stringify(other).slice(1, -1).replaceAll("\\\\", "\\")) as string,
      });
    },
  );
});
