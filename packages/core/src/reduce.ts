import { sizeOf, toFloat32, type Tensor } from "./graph/tensor.ts";

/** How `sumAlong` weighs an element: |w| or w². */
export type Norm = "abs" | "square";

/** Room for the elements that are looked at in one go: few enough to stay in the processor's cache. */
const block = new Float32Array(2 ** 15);

/**
 * For every index of an axis, the sum of |w| or w² over all other axes.
 * @returns as many sums as the axis has indices, accumulated in double precision
 */
export function sumAlong(tensor: Tensor, axis: number, norm: Norm): Float64Array {
  const size = tensor.dims[axis]!;
  const inner = sizeOf(tensor.dims.slice(axis + 1));
  const row = size * inner;
  const sums = new Float64Array(size);
  const repeats = sizeOf(tensor.dims) > row;
  const columns = repeats ? new Float64Array(row) : sums;
  for (const [start, data] of blocksOf(tensor, row)) {
    if (repeats || inner === 1) addColumns(data, start, columns, norm);
    else addRuns(data, start, sums, inner, norm);
  }
  if (repeats) for (let i = 0; i < row; i++) sums[Math.floor(i / inner)]! += columns[i]!;
  return sums;
}

/**
 * The tensor's elements, with the position of the first; a few at a time, whole rows if they fit, where they have to be
 * copied to be read.
 */
function* blocksOf(tensor: Tensor, row: number): Generator<readonly [start: number, data: Float32Array]> {
  const bytes = tensor.dtype === "float32" ? tensor.bytes() : undefined;
  if (!bytes || bytes.byteOffset % 4 === 0) {
    const data = toFloat32(tensor);
    if (data.length) yield [0, data];
    return;
  }
  const copy = new Uint8Array(block.buffer);
  const step = 4 * (row <= block.length ? block.length - (block.length % row) : block.length);
  for (let at = 0; at < bytes.length; at += step) {
    const part = bytes.subarray(at, at + step);
    copy.set(part);
    yield [at / 4, block.subarray(0, part.length / 4)];
  }
}

/** Adds rows up: elements side by side belong to different sums. */
function addColumns(data: Float32Array, start: number, sums: Float64Array, norm: Norm): void {
  const [add, addFour] = norm === "abs" ? [addAbs, addFourAbs] : [addSquares, addFourSquares];
  const row = sums.length;
  let i = start % row;
  for (let at = 0; at < data.length; i = 0) {
    const four = i === 0 && at + 4 * row <= data.length;
    const end = four ? at + 4 * row : Math.min(data.length, at + row - i);
    if (four) addFour(data, at, sums);
    else add(data, at, end, sums, i);
    at = end;
  }
}

function addAbs(data: Float32Array, from: number, end: number, sums: Float64Array, first: number): void {
  for (let at = from, i = first; at < end; at++, i++) sums[i]! += Math.abs(data[at]!);
}

function addSquares(data: Float32Array, from: number, end: number, sums: Float64Array, first: number): void {
  for (let at = from, i = first; at < end; at++, i++) {
    const w = data[at]!;
    sums[i]! += w * w;
  }
}

// Four rows at once, so that a sum is read and written once for four elements.

function addFourAbs(data: Float32Array, from: number, sums: Float64Array): void {
  const row = sums.length;
  for (let i = 0, at = from; i < row; i++, at++) {
    const upper = Math.abs(data[at]!) + Math.abs(data[at + row]!);
    sums[i]! += upper + (Math.abs(data[at + 2 * row]!) + Math.abs(data[at + 3 * row]!));
  }
}

function addFourSquares(data: Float32Array, from: number, sums: Float64Array): void {
  const row = sums.length;
  for (let i = 0, at = from; i < row; i++, at++) {
    const w = data[at]!;
    const x = data[at + row]!;
    const y = data[at + 2 * row]!;
    const z = data[at + 3 * row]!;
    sums[i]! += w * w + x * x + (y * y + z * z);
  }
}

/** Adds up runs of `inner` elements that belong to one sum. */
function addRuns(data: Float32Array, start: number, sums: Float64Array, inner: number, norm: Norm): void {
  const sum = norm === "abs" ? sumAbs : sumSquares;
  let i = Math.floor(start / inner);
  let left = inner - (start % inner);
  for (let at = 0; at < data.length; left = inner) {
    const end = Math.min(data.length, at + left);
    sums[i++]! += sum(data, at, end);
    at = end;
  }
}

// Four sums at once: each addition would otherwise wait for the one before it. Elements are read once, into constants,
// and the sums start out one by one: written shorter, this takes three times as long.

function sumAbs(data: Float32Array, from: number, end: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let at = from;
  for (; at + 3 < end; at += 4) {
    a += Math.abs(data[at]!);
    b += Math.abs(data[at + 1]!);
    c += Math.abs(data[at + 2]!);
    d += Math.abs(data[at + 3]!);
  }
  for (; at < end; at++) a += Math.abs(data[at]!);
  return a + b + c + d;
}

function sumSquares(data: Float32Array, from: number, end: number): number {
  let a = 0;
  let b = 0;
  let c = 0;
  let d = 0;
  let at = from;
  for (; at + 3 < end; at += 4) {
    const w = data[at]!;
    const x = data[at + 1]!;
    const y = data[at + 2]!;
    const z = data[at + 3]!;
    a += w * w;
    b += x * x;
    c += y * y;
    d += z * z;
  }
  for (; at < end; at++) a += data[at]! * data[at]!;
  return a + b + c + d;
}
