import { byteLength, bytesPerElement, type Tensor } from "@prune/core";
import { dataTypeOf } from "./data-types.ts";
import { SPARSE_TENSOR, TENSOR } from "./schema.ts";
import type { Writer } from "./writer.ts";

/** Bytes of an index: the standard asks for int64. */
const INDEX = 8;
/** About what the messages around values and indices take. */
const AROUND = 64;
const INT64 = 7;

/**
 * Writes a tensor as a SparseTensorProto if it is smaller that way: in float32, where about two in three elements are
 * zero. Indices are those of the flattened tensor, ascending.
 * A tensor of zeros alone keeps one of them: no list is empty.
 * @returns whether it did
 */
export function writeSparseTensor(w: Writer, field: number, tensor: Tensor): boolean {
  const width = bytesPerElement(tensor.dtype);
  const type = dataTypeOf(tensor.dtype);
  if (width === 0 || type === undefined || tensor.dims.length === 0 || byteLength(tensor) <= AROUND) return false;
  const dense = tensor.bytes();
  const found = nonZeroIn(dense, width, Math.floor((dense.length - AROUND) / (width + INDEX)));
  if (!found) return false;
  const values = new Uint8Array(found.length * width);
  for (const [i, at] of found.entries()) values.set(dense.subarray(at * width, (at + 1) * width), i * width);
  const indices = new Uint8Array(BigInt64Array.from(found, BigInt).buffer);
  const list = (field: number, name: string, dataType: number, data: Uint8Array) => (m: Writer) =>
    m.message(field, (t) => {
      t.int(TENSOR.dims, found.length);
      t.int(TENSOR.dataType, dataType);
      if (name) t.string(TENSOR.name, name);
      t.bytes(TENSOR.rawData, data);
    });
  w.message(field, (m) => {
    list(SPARSE_TENSOR.values, tensor.name, type, values)(m);
    list(SPARSE_TENSOR.indices, "", INT64, indices)(m);
    for (const dim of tensor.dims) m.int(SPARSE_TENSOR.dims, dim);
  });
  return true;
}

/** Positions of elements of which any bit is set, −0 among them, as in a dense file; undefined where there are too many. */
function nonZeroIn(bytes: Uint8Array, width: number, most: number): number[] | undefined {
  const found: number[] = [];
  for (let at = 0; at < bytes.length; at += width) {
    let i = at;
    while (i < at + width && bytes[i] === 0) i++;
    if (i === at + width) continue;
    if (found.length === most) return undefined;
    found.push(at / width);
  }
  return found.length ? found : [0];
}
