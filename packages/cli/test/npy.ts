import { strToU8, zipSync } from "fflate";

/** Bytes of an `.npy` file, made by hand. */
export function npy(descr: string, shape: readonly number[], data: Uint8Array, fortran = false): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]!},` : shape.join(", ");
  const text = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': (${tuple}), }`;
  return withHeader(text.padEnd(117) + "\n", data);
}

/** An `.npy` file of format 1.0 with a header of one's own. */
export function withHeader(text: string, data: Uint8Array): Uint8Array {
  const header = strToU8(text);
  return Uint8Array.from([
    0x93,
    ...strToU8("NUMPY"),
    1,
    0,
    header.length & 255,
    header.length >> 8,
    ...header,
    ...data,
  ]);
}

/** Bytes of numbers. */
export function bytesOf(data: Float32Array | BigInt64Array | Uint8Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Bytes of an `.npz` file. */
export function npz(arrays: Readonly<Record<string, Uint8Array>>): Uint8Array {
  return zipSync(Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes])));
}
