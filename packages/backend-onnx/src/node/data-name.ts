import { basename } from "node:path";

/** Digits of SHA-256 that tell files of weights apart. */
const HASH_DIGITS = 16;

/** What a model's file of weights is called, beside it: `NAME-HASH.data`. @param hash of what is in it, in hexadecimal */
export function dataName(model: string, hash: string): string {
  return `${stemOf(model)}-${hash.slice(0, HASH_DIGITS)}.data`;
}

/** Whether a file is called as the file of weights of a model is. */
export function isDataName(model: string, name: string): boolean {
  const [stem, rest] = [`${stemOf(model)}-`, /[0-9a-f]*\.data$/.exec(name)?.[0] ?? ""];
  return rest.length === HASH_DIGITS + ".data".length && name === stem + rest;
}

const stemOf = (model: string): string => basename(model).replace(/\.onnx$/i, "");
