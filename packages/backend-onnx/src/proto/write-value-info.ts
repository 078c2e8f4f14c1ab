import type { ValueInfo } from "@prune/core";
import { dataTypeOf } from "./data-types.ts";
import { type ValueOrigin, sameList, valueOrigin } from "./origin.ts";
import { DIM, SHAPE, TENSOR_TYPE, TYPE, VALUE_INFO } from "./schema.ts";
import { copyFields } from "./write-tensor.ts";
import type { Writer } from "./writer.ts";

/** Writes a graph input or output; what is known of its type is kept unless type or shape changed. */
export function writeValueInfo(w: Writer, field: number, value: ValueInfo): void {
  const origin = valueOrigin(value);
  const sameType = origin !== undefined && hasSameType(value, origin);
  if (sameType && value.name === origin.read.name) return w.bytes(field, origin.raw);
  w.message(field, (m) => {
    m.string(VALUE_INFO.name, value.name);
    if (!sameType && isKnown(value)) m.message(VALUE_INFO.type, (type) => writeType(type, value));
    if (origin) copyFields(m, origin.raw, (f) => f !== VALUE_INFO.name && (f !== VALUE_INFO.type || sameType));
  });
}

function hasSameType({ dtype, dims }: ValueInfo, { read }: ValueOrigin): boolean {
  return dtype === read.dtype && (dims === read.dims || (!!dims && !!read.dims && sameList(dims, read.dims)));
}

/** A value of unknown type and rank is written without a type, which leaves it to the runtime. */
const isKnown = ({ dtype, dims }: ValueInfo): boolean => dtype !== "other" || dims !== undefined;

function writeType(w: Writer, { dtype, dims }: ValueInfo): void {
  w.message(TYPE.tensor, (tensor) => {
    const elemType = dataTypeOf(dtype);
    if (elemType !== undefined) tensor.int(TENSOR_TYPE.elemType, elemType);
    if (dims)
      tensor.message(TENSOR_TYPE.shape, (shape) =>
        dims.forEach((dim) => shape.message(SHAPE.dim, (d) => writeDim(d, dim))),
      );
  });
}

function writeDim(w: Writer, dim: number | string | undefined): void {
  if (typeof dim === "number") w.int(DIM.value, dim);
  else if (typeof dim === "string") w.string(DIM.param, dim);
}
