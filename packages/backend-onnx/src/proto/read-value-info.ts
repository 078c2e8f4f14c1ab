import type { DType, ValueInfo } from "@prune/core";
import { dtypeOf } from "./data-types.ts";
import type { ValueOrigin } from "./origin.ts";
import type { Reader } from "./reader.ts";
import { DIM, SHAPE, TENSOR_TYPE, TYPE, VALUE_INFO } from "./schema.ts";

type Dims = (number | string | undefined)[];

/** Reads a ValueInfoProto. Types other than dense tensors (sequences, maps) become "other" and are kept as bytes. */
export function readValueInfo(r: Reader): ValueInfo {
  let name = "";
  let dtype: DType = "other";
  let dims: Dims | undefined;
  while (r.next()) {
    if (r.field === VALUE_INFO.name) name = r.string();
    else if (r.field === VALUE_INFO.type) [dtype, dims] = readType(r.nested("TypeProto"));
    else r.skip();
  }
  if (!name) throw r.malformed("a graph input or output has no name");
  const read = { name, dtype, dims };
  const origin: ValueOrigin = { kind: "onnx-value", raw: r.raw(), read };
  return { ...read, origin };
}

function readType(r: Reader): [DType, Dims | undefined] {
  let type: [DType, Dims | undefined] = ["other", undefined];
  while (r.next()) {
    if (r.field === TYPE.tensor) type = readTensorType(r.nested("TypeProto.Tensor"));
    else r.skip();
  }
  return type;
}

function readTensorType(r: Reader): [DType, Dims | undefined] {
  let dtype: DType = "other";
  let dims: Dims | undefined;
  while (r.next()) {
    if (r.field === TENSOR_TYPE.elemType) dtype = dtypeOf(r.int());
    else if (r.field === TENSOR_TYPE.shape) dims = readShape(r.nested("TensorShapeProto"));
    else r.skip();
  }
  return [dtype, dims];
}

function readShape(r: Reader): Dims {
  const dims: Dims = [];
  while (r.next()) {
    if (r.field === SHAPE.dim) dims.push(readDim(r.nested("TensorShapeProto.Dimension")));
    else r.skip();
  }
  return dims;
}

/** A size, a name, or undefined: exporters write -1 or an empty name where they know neither. */
function readDim(r: Reader): number | string | undefined {
  let dim: number | string | undefined;
  while (r.next()) {
    if (r.field === DIM.value) {
      const size = r.int();
      dim = size < 0 ? undefined : size;
    } else if (r.field === DIM.param) dim = r.string() || undefined;
    else r.skip();
  }
  return dim;
}
