import { loadOnnxBytes } from "@prune/backend-onnx";
import { type Model, PruneError } from "@prune/core";
import type { NamedFile } from "./api.ts";
import { loadTfjsWasm, ort } from "./runtimes.ts";

/** A model and the file that it came from. */
export interface Opened {
  readonly name: string;
  readonly format: "onnx" | "tfjs";
  readonly model: Model;
  readonly fileBytes: number;
}

/** Opens the model among some files. @throws {PruneError} `bad-model` where they are none */
export async function open(files: readonly NamedFile[]): Promise<Opened> {
  const onnx = files.filter(({ name }) => /\.onnx$/i.test(name));
  const json = files.filter(({ name }) => /\.json$/i.test(name));
  if (onnx.length + json.length !== 1) throw errorFiles(files);
  return onnx[0] ? openOnnx(onnx[0], files) : openTfjs(json[0]!, files);
}

async function openOnnx(file: NamedFile, files: readonly NamedFile[]): Promise<Opened> {
  const { name, bytes } = file;
  const hash = await sha256([bytes]);
  const others = files.filter((other) => other !== file);
  const externalData = Object.fromEntries(others.map((other) => [other.name, other.bytes]));
  const model = loadOnnxBytes(bytes, {
    ort,
    source: name,
    externalData,
    sha256: () => hash,
    executionProviders: ["wasm"],
  });
  return { name, format: "onnx", model, fileBytes: total([file, ...others]) };
}

async function openTfjs(file: NamedFile, files: readonly NamedFile[]): Promise<Opened> {
  const { readTfjs } = await import("@prune/backend-tfjs");
  const parts: Uint8Array[] = [file.bytes];
  const shard = (path: string): Promise<Uint8Array> => {
    const found = files.find(({ name }) => name === path.split("/").at(-1));
    if (!found) throw errorShard(file.name, path);
    parts.push(found.bytes);
    return Promise.resolve(found.bytes);
  };
  let hash = "";
  const model = await readTfjs(new TextDecoder().decode(file.bytes), shard, {
    source: file.name,
    backend: "wasm",
    load: loadTfjsWasm,
    layers: () => import("@tensorflow/tfjs-layers"),
    converter: () => import("@tensorflow/tfjs-converter"),
    sha256: () => hash,
  });
  hash = await sha256(parts);
  return { name: file.name, format: "tfjs", model, fileBytes: total(files) };
}

const total = (files: readonly NamedFile[]): number => files.reduce((sum, { bytes }) => sum + bytes.length, 0);

async function sha256(parts: readonly Uint8Array[]): Promise<string> {
  const bytes = await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function errorFiles(files: readonly NamedFile[]): PruneError {
  const names = files.map(({ name }) => name).join(", ") || "nothing";
  return new PruneError("bad-model", `Expected one .onnx file, or one model.json with its .bin files; got ${names}.`);
}

function errorShard(model: string, path: string): PruneError {
  const text = `${model} keeps weights in "${path}", which is not among the files. Choose model.json and all its .bin files together.`;
  return new PruneError("bad-model", text);
}
