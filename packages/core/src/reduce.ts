import { sizeOf, toFloat32, type Tensor } from "./graph/tensor.ts";

/** How `sumAlong` weighs an element: |w| or w². */
export type Norm = "abs" | "square";

/** Elements that are looked at in one go: few enough to stay in the processor's cache. */
const BLOCK = 2 ** 14;

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
  for (const [start, block] of blocksOf(tensor)) {
    if (repeats || inner === 1) addColumns(block, start, columns, norm);
    else addRuns(block, start, sums, inner, norm);
  }
  if (repeats) for (let i = 0; i < row; i++) sums[Math.floor(i / inner)]! += columns[i]!;
  return sums;
}

/** The tensor's elements, with the position of the first; a few at a time where they have to be copied to be read. */
function* blocksOf(tensor: Tensor): Generator<readonly [start: number, block: Float32Array]> {
  const bytes = tensor.dtype === "float32" ? tensor.bytes() : undefined;
  if (!bytes || bytes.byteOffset % 4 === 0) {
    const data = toFloat32(tensor);
    if (data.length) yield [0, data];
    return;
  }
  const block = new Float32Array(Math.min(BLOCK, bytes.length / 4));
  const copy = new Uint8Array(block.buffer);
  for (let at = 0; at < bytes.length; at += copy.length) {
    const part = bytes.subarray(at, at + copy.length);
    copy.set(part);
    yield [at / 4, block.subarray(0, part.length / 4)];
  }
}

/** Adds rows up: elements side by side belong to different sums. */
function addColumns(data: Float32Array, start: number, sums: Float64Array, norm: Norm): void {
  const add = norm === "abs" ? addAbs : addSquares;
  const size = sums.length;
  let i = start % size;
  for (let at = 0; at < data.length; i = 0) {
    const end = Math.min(data.length, at + size - i);
    add(data, at, end, sums, i);
    at = end;
  }
}

function addAbs(data: Float32Array, from: number, end: number, sums: Float64Array, first: number): void {
  for (let at = from, i = first; at < end; at++, i++) sums[i]! += Math.abs(data[at]!);
}

function addSquares(data: Float32Array, from: number, end: number, sums: Float64Array, first: number): void {
  for (let at = from, i = first; at < end; at++, i++) sums[i]! += data[at]! * data[at]!;
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

// Four sums at once: each addition would otherwise wait for the one before it.

function sumAbs(data: Float32Array, from: number, end: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
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
  let [a, b, c, d] = [0, 0, 0, 0];
  let at = from;
  for (; at + 3 < end; at += 4) {
    a += data[at]! * data[at]!;
    b += data[at + 1]! * data[at + 1]!;
    c += data[at + 2]! * data[at + 2]!;
    d += data[at + 3]! * data[at + 3]!;
  }
  for (; at < end; at++) a += data[at]! * data[at]!;
  return a + b + c + d;
}
