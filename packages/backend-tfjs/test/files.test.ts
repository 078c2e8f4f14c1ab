import { existsSync } from "node:fs";
import { chmod, lstat, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { analyzeModel, applyCut, cutOf, float32Tensor, type Graph, type Model, toFloat32, verify } from "@prune/core";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { beforeAll, describe, expect, test } from "vitest";
import { fromLayersModel, loadTfjs, loadWasm, saveTfjs, tfjsModel, toLayersModel } from "../src/node/index.ts";
import { execute, loadLayersModel } from "./genuine.ts";
import { difference, fillWeights, folder, halve, predict, run } from "./prune.ts";
import { human } from "./shipped.ts";
import { lstm, nested, resnet, vgg } from "./zoo.ts";

beforeAll(async () => {
  await loadWasm();
  await tf.setBackend("wasm");
});

interface Json {
  readonly modelTopology: object;
  readonly weightsManifest: readonly { readonly paths: string[]; readonly weights: Weight[] }[];
}

interface Weight {
  readonly name: string;
  readonly shape: number[];
  quantization?: { dtype: string; scale?: number; min?: number };
}

const jsonOf = async (path: string): Promise<Json> => JSON.parse(await readFile(path, "utf8")) as Json;

describe("saving", () => {
  test("what nobody changed gives the same weights and the same topology", async () => {
    const path = join(await folder(), "model.json");
    await saveTfjs(await loadTfjs(human("emotion")), path);
    const [before, after] = [await jsonOf(human("emotion")), await jsonOf(path)];
    expect(after.modelTopology).toEqual(before.modelTopology);
    const bytesOf = async (file: string, json: Json): Promise<Buffer> =>
      readFile(join(dirname(file), json.weightsManifest[0]!.paths[0]!));
    expect(await bytesOf(path, after)).toEqual(await bytesOf(human("emotion"), before));
  });

  test("over an earlier model leaves its own files alone, and nothing of the earlier one", async () => {
    const at = await folder();
    const path = join(at, "model.json");
    const model = await fromLayersModel(fillWeights(vgg()));
    await saveTfjs(model, path);
    const first = await readdir(at);
    await writeFile(join(at, "notes.txt"), "mine");
    await saveTfjs((await halve(model)).model, path);
    const second = await readdir(at);
    expect(second.length).toBe(3);
    expect(second).toEqual(expect.arrayContaining(["model.json", "notes.txt"]));
    expect(second).not.toContain(first.find((name) => name.endsWith(".bin")));
    expect(predict(await loadLayersModel(path), await loadTfjs(path)).length).toBe(1);
  });

  test("leaves shards alone that another model in the folder names", async () => {
    const at = await folder();
    const model = await fromLayersModel(fillWeights(vgg()));
    await saveTfjs(model, join(at, "a.json"));
    await saveTfjs(model, join(at, "b.json"));
    const before = await readdir(at);
    expect(before.filter((name) => name.endsWith(".bin")).length).toBe(1);
    await saveTfjs((await halve(model)).model, join(at, "a.json"));
    expect(await readdir(at)).toEqual(expect.arrayContaining(before));
    expect((await loadTfjs(join(at, "b.json"))).graph.parameters.size).toBe(model.graph.parameters.size);
  });

  test("mends a shard that was damaged, and keeps its permissions", async () => {
    const path = join(await folder(), "model.json");
    const model = await fromLayersModel(fillWeights(vgg()));
    await saveTfjs(model, path);
    const shard = join(dirname(path), (await jsonOf(path)).weightsManifest[0]!.paths[0]!);
    const bytes = await readFile(shard);
    await writeFile(shard, "damaged");
    await chmod(path, 0o600);
    await saveTfjs(model, path);
    expect(await readFile(shard)).toEqual(bytes);
    for (const file of [path, shard]) expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test("behind a link puts shards beside the link, where they are looked for", async () => {
    const at = await folder();
    const path = join(at, "model.json");
    const real = join(await folder(), "real.json");
    await writeFile(real, "{}");
    await symlink(real, path);
    const model = await fromLayersModel(fillWeights(vgg()));
    await saveTfjs(model, path);
    expect((await lstat(path)).isSymbolicLink()).toBe(true);
    expect((await loadTfjs(path)).graph.parameters.size).toBe(model.graph.parameters.size);
  });

  test("that fails leaves the earlier model, and nothing else", async () => {
    const at = await folder();
    const path = join(at, "model.json");
    const model = await fromLayersModel(fillWeights(vgg()));
    await saveTfjs(model, path);
    const [files, json] = [await readdir(at), await readFile(path, "utf8")];
    const broken: Graph = { ...model.graph, parameters: new Map([...model.graph.parameters].map(([name, t]) => [name, { ...t, bytes: () => { throw new Error("no bytes"); } }])) }; // prettier-ignore
    await expect(saveTfjs({ graph: broken }, path)).rejects.toThrow("no bytes");
    expect(await readdir(at)).toEqual(files);
    expect(await readFile(path, "utf8")).toBe(json);
  });

  test("into a folder that is not there", async () => {
    const path = join(await folder(), "none", "model.json");
    await expect(saveTfjs(await fromLayersModel(fillWeights(vgg())), path)).rejects.toMatchObject({
      code: "io-failed",
      message: expect.stringContaining("Create the folder first") as string,
    });
    expect(existsSync(dirname(path))).toBe(false);
  });

  test("weights of more than 4 MiB go into several shards", async () => {
    const net = tfl.sequential();
    net.add(tfl.layers.dense({ units: 1500, inputShape: [800] }));
    const path = join(await folder(), "model.json");
    await saveTfjs(await fromLayersModel(net), path);
    expect((await jsonOf(path)).weightsManifest[0]!.paths).toEqual([
      expect.stringMatching(/^group1-shard1of2\.[0-9a-f]{16}\.bin$/),
      expect.stringMatching(/^group1-shard2of2\.[0-9a-f]{16}\.bin$/),
    ]);
    expect((await loadLayersModel(path)).countParams()).toBe(800 * 1500 + 1500);
  });
});

describe("quantised weights", () => {
  /** A model whose weights are stored in another type. */
  async function quantized(dtype: "uint8" | "uint16" | "float16"): Promise<string> {
    const path = join(await folder(), "model.json");
    const model = await fromLayersModel(fillWeights(resnet()));
    await saveTfjs(model, path);
    const json = await jsonOf(path);
    const steps = dtype === "uint8" ? 255 : 65535;
    const parts = json.weightsManifest[0]!.weights.map((weight) => {
      const values = toFloat32(model.graph.parameters.get(weight.name) ?? float32Tensor("", new Float32Array(weight.shape.reduce((a, b) => a * b, 1)))); // prettier-ignore
      if (dtype === "float16") {
        weight.quantization = { dtype };
        // Numbers with few digits are the same in half precision: their upper bits.
        return Buffer.from(Uint16Array.from(values, (v) => ((v < 0 ? 0x8000 : 0) | (Math.abs(v) >= 1 ? 0x3c00 : 0x3800))).buffer); // prettier-ignore
      }
      const [min, max] = [Math.min(...values), Math.max(...values)];
      const scale = (max - min) / steps || 1;
      weight.quantization = { dtype, scale, min };
      const codes = Array.from(values, (v) => Math.round((v - min) / scale));
      return Buffer.from(dtype === "uint8" ? Uint8Array.from(codes) : new Uint8Array(Uint16Array.from(codes).buffer));
    });
    await writeFile(join(dirname(path), json.weightsManifest[0]!.paths[0]!), Buffer.concat(parts));
    await writeFile(path, JSON.stringify(json));
    return path;
  }

  test.each(["uint8", "uint16", "float16"] as const)("%s are read, and kept on request", async (dtype) => {
    const path = await quantized(dtype);
    const model = await loadTfjs(path, { saving: { keepQuantization: true } });
    const ours = await run(model);
    predict(await loadLayersModel(path), model).forEach((t, i) => expect(difference(t, ours[i]!)).toBeLessThan(1e-4));
    const { model: smaller } = await halve(model);
    const target = join(await folder(), "model.json");
    await smaller.save(target);
    const kept = (await jsonOf(target)).weightsManifest[0]!.weights;
    expect(new Set(kept.map((weight) => weight.quantization?.dtype))).toEqual(new Set([dtype]));
    // What was only selected is what it was, to the bit.
    const again = await loadTfjs(target);
    for (const [name, tensor] of again.graph.parameters) {
      expect(toFloat32(tensor)).toEqual(toFloat32(smaller.graph.parameters.get(name)!));
    }
    const plain = join(await folder(), "model.json");
    await saveTfjs(smaller, plain);
    expect((await jsonOf(plain)).weightsManifest[0]!.weights.every((weight) => !weight.quantization)).toBe(true);
    const [a, b] = [await run(await loadTfjs(plain)), await run(smaller)];
    expect(difference(a[0]!, b[0]!)).toBe(0);
  });

  test("weights that were changed get a range that holds them", async () => {
    const model = await loadTfjs(await quantized("uint8"), { saving: { keepQuantization: true } });
    const name = [...model.graph.parameters.keys()].find((key) => key.endsWith("/kernel"))!;
    const tensor = model.graph.parameters.get(name)!;
    const wider = float32Tensor(name, toFloat32(tensor).map((v) => 3 * v), tensor.dims); // prettier-ignore
    const changed = model.withGraph({
      ...model.graph,
      parameters: new Map([...model.graph.parameters, [name, wider]]),
    });
    const path = join(await folder(), "model.json");
    await changed.save(path);
    const read = toFloat32((await loadTfjs(path)).graph.parameters.get(name)!);
    const step = (Math.max(...toFloat32(wider)) - Math.min(...toFloat32(wider))) / 255;
    toFloat32(wider).forEach((v, i) => expect(Math.abs(v - read[i]!)).toBeLessThan(step * 0.51));
  });

  test("of a real GraphModel keep half precision", async () => {
    const model = await loadTfjs(human("facemesh"), { saving: { keepQuantization: true } });
    const { model: smaller } = await halve(model);
    const path = join(await folder(), "model.json");
    await smaller.save(path);
    expect((await jsonOf(path)).weightsManifest[0]!.weights.filter((w) => w.quantization?.dtype === "float16").length).toBe(114); // prettier-ignore
    const pruned = await run(smaller);
    (await execute(path, smaller)).forEach((t, i) => expect(difference(t, pruned[i]!)).toBeLessThan(1e-4));
    expect(smaller.toBytes().length).toBeLessThan(model.toBytes().length);
  });
});

describe("models in memory", () => {
  test("names, loss, metrics and the optimizer's settings are kept", async () => {
    const original = fillWeights(nested());
    original.compile({ optimizer: "adam", loss: "categoricalCrossentropy", metrics: ["accuracy"] });
    const { model } = await halve(await fromLayersModel(original));
    const back = (await toLayersModel(model, tfl)) as tfl.LayersModel;
    expect(back.layers.map((layer) => layer.name)).toEqual(original.layers.map((layer) => layer.name));
    expect(back.optimizer.getClassName()).toBe("Adam");
    expect(back.loss).toBe("categoricalCrossentropy");
    expect(back.metrics).toEqual(["accuracy"]);
    expect(back.weights.map((weight) => weight.originalName)).toEqual(original.weights.map((w) => w.originalName));
    expect(back.countParams()).toBeLessThan(original.countParams());
    // The inner model states the smaller size that it is given.
    const inner = back.getLayer("backbone") as tfl.Sequential;
    expect(inner.inputs.map((input) => input.shape)).toEqual([[null, 16, 16, 4]]);
  });

  test("the original is left as it was", async () => {
    const original = fillWeights(lstm());
    const before = original.getWeights().map((tensor) => Array.from(tensor.dataSync()));
    await halve(await fromLayersModel(original));
    expect(original.getWeights().map((tensor) => Array.from(tensor.dataSync()))).toEqual(before);
  });

  test("recurrent layers with TensorFlow.js's own initialisers can be loaded", async () => {
    const path = join(await folder(), "model.json");
    await saveTfjs(await fromLayersModel(fillWeights(lstm())), path);
    const text = await readFile(path, "utf8");
    const orthogonal = text.replaceAll(/"recurrent_initializer":\{"class_name":"[^"]*","config":\{[^}]*\}\}/g, '"recurrent_initializer":{"class_name":"Orthogonal","config":{"gain":1,"seed":null}}'); // prettier-ignore
    expect(orthogonal).not.toBe(text);
    await writeFile(path, orthogonal);
    expect((await loadTfjs(path)).graph.nodes.length).toBeGreaterThan(10);
  });

  test("nothing stays in TensorFlow.js's memory", async () => {
    const model = await fromLayersModel(fillWeights(resnet()));
    await run(model);
    const before = tf.memory().numTensors;
    await halve(model);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("a model without a file system says how else to save", async () => {
    const model = await fromLayersModel(fillWeights(vgg()));
    await expect(model.save("model.json")).rejects.toThrow("Use tfjsFiles(model), model.toBytes() or toLayersModel(model) instead of model.save()."); // prettier-ignore
    expect(() => tfjsModel({ ...model.graph, origin: undefined }, { runtime: model.runtime }).toBytes()).toThrow(
      "The graph was not read from a TensorFlow.js model",
    );
  });
});

test("verification on this runtime finds a single wrong weight", async () => {
  const model: Model = await fromLayersModel(fillWeights(resnet()));
  const analysis = await analyzeModel(model);
  const group = analysis.groups.find((g) => !g.blocked)!;
  const cut = cutOf(analysis, new Map([[group, Uint8Array.from({ length: group.size }, (_, i) => i % 2)]]));
  const pruned = applyCut(analysis, cut);
  expect((await verify(analysis, cut, pruned, model.runtime)).exact).toBe(true);
  const name = [...pruned.parameters.keys()].find((key) => key.endsWith("/kernel"))!;
  const tensor = pruned.parameters.get(name)!;
  const values = toFloat32(tensor).slice();
  values[7]! += 0.5;
  const wrong: Graph = { ...pruned, parameters: new Map([...pruned.parameters, [name, float32Tensor(name, values, tensor.dims)]]) }; // prettier-ignore
  await expect(verify(analysis, cut, wrong, model.runtime)).rejects.toMatchObject({ code: "verification-failed" });
});
