import { readdir, readFile, symlink, truncate, writeFile, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { PruneError } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import { fromLayersModel, loadTfjs, loadWasm, saveTfjs, toLayersModel, toOnnx } from "../src/node/index.ts";
import { fillWeights, folder, halve } from "./prune.ts";
import { GraphFile } from "./graph-file.ts";
import { vgg } from "./zoo.ts";

interface Json {
  format?: string;
  modelTopology: Record<string, unknown>;
  weightsManifest: { paths: string[]; weights: Record<string, unknown>[] }[];
}

let path: string;

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
});

beforeEach(async () => {
  path = join(await folder(), "model.json");
  await saveTfjs(await fromLayersModel(fillWeights(vgg())), path);
});

/** Changes `model.json`. */
async function edit(change: (json: Json) => void): Promise<void> {
  const json = JSON.parse(await readFile(path, "utf8")) as Json;
  change(json);
  await writeFile(path, JSON.stringify(json));
}

async function errorOf(file = path): Promise<PruneError> {
  return loadTfjs(file).then(
    () => {
      throw new Error("the model was loaded");
    },
    (error: unknown) => error as PruneError,
  );
}

const shard = async (): Promise<string> => (await readdir(dirname(path))).find((name) => name.endsWith(".bin"))!;
const DAMAGED = "The file is damaged or not a TensorFlow.js model; export or download it again.";

describe("a model.json that is none", () => {
  test.each([
    ["{", "it is no JSON"],
    ["[1]", "it is JSON, but no object"],
    ["{}", 'it has no "modelTopology"'],
    ['{"modelTopology":{}}', 'it has no "weightsManifest"'],
    [
      '{"modelTopology":{},"weightsManifest":[]}',
      "its \"modelTopology\" is neither a LayersModel's nor a GraphModel's",
    ],
  ])("%s", async (text, found) => {
    await writeFile(path, text);
    expect(await errorOf()).toMatchObject({
      code: "bad-model",
      message: `model.json: expected a TensorFlow.js model.json, but ${found}. ${DAMAGED}`,
    });
  });

  test("that is not there", async () => {
    const missing = join(dirname(path), "none.json");
    expect(await errorOf(missing)).toMatchObject({ code: "io-failed" });
    expect((await errorOf(missing)).message).toContain("Check the path; there is no such file.");
  });

  test("without a word on its format", async () => {
    await edit((json) => delete json.format);
    expect((await loadTfjs(path)).graph.nodes.length).toBeGreaterThan(10);
  });
});

describe("weights", () => {
  test("that are not there", async () => {
    const name = await shard();
    await rm(join(dirname(path), name));
    const { code, message } = await errorOf();
    expect(code).toBe("bad-model");
    expect(message).toContain(`model.json: weights should be in "${name}" beside it, which cannot be used: ENOENT`);
    expect(message).toContain("Copy that file along with model.json.");
  });

  test("that are cut short", async () => {
    const name = await shard();
    await truncate(join(dirname(path), name), 1000);
    expect(await errorOf()).toMatchObject({
      code: "bad-model",
      message: `model.json: the weights in ${name} should take 593768 bytes, but there are 1000. The files are truncated or belong to another model; copy them again.`,
    });
  });

  test.each(["../weights.bin", "/etc/passwd", "a/../../weights.bin", "C:\\weights.bin"])("at %s", async (place) => {
    await edit((json) => (json.weightsManifest[0]!.paths = [place]));
    expect(await errorOf()).toMatchObject({ code: "bad-model" });
    expect((await errorOf()).message).toContain("which is outside of the model's folder");
  });

  test("behind a link that leads out of the folder", async () => {
    const outside = join(await folder(), "secret.bin");
    await writeFile(outside, "secret");
    await symlink(outside, join(dirname(path), "link.bin"));
    await edit((json) => (json.weightsManifest[0]!.paths = ["link.bin"]));
    expect((await errorOf()).message).toContain("which is outside of the model's folder");
  });

  test("in a folder beside the model, and in several files", async () => {
    const bytes = await readFile(join(dirname(path), await shard()));
    await mkdir(join(dirname(path), "parts"));
    await writeFile(join(dirname(path), "parts/1.bin"), bytes.subarray(0, 1001));
    await writeFile(join(dirname(path), "parts/2.bin"), bytes.subarray(1001));
    await edit((json) => (json.weightsManifest[0]!.paths = ["parts/1.bin", "parts/2.bin"]));
    expect((await loadTfjs(path)).graph.nodes.length).toBeGreaterThan(10);
  });

  test.each<[string, (weight: Record<string, unknown>) => void, string]>([
    ["without a name", (w) => delete w["name"], "weightsManifest: weight 0 of group 0 has no name"],
    ["of no shape", (w) => (w["shape"] = [3, -3]), 'weight "conv" has no shape of whole numbers'],
    ["of no type", (w) => delete w["dtype"], 'weight "conv" has no dtype'],
    ["of an unknown type", (w) => (w["dtype"] = "float8"), 'weight "conv" is of type float8'],
    ["quantised in an unknown way", (w) => (w["quantization"] = { dtype: "int3" }), 'weight "conv" is of type int3'],
    ["of more bytes than memory holds", (w) => (w["shape"] = [2 ** 31, 2 ** 31]), "at most 4294967296 can be read"],
  ])("%s", async (_, change, message) => {
    await edit((json) => {
      const weight = json.weightsManifest[0]!.weights[0]!;
      weight["name"] = "conv";
      change(weight);
    });
    const error = await errorOf();
    expect(error.code).toBe("bad-model");
    expect(error.message).toContain(message);
  });

  test("listed twice", async () => {
    await edit((json) => json.weightsManifest[0]!.weights.push(json.weightsManifest[0]!.weights[0]!));
    expect((await errorOf()).message).toMatch(/weight ".*kernel" is listed twice/);
  });

  test("that the topology names and the manifest does not", async () => {
    await edit((json) => (json.weightsManifest[0]!.weights[0]!["name"] = "other/kernel"));
    expect((await errorOf()).message).toMatch(/weight ".*\/kernel" of the topology is not in the weightsManifest/);
  });
});

describe("topologies", () => {
  const config = (json: Json): { class_name: string; config: Record<string, unknown> }[] =>
    (json.modelTopology["config"] as { layers: never[] }).layers;

  test("with a layer that TensorFlow.js does not know", async () => {
    await edit((json) => (config(json)[1]!.class_name = "Sorcery"));
    const error = await errorOf();
    expect(error.code).toBe("bad-model");
    expect(error.message).toContain("It has a layer of class Sorcery, which TensorFlow.js does not know: register the class with tf.serialization.registerClass before the model is loaded"); // prettier-ignore
  });

  test("with a layer of the user's own, which nothing beside it is cut through", async () => {
    class Doubled extends tfl.layers.Layer {
      static readonly className = "Doubled";
      override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
        return tf.mul([inputs].flat()[0]!, 2);
      }
    }
    tf.serialization.registerClass(Doubled);
    await edit((json) => config(json).splice(1, 0, { class_name: "Doubled", config: { name: "doubled" } }));
    const model = await loadTfjs(path);
    const { report, model: smaller } = await halve(model);
    expect(report.verification).toMatchObject({ exact: true });
    const blocked = report.layers.filter((layer) => layer.blocked?.includes("Doubled"));
    expect(blocked.map((layer) => layer.name)).toEqual([expect.stringMatching(/^conv2d/)]);
    expect(report.after.macs).toBeLessThan(report.before.macs / 2);
    expect(() => toOnnx(smaller.graph)).toThrow("has no counterpart in ONNX");
    expect(((await toLayersModel(smaller, tfl)) as tfl.LayersModel).layers[1]!.name).toBe("doubled");
  });

  test.each([true, "two", [2], -3, 0.5])("with an input of size %j", async (size) => {
    await edit((json) => (config(json)[0]!.config["batch_input_shape"] = [size, 8, 8, 3]));
    expect(await errorOf()).toMatchObject({ code: "bad-model" });
  });

  test.each([2 ** 32, 0, -1, 1.5])("with a window that moves by %d", { timeout: 20_000 }, async (step) => {
    await edit((json) => (config(json).find((l) => l.class_name === "Conv2D")!.config["strides"] = [1, step]));
    const failure = await loadTfjs(path).then(halve).then(() => undefined, (error: unknown) => error as PruneError); // prettier-ignore
    expect(failure).toMatchObject({ code: "bad-model" });
    if (step === 2 ** 32)
      expect(failure!.message).toMatch(/^Conv ".*" has kernel \[3, 3\], strides \[1, .*\] and dilations \[1, 1\], which must be whole numbers from 1 to 2147483647\. The file is damaged; export it again\.$/); // prettier-ignore
  });

  test("of a GraphModel that names a node which is not there", async () => {
    const g = new GraphFile();
    path = await g.save([g.op("y", "Relu", ["gone"])]);
    expect(await errorOf()).toMatchObject({
      code: "bad-model",
      message: `model.json: "gone", which y names, is no node of the topology. ${DAMAGED}`,
    });
  });

  test("of a GraphModel whose nodes go in a circle", async () => {
    const g = new GraphFile();
    g.op("a", "Relu", ["b"]);
    path = await g.save([g.op("b", "Relu", ["a"])]);
    expect(await errorOf()).toMatchObject({ code: "unsupported" });
    expect((await errorOf()).message).toContain("reads, through other nodes, what it makes itself");
  });

  test("with inputs of text", async () => {
    const g = new GraphFile();
    g.op("x", "Placeholder", [], { dtype: { type: "DT_STRING" } });
    path = await g.save([g.op("y", "Identity", ["x"])]);
    expect((await errorOf()).message).toContain('input "x" is of type DT_STRING; expected float32, int32 or bool');
  });
});

// TensorFlow.js draws from such a distribution forever.
test("weights that start as numbers which cannot be drawn", async () => {
  const text = await readFile(path, "utf8");
  await writeFile(path, text.replaceAll(/"scale":1\b/g, '"scale":{}'));
  expect((await loadTfjs(path)).graph.nodes.length).toBeGreaterThan(10);
});

// TensorFlow.js goes round such layers forever.
describe("layers that never get what they read", () => {
  /** The layers of a functional model: x → a → b, with a change. */
  const connected = (change: (a: Json, b: Json) => void) => {
    const layer = (name: string, from: string, more: object = {}) => ({
      name,
      class_name: "Activation",
      config: { name, activation: "relu", ...more },
      inbound_nodes: [[[from, 0, 0, {}]]],
    });
    const x = { name: "x", class_name: "InputLayer", config: { name: "x", batch_input_shape: [null, 4] } };
    const [a, b] = [layer("a", "x"), layer("b", "a")];
    change(a, b);
    const layers = [{ ...x, inbound_nodes: [] }, a, b];
    const config = { name: "m", layers, input_layers: [["x", 0, 0]], output_layers: [["b", 0, 0]] };
    return edit((json) => {
      json.modelTopology = { class_name: "Model", config };
      json.weightsManifest = [];
    });
  };
  type Json = { name: unknown; config: { name: unknown }; inbound_nodes: unknown };

  test("as they should be", async () => {
    await connected(() => {});
    expect((await loadTfjs(path)).graph.nodes.length).toBeGreaterThan(0);
  });

  test.each<[string, string, (a: Json, b: Json) => void]>([
    ["a layer that is not there", '"b" reads "c"', (_, b) => (b.inbound_nodes = [[["c", 0, 0, {}]]])],
    ["itself", '"b" reads "b"', (_, b) => (b.inbound_nodes = [[["b", 0, 0, {}]]])],
    ["each other", '"a" reads "b"', (a) => (a.inbound_nodes = [[["b", 0, 0, {}]]])],
    ["a use that is not there", '"b" reads "a"', (_, b) => (b.inbound_nodes = [[["a", 1, 0, {}]]])],
    ["a word in place of a layer", '"b" reads "r"', (_, b) => (b.inbound_nodes = [["relu"]])],
    ["what reads nothing", '"b" reads "a"', (a) => (a.inbound_nodes = [[]])],
    ["another name in its config", '"a" goes by another name', (a) => (a.config.name = "z")],
  ])("%s", async (_, problem, change) => {
    await connected(change);
    const { code, message } = await errorOf();
    expect(code).toBe("bad-model");
    expect(message).toContain(problem);
  });

  test("nested without end", async () => {
    let deep: unknown = {};
    for (let i = 0; i < 300; i++) deep = [deep];
    await connected((a) => Object.assign(a.config, { deep }));
    expect((await errorOf()).message).toContain("nested more than 200 levels deep");
  });
});
