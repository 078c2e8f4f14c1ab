import { isObject, listIn, objectIn, textIn, type JsonObject } from "../json.ts";

/** An operation of a GraphModel, as TensorFlow's GraphDef has it in JSON. */
export interface NodeDef {
  readonly name: string;
  readonly op: string;
  /** Names of nodes, with `:i` for an output other than the first and `^` for an order in time. */
  readonly input: readonly string[];
  readonly attr: JsonObject;
  /** Everything else that the file says of it. */
  readonly json: JsonObject;
}

/** The nodes of a topology; entries without a name or an operator are left out. */
export function nodeDefsOf(topology: JsonObject | undefined): NodeDef[] {
  return listIn(topology, "node").flatMap((json): NodeDef[] => {
    if (!isObject(json)) return [];
    const [name, op] = [textIn(json, "name"), textIn(json, "op")];
    if (name === undefined || op === undefined) return [];
    const input = listIn(json, "input").filter((entry) => typeof entry === "string");
    return [{ name, op, input, attr: objectIn(json, "attr") ?? {}, json }];
  });
}

/** A tensor's name: that of its node for the first output, else with its number. */
export function tensorName(input: string): string {
  return input.endsWith(":0") ? input.slice(0, -2) : input;
}

/** The node that makes a tensor. */
export function nodeOfTensor(input: string): string {
  const name = input.startsWith("^") ? input.slice(1) : input;
  return /^(.*):\d+$/.exec(name)?.[1] ?? name;
}

export const isControl = (input: string): boolean => input.startsWith("^");

const valueIn = ({ attr }: NodeDef, key: string, kind: string): unknown => objectIn(attr, key)?.[kind];

/** A whole number; JSON has them as text where they take 64 bits. */
export function intAttr(node: NodeDef, key: string, fallback: number): number {
  const value = valueIn(node, key, "i");
  return typeof value === "number" || typeof value === "string" ? Number(value) : fallback;
}

export function floatAttr(node: NodeDef, key: string, fallback: number): number {
  const value = valueIn(node, key, "f");
  return typeof value === "number" ? value : fallback;
}

export const boolAttr = (node: NodeDef, key: string): boolean => valueIn(node, key, "b") === true;

/** Text; JSON has it in base 64. */
export function textAttr(node: NodeDef, key: string, fallback: string): string {
  const value = valueIn(node, key, "s");
  return typeof value === "string" ? fromBase64(value) : fallback;
}

export function intsAttr(node: NodeDef, key: string): number[] {
  const list = objectIn(objectIn(node.attr, key), "list");
  return listIn(list, "i").map(Number);
}

export function textsAttr(node: NodeDef, key: string): string[] {
  const list = objectIn(objectIn(node.attr, key), "list");
  return listIn(list, "s").map((value) => fromBase64(String(value)));
}

/** A type, such as "DT_FLOAT". */
export function typeAttr(node: NodeDef, key: string): string | undefined {
  const value = valueIn(node, key, "type");
  // Numbers stand for types where a file was written by another encoder.
  if (typeof value === "number")
    return { 1: "DT_FLOAT", 3: "DT_INT32", 4: "DT_UINT8", 9: "DT_INT64", 10: "DT_BOOL" }[value];
  return typeof value === "string" ? value : undefined;
}

/** Sizes that a node states, −1 where one is not known; undefined where it says nothing. */
export function shapeAttr(node: NodeDef, key: string): number[] | undefined {
  const shape = objectIn(objectIn(node.attr, key), "shape");
  if (!shape || shape["unknownRank"] === true) return undefined;
  return sizesIn(shape);
}

/** Sizes of a shape such as `{ "dim": [{ "size": "3" }] }`. */
export const sizesIn = (shape: JsonObject): number[] =>
  listIn(shape, "dim").map((dim) => (isObject(dim) ? Number(dim["size"] ?? 0) : -1));

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** ASCII text from base 64; neither engine-neutral code nor ECMAScript has a function for it. */
function fromBase64(text: string): string {
  let [bits, count, made] = [0, 0, ""];
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter);
    if (value < 0) continue;
    bits = ((bits << 6) | value) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      made += String.fromCharCode((bits >> count) & 0xff);
    }
  }
  return made;
}
