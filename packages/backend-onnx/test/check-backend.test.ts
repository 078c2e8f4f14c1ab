import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Graph, nodeOf, PruneError } from "@prune/core";
import { type Backend, checkBackend } from "@prune/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadOnnxBytes, onnxModel, onnxruntimeNode, ortRuntime, saveOnnx } from "../src/node/index.ts";
import { bytes, model, node, text } from "./wire-bytes.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "backend-"));
});
afterAll(() => rm(folder, { recursive: true }));

const runtime = ortRuntime(onnxruntimeNode);
const of = (graph: Graph): ReturnType<typeof onnxModel> =>
  onnxModel(graph, { runtime, save: (changed, path) => saveOnnx({ graph: changed }, path) });

/** A file with a field of ModelProto, of GraphProto and of NodeProto that no version of the format has, and metadata. */
const future = text(99, "from the future");
const sample = Uint8Array.from([
  ...model(
    node("Relu", ["x"], ["y"], future),
    future,
    bytes(11, text(1, "x"), bytes(2, bytes(1, [8, 1]))),
    bytes(12, text(1, "y"), bytes(2, bytes(1, [8, 1]))),
  ),
  ...future,
  ...bytes(14, text(1, "author"), text(2, "someone")),
]);

const backend = (): Backend => ({
  of,
  read: (file) => loadOnnxBytes(file, { ort: onnxruntimeNode }),
  folder: {
    path: (name) => join(folder, `${name}.onnx`),
    unwritable: join(folder, "nowhere", "model.onnx"),
    list: () => readdir(folder),
    read: (path) => readFile(path),
  },
  samples: [{ name: "fields of the future", bytes: sample, carried: Uint8Array.from(future) }],
});

test("the ONNX backend keeps the laws", async () => {
  expect(await checkBackend(backend())).toEqual([]);
});

describe("names the law that a backend breaks", () => {
  const laws = async (parts: Partial<Backend>): Promise<string[]> =>
    (await checkBackend({ ...backend(), samples: [], ...parts })).map((law) => law.replace(/ \(.*/s, ""));

  test("weights that are lost on the way", async () => {
    const forgetful: Backend["read"] = async (file) => {
      const read = await backend().read(file);
      return read.withGraph({ ...read.graph, parameters: new Map([...read.graph.parameters].slice(1)) });
    };
    expect(await laws({ read: forgetful })).toEqual([
      "reads another graph than it wrote",
      "writes what it read as other bytes",
      "does not replace the file that it saves to",
    ]);
  });

  test("unknown fields that are dropped", async () => {
    const { samples, read } = backend();
    const plain: Backend["read"] = async (file) => {
      const { graph } = await read(file);
      return of({ ...graph, origin: undefined, nodes: graph.nodes.map((n) => ({ ...n, origin: undefined })) });
    };
    expect(await laws({ read: plain, samples: samples! })).toContain("drops what it does not know from a changed file");
  });

  test("a graph that is run with other numbers every time, and failures of no kind", async () => {
    let calls = 0;
    const drifting = (graph: Graph): ReturnType<typeof of> => {
      const fickle = { ...graph, nodes: [...graph.nodes, nodeOf("Neg", [graph.outputs[0]!.name], ["unused"])] };
      return onnxModel(graph, {
        runtime: {
          name: "drifting",
          open: async (wanted, options) => {
            if (wanted.nodes.some((n) => n.opType === "NoSuchOperator")) throw new PruneError("io-failed", "no");
            const session = await runtime.open(wanted === graph ? fickle : wanted, options);
            return {
              ...session,
              run: async (feeds) => {
                const values = await session.run(feeds);
                const [name, value] = Object.entries(values)[0]!;
                return { [name]: { ...value, data: Float32Array.from({ length: value.data.length }, () => calls++) } };
              },
            };
          },
        },
      });
    };
    expect(await laws({ of: drifting, folder: undefined! })).toEqual([
      "gives other numbers the second time",
      "does not say `runtime-failed` of a graph that does not run",
    ]);
  });

  test("half a file where saving failed", async () => {
    const careless = (graph: Graph): ReturnType<typeof of> =>
      onnxModel(graph, {
        runtime,
        save: async (changed, path) => {
          await saveOnnx({ graph: changed }, path.includes("nowhere") ? join(folder, "part") : path);
          if (path.includes("nowhere")) throw new Error("no such folder");
        },
      });
    expect(await laws({ of: careless })).toEqual([
      "does not say `io-failed` of a file that cannot be written",
      "leaves something behind where saving failed",
    ]);
  });
});
