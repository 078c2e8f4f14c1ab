import type { Attribute, Graph, Tensor } from "@prune/core";
import type { DataFiles } from "./data-files.ts";
import type { Reader } from "./reader.ts";
import { readInts, readTensor } from "./read-tensor.ts";
import { ATTRIBUTE, ATTRIBUTE_TYPE, WIRE } from "./schema.ts";
import { decodeText } from "./text.ts";

/** What reading an attribute needs from its surroundings. */
export interface AttributeContext {
  readonly files: DataFiles;
  readBody(r: Reader): Graph;
  /** What a call of the function that is being read gives to its attributes. Undefined outside of functions. */
  readonly given?: ReadonlyMap<string, Attribute> | undefined;
}

/** The fields of an AttributeProto, before its type says which of them counts. */
interface Parts {
  name: string;
  type: number;
  /** The attribute of the function around it that it takes its value from. */
  reference: string | undefined;
  f: number | undefined;
  i: number | bigint | undefined;
  s: Uint8Array | undefined;
  t: Tensor | undefined;
  g: Graph | undefined;
  floats: number[] | undefined;
  ints: (number | bigint)[] | undefined;
  strings: Uint8Array[] | undefined;
}

/**
 * Reads an AttributeProto. What core's `Attribute` has no place for becomes `raw`: the message's bytes. One that takes its
 * value from a call that does not give it is left out.
 */
export function readAttribute(r: Reader, context: AttributeContext): [name: string, attribute: Attribute | undefined] {
  const parts = readParts(r, context);
  if (!parts.name) throw r.malformed("an attribute has no name");
  if (parts.reference !== undefined && context.given) return [parts.name, context.given.get(parts.reference)];
  return [parts.name, valueOf(parts) ?? { type: "raw", value: r.raw() }];
}

function readParts(r: Reader, context: AttributeContext): Parts {
  const p: Parts = {
    name: "",
    type: 0,
    reference: undefined,
    f: undefined,
    i: undefined,
    s: undefined,
    t: undefined,
    g: undefined,
    floats: undefined,
    ints: undefined,
    strings: undefined,
  };
  while (r.next()) {
    if (r.field === ATTRIBUTE.name) p.name = r.string();
    else if (r.field === ATTRIBUTE.type) p.type = r.int();
    else if (r.field === ATTRIBUTE.f) p.f = r.float();
    else if (r.field === ATTRIBUTE.i) p.i = r.int64();
    else if (r.field === ATTRIBUTE.s) p.s = r.view();
    else if (r.field === ATTRIBUTE.t) p.t = readTensor(r.nested("TensorProto"), context.files);
    else if (r.field === ATTRIBUTE.g) p.g = context.readBody(r.nested("GraphProto"));
    else if (r.field === ATTRIBUTE.floats) readFloats(r, (p.floats ??= []));
    else if (r.field === ATTRIBUTE.ints) readInts(r, (p.ints ??= []));
    else if (r.field === ATTRIBUTE.strings) (p.strings ??= []).push(r.view());
    else if (r.field === ATTRIBUTE.refName) p.reference = r.string() || undefined;
    else r.skip();
  }
  return p;
}

function readFloats(r: Reader, list: number[]): void {
  if (r.wire === WIRE.fixed32) list.push(r.float());
  else {
    const inner = r.nested(r.message);
    while (inner.more()) list.push(inner.packedFloat());
  }
}

/** The attribute's value; undefined where core has no place for it. A field that is left out has its default. */
function valueOf(parts: Parts): Attribute | undefined {
  const { f = 0, i = 0, s = NOTHING, t, g, floats = [], ints = [], strings = [] } = parts;
  if (parts.reference !== undefined) return undefined;
  switch (parts.type || guessType(parts)) {
    case ATTRIBUTE_TYPE.float:
      return { type: "float", value: f };
    case ATTRIBUTE_TYPE.int:
      return typeof i === "number" ? { type: "int", value: i } : undefined;
    case ATTRIBUTE_TYPE.string: {
      const text = textOf(s);
      return text === undefined ? undefined : { type: "string", value: text };
    }
    case ATTRIBUTE_TYPE.tensor:
      return t && { type: "tensor", value: t };
    case ATTRIBUTE_TYPE.graph:
      return g && { type: "graph", value: g };
    case ATTRIBUTE_TYPE.floats:
      return { type: "floats", value: floats };
    case ATTRIBUTE_TYPE.ints:
      return ints.every((x) => typeof x === "number") ? { type: "ints", value: ints } : undefined;
    case ATTRIBUTE_TYPE.strings: {
      const texts = strings.map(textOf);
      return texts.every((x) => x !== undefined) ? { type: "strings", value: texts } : undefined;
    }
    default:
      return undefined;
  }
}

/** Files of the first versions do not state the type: it is that of the field that is filled. */
function guessType({ f, i, s, t, g, floats, ints, strings }: Parts): number {
  if (f !== undefined) return ATTRIBUTE_TYPE.float;
  if (i !== undefined) return ATTRIBUTE_TYPE.int;
  if (s !== undefined) return ATTRIBUTE_TYPE.string;
  if (t !== undefined) return ATTRIBUTE_TYPE.tensor;
  if (g !== undefined) return ATTRIBUTE_TYPE.graph;
  if (floats) return ATTRIBUTE_TYPE.floats;
  if (ints) return ATTRIBUTE_TYPE.ints;
  return strings ? ATTRIBUTE_TYPE.strings : 0;
}

const NOTHING = new Uint8Array(0);

/** Text, unless the bytes are something else: operators also keep binary data in strings. */
function textOf(bytes: Uint8Array): string | undefined {
  return decodeText(bytes);
}
