import type { Attribute, Graph, Node } from "@prune/core";
import { errorForeignAttribute } from "../errors.ts";
import { type NodeOrigin, nodeOrigin, sameList } from "./origin.ts";
import { inputOf, Reader } from "./reader.ts";
import { ATTRIBUTE, ATTRIBUTE_TYPE, NODE } from "./schema.ts";
import { copyFields, writeTensor } from "./write-tensor.ts";
import type { Writer } from "./writer.ts";

const KNOWN: ReadonlySet<number> = new Set(Object.values(NODE));

/** Writes the body of a node; passed in because graphs and nodes contain each other. */
export type WriteBody = (w: Writer, field: number, body: Graph) => void;

/** Writes a node: as it was read where nothing changed, otherwise its known fields anew and the others as they were. */
export function writeNode(w: Writer, field: number, node: Node, writeBody: WriteBody): void {
  const origin = nodeOrigin(node);
  if (origin?.selfContained && isUnchanged(node, origin)) return w.bytes(field, origin.raw);
  const before = origin ? attributesOf(origin.raw) : undefined;
  w.message(field, (m) => {
    for (const name of node.inputs) m.string(NODE.input, name);
    for (const name of node.outputs) m.string(NODE.output, name);
    if (node.name) m.string(NODE.name, node.name);
    m.string(NODE.opType, node.opType);
    for (const [name, attribute] of Object.entries(node.attributes)) {
      const raw = before?.get(name);
      const verbatim =
        raw && attribute === origin?.read.attributes[name] && (origin.selfContained || isFlat(attribute));
      if (verbatim) m.bytes(NODE.attribute, raw);
      else writeAttribute(m, NODE.attribute, name, attribute, node, writeBody);
    }
    if (node.domain) m.string(NODE.domain, node.domain);
    if (origin) copyFields(m, origin.raw, (f) => !KNOWN.has(f));
  });
}

function isUnchanged(node: Node, { read }: NodeOrigin): boolean {
  return (
    node.opType === read.opType &&
    node.name === read.name &&
    node.domain === read.domain &&
    sameList(node.inputs, read.inputs) &&
    sameList(node.outputs, read.outputs) &&
    sameAttributes(node.attributes, read.attributes)
  );
}

function sameAttributes(a: Node["attributes"], b: Node["attributes"]): boolean {
  if (a === b) return true;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

function isFlat({ type }: Attribute): boolean {
  return type !== "tensor" && type !== "graph";
}

/** The attributes of a NodeProto, as bytes by name. */
function attributesOf(raw: Uint8Array): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>();
  const r = new Reader(inputOf(raw, "model"), "NodeProto");
  while (r.next()) {
    if (r.field !== NODE.attribute) r.skip();
    else {
      const message = r.view();
      found.set(nameOf(message), message);
    }
  }
  return found;
}

function nameOf(attribute: Uint8Array): string {
  const r = new Reader(inputOf(attribute, "model"), "AttributeProto");
  let name = "";
  while (r.next()) {
    if (r.field === ATTRIBUTE.name) name = r.string();
    else r.skip();
  }
  return name;
}

function writeAttribute(
  w: Writer,
  field: number,
  name: string,
  attribute: Attribute,
  node: Node,
  writeBody: WriteBody,
): void {
  if (attribute.type === "raw") {
    const raw = attribute.value;
    if (!(raw instanceof Uint8Array) || nameOf(raw) !== name) throw errorForeignAttribute(node, name);
    return w.bytes(field, raw);
  }
  w.message(field, (m) => {
    m.string(ATTRIBUTE.name, name);
    writeValue(m, attribute, writeBody);
    m.int(ATTRIBUTE.type, ATTRIBUTE_TYPE[attribute.type]);
  });
}

function writeValue(w: Writer, { type, value }: Exclude<Attribute, { type: "raw" }>, writeBody: WriteBody): void {
  switch (type) {
    case "float":
      return w.float(ATTRIBUTE.f, value);
    case "int":
      return w.int(ATTRIBUTE.i, value);
    case "string":
      return w.string(ATTRIBUTE.s, value);
    case "tensor":
      return writeTensor(w, ATTRIBUTE.t, value);
    case "graph":
      return writeBody(w, ATTRIBUTE.g, value);
    case "floats":
      return value.forEach((x) => w.float(ATTRIBUTE.floats, x));
    case "ints":
      return value.forEach((x) => w.int(ATTRIBUTE.ints, x));
    case "strings":
      return value.forEach((x) => w.string(ATTRIBUTE.strings, x));
  }
}
