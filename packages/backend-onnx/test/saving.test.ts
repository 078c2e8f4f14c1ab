import {
  chmod,
  copyFile,
  mkdir,
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
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { type FileSystem, loadOnnx, saveOnnx, type SaveOptions } from "../src/node/index.ts";

// Saving is all or nothing, whichever step of it fails or is the last; weights beside the model come from its own folder
// alone.

const values = Float32Array.from({ length: 600 }, (_, i) => i / 7);
/** Adds weights to its input. */
const graphOf = (weights: Float32Array): Graph => ({
  name: "g",
  nodes: [nodeOf("Add", ["x", "w"], ["y"])],
  inputs: [{ name: "x", dtype: "float32", dims: ["n", 600] }],
  outputs: [{ name: "y", dtype: "float32", dims: ["n", 600] }],
  parameters: new Map([["w", float32Tensor("w", weights)]]),
  opsets: new Map([["", 17]]),
});
const graph = graphOf(values);
const earlier = graphOf(values.map((v) => -v));

let folder: string;
const at = (...parts: string[]): string => join(folder, ...parts);
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "saving-"));
});
afterEach(() => rm(folder, { recursive: true }));

const disk: FileSystem = { open, rename, unlink, realpath, stat };
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

type Steps = FileSystem & Handle;
/** Asks before every call of a file system which one it is; half of a write is done before the answer counts. */
function asking(ask: (call: keyof Steps) => void | Promise<void>, opened: Handle[] = []): FileSystem {
  const asked =
    <A extends unknown[], R>(call: keyof Steps, real: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      await ask(call);
      return real(...args);
    };
  return {
    open: asked("open", async (...args: Parameters<FileSystem["open"]>) => {
      const handle = await open(...args);
      opened.push(handle);
      return {
        async writev(views: readonly Uint8Array[]) {
          const half = await handle.writev([views[0]!.subarray(0, Math.ceil(views[0]!.length / 2))]);
          await ask("writev");
          return half;
        },
        sync: asked("sync", () => handle.sync()),
        close: asked("close", () => handle.close()),
      };
    }),
    rename: asked("rename", rename),
    unlink: asked("unlink", unlink),
    realpath: asked("realpath", (path: string) => realpath(path)),
    stat: asked("stat", (path: string) => stat(path)),
  };
}

/** Saves until the given number of calls were made, and then never comes back, as if the process had been killed. */
async function killedAfter(limit: number, options: SaveOptions): Promise<readonly string[]> {
  const [calls, opened]: [string[], Handle[]] = [[], []];
  let die = (): void => undefined;
  const death = new Promise<void>((resolve) => (die = resolve));
  const fs = asking((call) => {
    if (calls.length < limit) return void calls.push(call);
    die();
    return new Promise(() => undefined);
  }, opened);
  await Promise.race([saveOnnx({ graph }, at("model.onnx"), { ...options, fs }), death]);
  for (const handle of opened) await handle.close();
  return calls;
}

/** Saves with the n-th call failing. @returns what was called */
async function failingAt(n: number, options: SaveOptions): Promise<readonly string[]> {
  const calls: string[] = [];
  const fs = asking((call) => {
    calls.push(call);
    if (calls.length === n) throw Object.assign(new Error(`EIO: i/o error, ${call}`), { code: "EIO" });
  });
  await saveOnnx({ graph }, at("model.onnx"), { ...options, fs });
  return calls;
}

/** What the model at the path computes: "earlier", "new", or else what it is. Nothing there: "none". */
async function state(): Promise<string> {
  if (!(await readdir(folder)).includes("model.onnx")) return "none";
  const session = await (await loadOnnx(at("model.onnx"))).runtime.open((await loadOnnx(at("model.onnx"))).graph);
  const { y } = await session.run({ x: { dtype: "float32", dims: [1, 600], data: new Float32Array(600) } });
  await session.release();
  const data = y!.data as Float32Array;
  if (data.every((v, i) => v === values[i])) return "new";
  return data.every((v, i) => v === -values[i]!) ? "earlier" : "damaged";
}

const apart = { externalData: true };
const before: readonly (readonly [string, SaveOptions | undefined])[] = [
  ["nothing", undefined],
  ["a model in one file", {}],
  ["a model in two files", apart],
];
const cases = before.flatMap(([what, options]) => [
  [what, "two files", options, apart] as const,
  [what, "one file", options, {}] as const,
]);

describe.each(cases)("over %s, saving %s", { timeout: 60_000 }, (_, __, earlierOptions, options) => {
  const start = async (): Promise<readonly string[]> => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder);
    if (earlierOptions) await saveOnnx({ graph: earlier }, at("model.onnx"), earlierOptions);
    return readdir(folder);
  };
  const untouched = earlierOptions ? "earlier" : "none";

  test("killed between any two steps, it leaves the earlier model in full, or the new one", async () => {
    const states: string[] = [];
    for (let limit = 0; ; limit++) {
      await start();
      const calls = await killedAfter(limit, options);
      states.push(await state());
      if (calls.length < limit) break; // it was through before
      // Whatever is left does not keep the next one from being saved, which computes what it should.
      await saveOnnx({ graph }, at("model.onnx"), options);
      expect(await state()).toBe("new");
    }
    const turn = states.indexOf("new");
    expect(states.slice(0, turn)).toEqual(states.slice(0, turn).map(() => untouched));
    expect(states.slice(turn)).toEqual(states.slice(turn).map(() => "new"));
    expect(turn).toBeGreaterThan(options === apart ? 13 : 6);
    const names = (await readdir(folder)).toSorted();
    expect(names).toEqual(options === apart ? [expect.stringMatching(/^model-[0-9a-f]{16}\.data$/), "model.onnx"] : ["model.onnx"]); // prettier-ignore
  });

  test("where any step fails, so that the earlier model is still there and nothing else; or the new one is in place", async () => {
    for (let n = 1; ; n++) {
      const names = await start();
      let calls: readonly string[] | undefined;
      const failure = await failingAt(n, options).then(
        (all) => void (calls = all),
        (error: unknown) => error,
      );
      const now = await state();
      if (calls && calls.length < n) break;
      // Not looking whether something is there, and not removing what is too much, is no failure.
      if (!failure) expect(["realpath", "stat", "unlink"]).toContain(calls!.at(n - 1));
      else
        expect(failure).toMatchObject({
          code: "io-failed",
          message: expect.stringMatching(
            /model\.onnx: cannot be written: EIO: i\/o error, \w+\. Check the disk/,
          ) as string,
        });
      if (failure && now !== "new") expect([now, await readdir(folder)]).toEqual([untouched, names]);
      else expect(now).toBe("new");
    }
  });
});

test("a system that writes a few bytes at a time writes all of them", async () => {
  const slow = withHandles((handle) => ({ writev: ([view]) => handle.writev([view!.subarray(0, 7)]) }));
  await saveOnnx({ graph }, at("slow.onnx"), { fs: slow });
  await saveOnnx({ graph }, at("fast.onnx"));
  expect(await readFile(at("slow.onnx"))).toEqual(await readFile(at("fast.onnx")));
});

describe("weights beside the model", () => {
  const save = (wanted: Graph = graph, name = "model.onnx"): Promise<void> =>
    saveOnnx({ graph: wanted }, at(name), apart);
  const load = async (): Promise<Float32Array> =>
    toFloat32((await loadOnnx(at("model.onnx"))).graph.parameters.get("w")!);
  /** The files of weights in the folder. */
  const dataFiles = async (): Promise<string[]> =>
    (await readdir(folder)).filter((name) => name.endsWith(".data")).toSorted();

  test("are read back, and called after what is in them", async () => {
    await save();
    const [name] = await dataFiles();
    expect(name).toMatch(/^model-[0-9a-f]{16}\.data$/);
    expect(await load()).toEqual(values);
    await save(graph, "again.onnx");
    await save(earlier, "other.onnx");
    const [again, , other] = await dataFiles();
    expect(again).toBe(name!.replace("model", "again"));
    expect(other!.slice("other".length)).not.toBe(name!.slice("model".length));
  });

  test("go with the model that named them, however it is replaced", async () => {
    await save(earlier);
    const [first] = await dataFiles();
    await save();
    const [second, ...more] = await dataFiles();
    expect([first === second, more]).toEqual([false, []]);
    await save();
    expect(await dataFiles()).toEqual([second]);
    await saveOnnx({ graph }, at("model.onnx"));
    expect(await readdir(folder)).toEqual(["model.onnx"]);
  });

  test("stay where another model in the folder names them", async () => {
    await save(earlier);
    await copyFile(at("model.onnx"), at("copy.onnx"));
    const [shared] = await dataFiles();
    await save();
    expect(await dataFiles()).toContain(shared);
    expect(toFloat32((await loadOnnx(at("copy.onnx"))).graph.parameters.get("w")!)).toEqual(values.map((v) => -v));
    await save(earlier); // nobody else's any more, but what the copy names
    expect(await dataFiles()).toEqual([shared]);
  });

  test("of others are never touched, whatever they are called", async () => {
    await save(earlier);
    const [own] = await dataFiles();
    const foreign = ["model.onnx.data", "model-0123456789abcdef.data", "model-x.data", `my${own!}`, "other-0123456789abcdef.data"]; // prettier-ignore
    for (const name of foreign) await writeFile(at(name), "mine");
    await save();
    for (const name of foreign) expect(await readFile(at(name), "utf8")).toBe("mine");
    expect(await dataFiles()).not.toContain(own);
  });

  test("stay where it cannot be told who names them", async () => {
    await save(earlier);
    const [own] = await dataFiles();
    await mkdir(at("folder.onnx"));
    await save();
    expect(await dataFiles()).toContain(own);
  });

  test("are as private as the model was", async () => {
    await save(earlier);
    await chmod(at("model.onnx"), 0o600);
    await save();
    for (const name of await readdir(folder)) expect((await stat(at(name))).mode & 0o777).toBe(0o600);
  });

  test("of a model behind a link lie beside the link, where they are looked for", async () => {
    await mkdir(at("real"));
    await writeFile(at("real", "model.onnx"), "");
    await symlink(at("real", "model.onnx"), at("model.onnx"));
    await save();
    expect(await readdir(at("real"))).toEqual(["model.onnx"]);
    expect(await load()).toEqual(values);
  });

  test("of a model that was replaced after it was loaded are an error", async () => {
    await save(earlier);
    const { graph: loaded } = await loadOnnx(at("model.onnx"));
    const [name] = await dataFiles();
    await save();
    expect(() => loaded.parameters.get("w")!.bytes()).toThrow(
      `${at(name!)}: was changed after the model was loaded. Load the model again.`,
    );
  });

  test.each<[string, (data: string) => Promise<void>, RegExp]>([
    ["that are missing", (data) => rm(data), /should be in "model-\w{16}\.data" beside the model/],
    ["that end too early", (data) => truncate(data, 100), /"model-\w{16}\.data"/],
    [
      "that a link takes from elsewhere",
      async (data) => {
        const elsewhere = await mkdtemp(join(tmpdir(), "elsewhere-"));
        onTestFinished(() => rm(elsewhere, { recursive: true }));
        await writeFile(join(elsewhere, "secret"), new Uint8Array(2400));
        await rm(data);
        await symlink(join(elsewhere, "secret"), data);
      },
      /outside|folder/,
    ],
  ])("%s are an error", async (_, damage, message) => {
    await save();
    await damage(at((await dataFiles())[0]!));
    await expect(load()).rejects.toMatchObject({
      code: "bad-model",
      message: expect.stringMatching(message) as string,
    });
  });

  test.each(["../model.data", "/etc/passwd", "a/../../weight", "C:\\weights", "\\\\host\\weights"])(
    "at %s are an error",
    async (location) => {
      await save();
      const file = await readFile(at("model.onnx"), "latin1");
      const [name] = await dataFiles();
      // As long as the name that stands there, so that no length around it changes.
      const other = location.padEnd(name!.length, "_");
      await writeFile(
        at("model.onnx"),
        file.replace(name!, () => other),
        "latin1",
      );
      await expect(load()).rejects.toMatchObject({
        code: "bad-model",
        message: expect.stringContaining(JSON.stringify(other).slice(1, -1).replaceAll("\\\\", "\\")) as string,
      });
    },
  );
});
