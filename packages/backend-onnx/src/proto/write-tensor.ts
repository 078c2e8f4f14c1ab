import { byteLength, bytesPerElement, type Tensor } from "@prune/core";
import { errorNoBytes, errorTensorBytes } from "../errors.ts";
import type { Chunk, LazyChunk } from "./chunk.ts";
import { dataTypeOf } from "./data-types.ts";
import { sameList, type TensorOrigin, tensorOrigin } from "./origin.ts";
import { inputOf, Reader } from "./reader.ts";
import { ENTRY, EXTERNAL, TENSOR } from "./schema.ts";
import type { Writer } from "./writer.ts";

/** Where in a data file a tensor's bytes went. */
export interface Placement {
  /** The file's name, beside the model; a chunk, in UTF-8, where it is known only once the file is written. */
  readonly location: string | LazyChunk;
  readonly offset: number;
  readonly length: number;
}

/** Takes a tensor's data out of the model; undefined: it stays inside. */
export type Place = (data: Chunk) => Placement | undefined;

/** Fields that say what a tensor is and hold its data; a change of either rewrites them all. */
const DATA_FIELDS: ReadonlySet<number> = new Set([
  TENSOR.segment,
  TENSOR.floatData,
  TENSOR.int32Data,
  TENSOR.stringData,
  TENSOR.int64Data,
  TENSOR.rawData,
  TENSOR.doubleData,
  TENSOR.uint64Data,
  TENSOR.externalData,
  TENSOR.dataLocation,
]);
const HEAD_FIELDS: ReadonlySet<number> = new Set([TENSOR.dims, TENSOR.dataType, TENSOR.name]);

/** Whether the tensor is as it was read. */
export function isUnchanged(tensor: Tensor, { read }: TensorOrigin): boolean {
  return tensor.name === read.name && hasSameData(tensor, read) && sameList(tensor.dims, read.dims);
}

/** Writes a tensor: as it was read where nothing changed, otherwise with raw_data. */
export function writeTensor(w: Writer, field: number, tensor: Tensor, place: Place = inside): void {
  const origin = tensorOrigin(tensor);
  const message = origin && !origin.sparse ? origin : undefined;
  const unchanged = message && isUnchanged(tensor, message);
  const placement = moves(tensor, message) ? place(dataOf(tensor, message)) : undefined;
  if (message && unchanged && !message.external && !placement) return w.bytes(field, message.raw);
  w.message(field, (m) => {
    for (const dim of tensor.dims) m.int(TENSOR.dims, dim);
    m.int(TENSOR.dataType, dataTypeOf(tensor.dtype) ?? message?.dataType ?? 0);
    if (tensor.name) m.string(TENSOR.name, tensor.name);
    const keepsData = message && !message.external && !placement && hasSameData(tensor, message.read);
    if (message) copyFields(m, message.raw, (f) => !HEAD_FIELDS.has(f) && (keepsData || !DATA_FIELDS.has(f)));
    if (placement) writePlacement(m, placement);
    else if (!keepsData) m.bytes(TENSOR.rawData, dataOf(tensor, message));
  });
}

/** Copies the fields of a message that `keep` names, as they are. */
export function copyFields(w: Writer, raw: Uint8Array, keep: (field: number) => boolean): void {
  const r = new Reader(inputOf(raw, "model"), "message");
  while (r.next()) {
    const bytes = r.whole();
    if (keep(r.field)) w.append(bytes);
  }
}

function inside(): undefined {
  return undefined;
}

/** Whether a tensor's data can be taken out of the model: typed fields and strings cannot without being rewritten. */
function moves(tensor: Tensor, origin: TensorOrigin | undefined): boolean {
  return bytesPerElement(tensor.dtype) > 0 || origin?.external !== undefined;
}

function hasSameData(tensor: Tensor, read: TensorOrigin["read"]): boolean {
  return tensor.bytes === read.bytes && tensor.dtype === read.dtype;
}

/** The tensor's elements, fetched when they are written. */
function dataOf(tensor: Tensor, origin: TensorOrigin | undefined): Chunk {
  if (origin?.external && hasSameData(tensor, origin.read)) return origin.external;
  if (bytesPerElement(tensor.dtype) === 0) throw errorNoBytes(tensor);
  const length = byteLength(tensor);
  return { length, read: () => checked(tensor, length) };
}

function checked(tensor: Tensor, length: number): Uint8Array {
  const bytes = tensor.bytes();
  if (bytes.length !== length) throw errorTensorBytes(tensor, length, bytes.length);
  return bytes;
}

function writePlacement(w: Writer, { location, offset, length }: Placement): void {
  for (const [key, value] of Object.entries({ location, offset: `${offset}`, length: `${length}` })) {
    w.message(TENSOR.externalData, (entry) => {
      entry.string(ENTRY.key, key);
      if (typeof value === "string") entry.string(ENTRY.value, value);
      else entry.bytes(ENTRY.value, value);
    });
  }
  w.int(TENSOR.dataLocation, EXTERNAL);
}
