import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { type DataReader, type DType, PruneError, sizeOf } from "@prune/core";

/** An array of numbers as NumPy saves it: row-major. */
export interface NpyArray {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data:
    | Float32Array
    | Float64Array
    | Int8Array
    | Uint8Array
    | Int16Array
    | Uint16Array
    | Int32Array
    | Uint32Array
    | BigInt64Array
    | BigUint64Array;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
/** NumPy's own headers take about a hundred bytes; a longer one is not made of plain numbers. */
const MAX_HEADER_BYTES = 1 << 16;
/** As many axes as NumPy allows. */
const MAX_RANK = 32;

/** NumPy's element types, little-endian or without byte order. */
const TYPES: Readonly<Record<string, readonly [DType, new (buffer: ArrayBuffer) => NpyArray["data"], number]>> = {
  "|b1": ["bool", Uint8Array, 1],
  "|u1": ["uint8", Uint8Array, 1],
  "|i1": ["int8", Int8Array, 1],
  "<u2": ["uint16", Uint16Array, 2],
  "<i2": ["int16", Int16Array, 2],
  "<u4": ["uint32", Uint32Array, 4],
  "<i4": ["int32", Int32Array, 4],
  "<u8": ["uint64", BigUint64Array, 8],
  "<i8": ["int64", BigInt64Array, 8],
  "<f2": ["float16", Uint16Array, 2],
  "<f4": ["float32", Float32Array, 4],
  "<f8": ["float64", Float64Array, 8],
};

/**
 * Reads an `.npy` file (format 1 to 3).
 * @param source what to call the file in errors
 * @throws {PruneError} `bad-data`
 */
export function parseNpy(bytes: Uint8Array, source: string): NpyArray {
  if (bytes.length < 10 || MAGIC.some((byte, i) => bytes[i] !== byte)) throw bad(source, "is not in NumPy's format");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const long = bytes[6]! >= 2;
  if (bytes[6]! < 1 || bytes[6]! > 3 || (long && bytes.length < 12))
    throw bad(source, `has an unknown version ${bytes[6]!}`);
  const start = long ? 12 : 10;
  const length = long ? view.getUint32(8, true) : view.getUint16(8, true);
  if (length > MAX_HEADER_BYTES)
    throw bad(source, `has a header of ${length} bytes, above the limit of ${MAX_HEADER_BYTES}`);
  if (start + length > bytes.length) throw bad(source, "ends within its header");
  const { descr, fortran, dims } = parseHeader(new TextDecoder().decode(bytes.subarray(start, start + length)), source);
  const type = Object.hasOwn(TYPES, descr) ? TYPES[descr] : undefined;
  if (!type)
    throw bad(source, `has elements of type ${descr}; numbers must be little-endian: ${Object.keys(TYPES).join(" ")}`);
  if (fortran && dims.filter((d) => d !== 1).length > 1) {
    throw bad(source, "is stored column by column (Fortran order); save it with numpy.ascontiguousarray");
  }
  const [dtype, Data, size] = type;
  const need = sizeOf(dims) * size;
  const data = bytes.subarray(start + length);
  if (!Number.isSafeInteger(need) || data.length !== need) {
    throw bad(source, `should hold ${need} bytes of data for shape [${dims.join(", ")}], but holds ${data.length}`);
  }
  return { dtype, dims, data: new Data(new Uint8Array(data).buffer) };
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly dims: number[];
}

/** The header is a Python literal: `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`. */
function parseHeader(text: string, source: string): Header {
  const descr = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || shape === undefined) {
    throw bad(source, "has a header that does not state one plain type, order and shape");
  }
  const dims = shape
    .replaceAll("L", "")
    .split(",")
    .map((d) => d.trim())
    .filter(Boolean)
    .map(Number);
  if (dims.length > MAX_RANK || !dims.every(Number.isSafeInteger))
    throw bad(source, `has an impossible shape (${shape})`);
  return { descr, fortran: order === "True", dims };
}

const bad = (source: string, problem: string): PruneError => new PruneError("bad-data", `${source} ${problem}.`);

/** Reads a single array, which has no name. */
export const npyReader: DataReader = {
  name: "npy",
  read: async (path) => ({ "": parseNpy(await readFile(path), basename(path)) }),
};
