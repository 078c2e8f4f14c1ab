import { bytesPerElement, type DType, type Tensor } from "@prune/core";
import { bytesOf, type LazyChunk } from "./chunk.ts";
import type { DataFiles, ExternalRange } from "./data-files.ts";
import { dtypeOf } from "./data-types.ts";
import type { TensorOrigin } from "./origin.ts";
import type { Reader } from "./reader.ts";
import { ENTRY, EXTERNAL, TENSOR, WIRE } from "./schema.ts";
import { countTyped, decodeTyped, isTypedField, type TypedData } from "./tensor-data.ts";

/** The field that holds a type's elements when raw_data does not. */
const FIELD_OF: Partial<Record<DType, number>> = {
  float32: TENSOR.floatData,
  float64: TENSOR.doubleData,
  int64: TENSOR.int64Data,
  uint64: TENSOR.uint64Data,
  uint32: TENSOR.uint64Data,
  string: TENSOR.stringData,
};

/** Reads a TensorProto. Data stays where it is until `bytes()` is called. */
export function readTensor(r: Reader, files: DataFiles): Tensor {
  const parts = readParts(r);
  const { name, dims, dataType } = parts;
  const dtype = dtypeOf(dataType);
  const size = elementsOf(dims, r, name);
  const external = parts.external ? openExternal(parts, dtype, size, r, files) : undefined;
  const bytes = external ? () => bytesOf(external) : dataOf(parts, dtype, size, r);
  const read = { name, dtype, dims, bytes: bytesPerElement(dtype) > 0 ? bytes : noBytes, stored: external?.stored };
  const origin: TensorOrigin = { kind: "onnx-tensor", raw: r.raw(), read, dataType, sparse: false, external };
  return { ...read, origin };
}

/** The number of elements of a shape that a file states. @throws when a size is negative or the product too large */
export function elementsOf(dims: readonly number[], r: Reader, name: string): number {
  let size = 1;
  for (const dim of dims) {
    if (dim < 0) throw r.malformed(`tensor "${name}" has the negative size ${dim} in dims [${dims.join(", ")}]`);
    size *= dim;
  }
  if (!Number.isSafeInteger(size))
    throw r.malformed(`tensor "${name}" has too many elements: dims [${dims.join(", ")}]`);
  return size;
}

/** Repeated integers, packed or not: the current field's, added to `list`. */
export function readInts(r: Reader, list: (number | bigint)[]): void {
  if (r.wire === WIRE.varint) list.push(r.int64());
  else {
    const inner = r.nested(r.message);
    while (inner.more()) list.push(inner.packedInt64());
  }
}

interface Parts {
  name: string;
  dims: number[];
  dataType: number;
  raw: Uint8Array | undefined;
  typed: Map<number, TypedData>;
  strings: number;
  external: boolean;
  entries: Map<string, string>;
}

function readParts(r: Reader): Parts {
  const dims: (number | bigint)[] = [];
  const parts = {
    name: "",
    dataType: 0,
    raw: undefined,
    typed: new Map(),
    strings: 0,
    external: false,
    entries: new Map(),
  };
  const p: Omit<Parts, "dims"> = parts;
  while (r.next()) {
    if (r.field === TENSOR.dims) readInts(r, dims);
    else if (r.field === TENSOR.dataType) p.dataType = r.int();
    else if (r.field === TENSOR.name) p.name = r.string();
    else if (r.field === TENSOR.rawData) p.raw = r.view();
    else if (r.field === TENSOR.dataLocation) p.external = r.int() === EXTERNAL;
    else if (r.field === TENSOR.externalData) readEntry(r.nested("StringStringEntryProto"), p.entries);
    else if (isTypedField(r.field)) p.typed.set(r.field, countTyped(r, p.typed.get(r.field)));
    else {
      if (r.field === TENSOR.stringData) p.strings++;
      r.skip();
    }
  }
  return { ...p, dims: dims.map(Number) };
}

function readEntry(r: Reader, entries: Map<string, string>): void {
  let key = "";
  let value = "";
  while (r.next()) {
    if (r.field === ENTRY.key) key = r.string();
    else if (r.field === ENTRY.value) value = r.string();
    else r.skip();
  }
  entries.set(key, value);
}

/** Checks that the data fits the shape and says how to get it. */
function dataOf(parts: Parts, dtype: DType, size: number, r: Reader): () => Uint8Array {
  const { name, dims, raw, typed } = parts;
  const width = bytesPerElement(dtype);
  const shape = `dims [${dims.join(", ")}] of ${dtype}`;
  const field = FIELD_OF[dtype] ?? TENSOR.int32Data;
  if (dtype === "other") return noBytes;
  const data = typed.get(field);
  if (raw && dtype !== "string" && (raw.length > 0 || !data)) {
    const need = size * width;
    if (raw.length !== need)
      throw r.malformed(`tensor "${name}": ${shape} need ${need} bytes, raw_data has ${raw.length}`);
    return () => raw;
  }
  const count = dtype === "string" ? parts.strings : (data?.count ?? 0);
  if (count !== size) throw r.malformed(`tensor "${name}": ${shape} need ${size} elements, the file has ${count}`);
  if (!data) return noBytes;
  if (data.payload && (field === TENSOR.floatData || field === TENSOR.doubleData)) return () => data.payload!;
  let decoded: Uint8Array | undefined;
  return () => (decoded ??= decodeTyped(data, width, () => r.again()));
}

const NOTHING = new Uint8Array(0);

function noBytes(): Uint8Array {
  return NOTHING;
}

function openExternal(
  { name, dims, entries }: Parts,
  dtype: DType,
  size: number,
  r: Reader,
  files: DataFiles,
): LazyChunk {
  const location = entries.get("location");
  if (!location) throw r.malformed(`tensor "${name}" is external, but names no file`);
  if (dtype === "string") throw r.malformed(`tensor "${name}" is external, which a tensor of strings cannot be`);
  const offset = count(entries.get("offset") ?? "0", "offset", name, r);
  const stated = entries.has("length") ? count(entries.get("length")!, "length", name, r) : undefined;
  const need = dtype === "other" ? stated : size * bytesPerElement(dtype);
  if (stated !== undefined && stated !== need) {
    const shape = `dims [${dims.join(", ")}] of ${dtype}`;
    throw r.malformed(`tensor "${name}": ${shape} need ${need} bytes, its external data has ${stated}`);
  }
  const range: ExternalRange = { location, offset, length: need };
  return files.open(range, `tensor "${name}"`);
}

function count(text: string, what: string, name: string, r: Reader): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(value))
    throw r.malformed(`tensor "${name}": external ${what} should be a number of bytes, is "${text}"`);
  return value;
}
