import { sizeOf } from "@prune/core";
import { errorManifest, errorNotTfjs, errorShardBytes, errorTooLarge, errorWeightType } from "../errors.ts";
import { isObject, isSizes, listIn, objectIn, textIn, type JsonObject } from "../json.ts";
import { storedBytes, type Quantization, type QuantizedType, type StoredWeight } from "./stored-weight.ts";
import type { TfjsFile, TfjsFormat } from "./tfjs-file.ts";

/** Largest group of weights, in bytes, that one buffer of every supported engine can hold. */
const MAX_GROUP_BYTES = 2 ** 32;

/** A group of the manifest: weights whose bytes lie one after another in some files. */
interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly Omit<StoredWeight, "bytes">[];
  /** Bytes of all its weights; undefined where a type has no fixed size. */
  readonly bytes: number | undefined;
}

/** What `model.json` says. */
export interface Manifest {
  readonly format: TfjsFormat;
  readonly json: JsonObject;
  readonly groups: readonly WeightGroup[];
}

/** Reads `model.json`. `source` names it in messages. @throws {PruneError} `bad-model` */
export function readManifest(text: string, source: string): Manifest {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw errorNotTfjs(source, "it is no JSON", cause);
  }
  if (!isObject(parsed)) throw errorNotTfjs(source, "it is JSON, but no object");
  const { weightsManifest, ...json } = parsed;
  if (!isObject(json["modelTopology"])) throw errorNotTfjs(source, 'it has no "modelTopology"');
  if (!Array.isArray(weightsManifest)) throw errorNotTfjs(source, 'it has no "weightsManifest"');
  const groups = (weightsManifest as readonly unknown[]).map((group, i) => readGroup(group, i, source));
  const names = new Set<string>();
  for (const { name } of groups.flatMap((group) => group.weights)) {
    if (names.has(name)) throw errorManifest(source, `weight "${name}" is listed twice`);
    names.add(name);
  }
  return { format: formatOf(json, source), json, groups };
}

/** Which format a `model.json` is in: as it says, or else by what its topology looks like. */
function formatOf(json: JsonObject, source: string): TfjsFormat {
  const topology = objectIn(json, "modelTopology");
  const format = json["format"];
  if (format === "layers-model" || format === "graph-model") return format;
  if (Array.isArray(topology?.["node"])) return "graph-model";
  if (topology?.["model_config"] !== undefined || topology?.["class_name"] !== undefined) return "layers-model";
  throw errorNotTfjs(source, "its \"modelTopology\" is neither a LayersModel's nor a GraphModel's");
}

function readGroup(value: unknown, group: number, source: string): WeightGroup {
  if (!isObject(value)) throw errorManifest(source, `group ${group} is no object`);
  const paths = listIn(value, "paths");
  if (!paths.every((path) => typeof path === "string")) throw errorManifest(source, `group ${group} has no "paths"`);
  const weights = listIn(value, "weights").map((entry, i) => readEntry(entry, group, i, source));
  let bytes: number | undefined = 0;
  for (const weight of weights) {
    const size = storedBytes(weight.dtype, weight.quantization);
    bytes = size === undefined || bytes === undefined ? undefined : bytes + size * sizeOf(weight.shape);
  }
  if (bytes !== undefined && bytes > MAX_GROUP_BYTES) throw errorTooLarge(source, bytes, MAX_GROUP_BYTES);
  return { paths, weights, bytes };
}

const QUANTIZED: readonly unknown[] = ["uint8", "uint16", "float16"] satisfies readonly QuantizedType[];

function readEntry(entry: unknown, group: number, index: number, source: string): WeightGroup["weights"][number] {
  const name = isObject(entry) ? textIn(entry, "name") : undefined;
  if (!isObject(entry) || name === undefined) {
    throw errorManifest(source, `weight ${index} of group ${group} has no name`);
  }
  const { shape, dtype } = entry;
  if (!isSizes(shape)) throw errorManifest(source, `weight "${name}" has no shape of whole numbers`);
  if (typeof dtype !== "string") throw errorManifest(source, `weight "${name}" has no dtype`);
  const quantization = objectIn(entry, "quantization");
  if (quantization && !QUANTIZED.includes(quantization["dtype"])) {
    throw errorWeightType(source, name, String(quantization["dtype"]));
  }
  if (!quantization && dtype !== "string" && storedBytes(dtype, undefined) === undefined) {
    throw errorWeightType(source, name, dtype);
  }
  return { name, shape, dtype, group, entry, quantization: quantization as Quantization | undefined };
}

/** Gives every weight its bytes. `buffers[i]` holds those of group i. @throws {PruneError} `bad-model` */
export function withWeights(manifest: Manifest, buffers: readonly Uint8Array[], source: string): TfjsFile {
  const weights = manifest.groups.flatMap(({ weights: entries, bytes: need, paths }, i) => {
    const buffer = buffers[i]!;
    if (need !== undefined && need !== buffer.length) throw errorShardBytes(source, paths, need, buffer.length);
    let at = 0;
    return entries.map((entry): StoredWeight => {
      const length = lengthOf(entry, buffer, at, source);
      at += length;
      return { ...entry, bytes: buffer.subarray(at - length, at) };
    });
  });
  return { format: manifest.format, json: manifest.json, weights };
}

function lengthOf(entry: WeightGroup["weights"][number], buffer: Uint8Array, from: number, source: string): number {
  const size = storedBytes(entry.dtype, entry.quantization);
  if (size !== undefined) return size * sizeOf(entry.shape);
  // Strings: each is its length, as four bytes, and its bytes.
  const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  let at = from;
  for (let i = 0; i < sizeOf(entry.shape); i++) {
    if (at + 4 > buffer.length) throw errorManifest(source, `weight "${entry.name}" is cut short`);
    at += 4 + view.getUint32(at, true);
  }
  if (at > buffer.length) throw errorManifest(source, `weight "${entry.name}" is cut short`);
  return at - from;
}
