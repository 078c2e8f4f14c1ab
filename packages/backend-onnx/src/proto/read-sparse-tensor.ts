import { bytesPerElement, sizeOf, type Tensor, toNumbers } from "@prune/core";
import type { DataFiles } from "./data-files.ts";
import type { TensorOrigin } from "./origin.ts";
import type { Reader } from "./reader.ts";
import { elementsOf, readInts, readTensor } from "./read-tensor.ts";
import { SPARSE_TENSOR } from "./schema.ts";

/** Largest tensor that is made dense: a few bytes of a file may claim any shape, and no runtime loads more than this. */
const MAX_DENSE_BYTES = 2 ** 31;

/** Reads a SparseTensorProto as an ordinary tensor, which is made dense when its bytes are asked for. */
export function readSparseTensor(r: Reader, files: DataFiles): Tensor {
  let values: Tensor | undefined;
  let indices: Tensor | undefined;
  const list: (number | bigint)[] = [];
  while (r.next()) {
    if (r.field === SPARSE_TENSOR.values) values = readTensor(r.nested("TensorProto"), files);
    else if (r.field === SPARSE_TENSOR.indices) indices = readTensor(r.nested("TensorProto"), files);
    else if (r.field === SPARSE_TENSOR.dims) readInts(r, list);
    else r.skip();
  }
  if (!values) throw r.malformed("a sparse tensor has no values");
  const { name, dtype } = values;
  const dims = list.map(Number);
  const size = elementsOf(dims, r, name);
  if (size * bytesPerElement(dtype) > MAX_DENSE_BYTES) {
    throw r.malformed(`sparse tensor "${name}" with dims [${dims.join(", ")}] takes more than 2 GB when dense`);
  }
  const entries = sizeOf(values.dims);
  const perEntry = indices ? sizeOf(indices.dims) / entries : NaN;
  if (entries > 0 && perEntry !== 1 && perEntry !== dims.length) {
    const found = indices ? `dims [${indices.dims.join(", ")}]` : "none";
    throw r.malformed(
      `sparse tensor "${name}" has ${entries} values; its indices should be one number or ${dims.length} for each, and are ${found}`,
    );
  }
  const bytes = () => densify(values, indices, dims, r);
  const read = { name, dtype, dims, bytes };
  const origin: TensorOrigin = {
    kind: "onnx-tensor",
    raw: r.raw(),
    read,
    dataType: 0,
    sparse: true,
    external: undefined,
  };
  return { ...read, origin };
}

function densify(values: Tensor, indices: Tensor | undefined, dims: readonly number[], r: Reader): Uint8Array {
  const width = bytesPerElement(values.dtype);
  const dense = new Uint8Array(sizeOf(dims) * width);
  const from = values.bytes();
  const entries = from.length / Math.max(1, width);
  const at = indices && entries > 0 ? toNumbers(indices) : [];
  const perEntry = at.length / entries;
  for (let i = 0; i < entries; i++) {
    let index = 0;
    if (perEntry === 1) index = at[i]!;
    else for (const [axis, dim] of dims.entries()) index = index * dim + at[i * perEntry + axis]!;
    if (!(index >= 0 && index * width < dense.length)) {
      throw r.malformed(
        `sparse tensor "${values.name}" has a value at index ${index}, outside of dims [${dims.join(", ")}]`,
      );
    }
    for (let b = 0; b < width; b++) dense[index * width + b] = from[i * width + b]!;
  }
  return dense;
}
