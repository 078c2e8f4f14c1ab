// Protobuf by hand, independent of the code under test: small enough to be checked by eye.

/** A varint of any 64-bit integer; negative ones take ten bytes. */
export function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return [...bytes, Number(rest)];
}

/** A varint field. */
export function int(field: number, value: number | bigint): number[] {
  return [...varint(field * 8), ...varint(value)];
}

/** A length-delimited field: a message, packed elements or bytes. */
export function bytes(field: number, ...parts: readonly ArrayLike<number>[]): number[] {
  const payload = parts.flatMap((part) => Array.from(part));
  return [...varint(field * 8 + 2), ...varint(payload.length), ...payload];
}

/** A text field. */
export function text(field: number, value: string): number[] {
  return bytes(field, new TextEncoder().encode(value));
}

/** A 32-bit field. */
export function fixed32(field: number, value: number): number[] {
  return [...varint(field * 8 + 5), ...f32(value)];
}

/** A 64-bit field. */
export function fixed64(field: number, value: number): number[] {
  return [...varint(field * 8 + 1), ...new Uint8Array(Float64Array.of(value).buffer)];
}

/** The bytes of 32-bit floats. */
export function f32(...values: number[]): number[] {
  return [...new Uint8Array(Float32Array.from(values).buffer)];
}

/** The bytes of 64-bit integers. */
export function i64(...values: number[]): number[] {
  return [...new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer)];
}

// Messages of ONNX, with the field numbers of onnx.proto.

/** A ModelProto of IR version 8, opset 13, around the given fields of a GraphProto. */
export function model(...graph: readonly number[][]): Uint8Array {
  return Uint8Array.from([...int(1, 8), ...bytes(7, ...graph), ...bytes(8, int(2, 13))]);
}

/** A node of a graph. `more`: further fields of NodeProto. */
export function node(
  opType: string,
  inputs: readonly string[],
  outputs: readonly string[],
  ...more: readonly number[][]
): number[] {
  return bytes(1, ...inputs.map((x) => text(1, x)), ...outputs.map((x) => text(2, x)), text(4, opType), ...more);
}

/** A float32 graph input of the given shape. */
export function input(name: string, dims: readonly (number | string)[]): number[] {
  return bytes(11, value(name, dims));
}

/** A float32 graph output of the given shape. */
export function output(name: string, dims: readonly (number | string)[]): number[] {
  return bytes(12, value(name, dims));
}

/** A ValueInfoProto, without the tag. */
export function value(name: string, dims: readonly (number | string)[], elemType = 1): number[] {
  const shape = dims.map((dim) => bytes(1, typeof dim === "number" ? int(1, dim) : text(2, dim)));
  return [...text(1, name), ...bytes(2, bytes(1, int(1, elemType), bytes(2, ...shape)))];
}

/** An initializer, from the fields of its TensorProto. */
export function initializer(
  name: string,
  dims: readonly number[],
  dataType: number,
  ...data: readonly number[][]
): number[] {
  return bytes(5, tensor(name, dims, dataType, ...data));
}

/** A TensorProto, without the tag. */
export function tensor(
  name: string,
  dims: readonly number[],
  dataType: number,
  ...data: readonly number[][]
): number[] {
  return [...dims.flatMap((dim) => int(1, dim)), ...int(2, dataType), ...text(8, name), ...data.flat()];
}

/** raw_data of a TensorProto. */
export function raw(...data: readonly number[]): number[] {
  return bytes(9, data);
}

/** `y = relu(x)`, with more fields of GraphProto around it. */
export function reluModel(...more: readonly number[][]): Uint8Array {
  return model(node("Relu", ["x"], ["y"]), input("x", ["N", 2]), output("y", ["N", 2]), ...more);
}
